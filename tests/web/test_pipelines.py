"""The settings of the process: pipelines, stages and criteria, with what a change does shown before it is saved."""

import pytest
from django.test import Client

from fairlead.demo.world import World
from fairlead.models import Competitor, ExitCriterion, Opportunity, Pipeline, Stage
from tests.web.test_records import signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def iris(world: World) -> Client:
    return signed_in(world.admin)


def test_a_change_is_shown_before_it_is_saved(world: World, iris: Client) -> None:
    propose = Stage.objects.get(name="Propose")
    at, given = f"/settings/stages/{propose.public_id}", {"name": "Propose", "usual_days": "8", "probability": "50"}
    shown = text_of(iris.post(at, given))
    assert "weigh 50% instead of 60%" in shown and "Nothing is saved yet." in shown
    propose.refresh_from_db()
    assert propose.probability == 60
    assert iris.post(at, given | {"seen": "1"}).status_code == 303
    propose.refresh_from_db()
    assert propose.probability == 50
    new = {"text": "Referees named", "fact": "", "force": "hard"}
    shown = text_of(iris.post(f"{at}/criteria/new", new))
    assert "7 open opportunities lack it and stay in Propose until it is true: " in shown
    assert not ExitCriterion.objects.filter(text="Referees named").exists()
    iris.post(f"{at}/criteria/new", new | {"seen": "1"})
    made = ExitCriterion.objects.get(text="Referees named")
    assert Opportunity.objects.get(pk=world.managed_it.pk).criteria_of == 5
    iris.post(f"/settings/criteria/{made.public_id}/move", {"way": "up"})
    assert [each.text for each in propose.criteria.all()][-2:] == ["Referees named", "Decision date agreed"]
    shown = text_of(
        iris.post(f"/settings/criteria/{made.public_id}", new | {"fact": "competitor", "force": "required"})
    )
    assert "are asked for a reason when they leave Propose" in shown
    iris.post(f"/settings/criteria/{made.public_id}/archive")
    assert Opportunity.objects.get(pk=world.managed_it.pk).criteria_of == 4


def test_a_stage_goes_only_when_what_is_in_it_moves(world: World, iris: Client) -> None:
    propose, close = Stage.objects.get(name="Propose"), Stage.objects.get(name="Close")
    at = f"/settings/stages/{propose.public_id}"
    assert "7 open opportunities move to the stage that you choose: " in text_of(iris.get(at))
    assert "Say which stage they move to." in text_of(iris.post(f"{at}/archive", follow=True))
    assert "Propose archived." in text_of(iris.post(f"{at}/archive", {"to": close.public_id}, follow=True))
    assert Opportunity.objects.get(pk=world.managed_it.pk).stage == close
    iris.post(f"{at}/unarchive")
    assert Stage.objects.live().filter(name="Propose").exists()


def test_pipelines_are_added_ordered_and_put_away(world: World, iris: Client) -> None:
    page = text_of(iris.get("/settings/pipelines"))
    assert "Sales Qualify, Develop, Propose, Close" in page and "Insurance First talk" in page
    iris.post("/settings/pipelines", {"name": "Renewals", "stages": "Asked\nAgreed"})
    made = Pipeline.objects.get(name="Renewals")
    at = f"/settings/pipelines/{made.public_id}"
    added = iris.post(at, {"name": "Signed", "usual_days": "3", "probability": "90"}, follow=True)
    assert "Signed added." in text_of(added)
    signed = made.stages.get(name="Signed")
    iris.post(f"/settings/stages/{signed.public_id}/move", {"way": "up"})
    assert [each.name for each in made.stages.all()] == ["Asked", "Signed", "Agreed"]
    assert iris.post(at, {"name": "asked", "usual_days": "3", "probability": "101"}).status_code == 422
    assert iris.post(at, {"name": "Insurance", "rename": "1"}).status_code == 422
    iris.post(at, {"name": "Repeat business", "rename": "1"})
    assert iris.post(f"{at}/archive").status_code == 303
    made.refresh_from_db()
    assert made.name == "Repeat business" and made.archived_at
    sales = Pipeline.objects.get(name="Sales")
    refused = text_of(iris.post(f"/settings/pipelines/{sales.public_id}/archive", follow=True))
    assert "open opportunities are in Sales. Close them or move them first." in refused


def test_competitors_are_kept_by_administrators(world: World, iris: Client) -> None:
    assert signed_in(world.sam).get("/settings/competitors").status_code == 403
    given = {"name": "Halyard", "strengths": "Close by", "weaknesses": "", "answer": "We answer at night"}
    assert iris.post("/settings/competitors", given).status_code == 303
    assert iris.post("/settings/competitors", {"name": "halyard"}).status_code == 422
    made = Competitor.objects.get(name="Halyard")
    at = f"/settings/competitors/{made.public_id}"
    iris.post(at, given | {"weaknesses": "Three people"})
    iris.post(f"{at}/archive")
    made.refresh_from_db()
    assert made.weaknesses == "Three people" and made.archived_at
    iris.post(f"{at}/unarchive")
    assert "We answer at night" in text_of(iris.get("/settings/competitors"))
