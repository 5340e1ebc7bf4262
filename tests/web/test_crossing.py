"""Moving an opportunity to another pipeline: what is demanded there, what stays, and how it is offered."""

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import CriterionTick, ExitCriterion, Gap, Pipeline, Stage
from fairlead.verbs.closing import close_won
from fairlead.verbs.opportunities import create_opportunity, move_pipeline, move_stage
from fairlead.web.addresses import url_of
from tests.doors.matrix import aside
from tests.web.test_lists import signed_in, text

BOSS = system("test")


@pytest.fixture
def there(world: World) -> list[Stage]:
    """The stages of the other pipeline, of which nothing is asked yet."""
    found = list(Stage.objects.exclude(pipeline=world.managed_it.stage.pipeline_id).order_by("position"))
    for criterion in ExitCriterion.objects.filter(stage__in=found):
        relieve(BOSS, criterion=criterion)
    return found


@aside
def demand(by: Actor, *, stage: Stage, text: str, force: str) -> ExitCriterion:
    return create(ExitCriterion, stage=stage, text=text, force=force)


@aside
def relieve(by: Actor, *, criterion: ExitCriterion) -> None:
    change(criterion, archived_at=clock.now())


@aside
def put_away(by: Actor, *, pipeline: Pipeline) -> None:
    change(pipeline, archived_at=clock.now())


def test_it_moves_with_all_it_has_and_comes_back(world: World, there: list[Stage]) -> None:
    sale, by = world.managed_it, world.sam.actor("web")
    ticks, home = CriterionTick.objects.filter(opportunity=sale).count(), sale.stage
    move_pipeline(by, sale, stage=there[0])
    told = Event.objects.filter(verb="move_pipeline").latest("id")
    assert told.labels["pipeline"] == there[0].pipeline.name and told.labels["before"] == home.name
    assert sale.stage == there[0] and CriterionTick.objects.filter(opportunity=sale).count() == ticks > 0
    sale.refresh_from_db()
    assert (sale.criteria_met, sale.criteria_of) == (0, 0)
    undo(by, act=told.act)
    sale.refresh_from_db()
    assert sale.stage == home and sale.criteria_of > 0
    move_pipeline(by, sale, stage=home.pipeline.stages.order_by("position")[0])  # within its own: another stage
    assert Event.objects.filter(verb="move_stage").latest("id").id > told.id and sale.stage.position == 0


def test_what_the_stages_before_demand_counts(world: World, there: list[Stage]) -> None:
    sale, by = world.managed_it, world.sam.actor("web")
    demand(BOSS, stage=there[0], text="Seen the site", force="required")
    with pytest.raises(Invalid, match="Seen the site"):
        move_pipeline(by, sale, stage=there[1])
    move_pipeline(by, sale, stage=there[1], reason="They know us")
    assert Gap.objects.latest("pk").missing == ["Seen the site"]
    hard = demand(BOSS, stage=there[1], text="Signed by both", force="hard")
    with pytest.raises(Invalid, match="Signed by both"):
        move_stage(by, sale, stage=there[2], reason="In a hurry")
    relieve(BOSS, criterion=hard)
    close_won(by, sale)
    with pytest.raises(WrongState, match="Reopen it first"):
        move_pipeline(by, sale, stage=Stage.objects.exclude(pipeline=there[0].pipeline_id)[0])


def test_not_into_what_was_put_away(world: World, there: list[Stage]) -> None:
    put_away(BOSS, pipeline=there[0].pipeline)
    with pytest.raises(Invalid, match="is archived"):
        move_pipeline(world.sam.actor("web"), world.managed_it, stage=Stage.objects.get(pk=there[0].pk))
    with pytest.raises(Invalid, match="is archived"):
        create_opportunity(BOSS, title="Late", stage=Stage.objects.get(pk=there[0].pk))
    page = text(signed_in(world.sam).get(url_of(world.managed_it)))
    assert "move-pipeline" not in page


def test_it_is_offered_on_the_record_and_the_board(world: World, there: list[Stage]) -> None:
    client, base = signed_in(world.sam), f"/opportunities/{world.managed_it.public_id}"
    assert f"{base}/move-pipeline" in text(client.get(url_of(world.managed_it)))
    assert 'data-close="move-pipeline"' in text(client.get("/pipeline"))
    form = text(client.get(f"{base}/move-pipeline"))
    assert f"{there[0].pipeline}: {there[0]}" in form and "Propose" not in form.partition("<select")[2]
    assert "Propose" in text(client.post(f"{base}/move-pipeline", {"stage": "nothing"}, follow=True))
    told = client.post(f"{base}/move-pipeline", {"stage": there[0].public_id}, follow=True)
    assert f"Moved Managed IT for 45 seats from Propose to {there[0]} in {there[0].pipeline}." in text(told)


def test_a_cell_that_needs_a_reason_asks_for_it(world: World, there: list[Stage]) -> None:
    client: Client = signed_in(world.sam)
    record = world.managed_it
    demand(BOSS, stage=record.stage, text="Seen the site", force="required")
    onward = record.stage.pipeline.stages.get(name="Close")
    fragment = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
    cell = f"/opportunities/{record.public_id}/cell/stage"
    asked = client.post(cell, {"stage": onward.public_id}, **fragment)
    assert asked["HX-Redirect"].endswith(f"/move-stage?stage={onward.public_id}")
