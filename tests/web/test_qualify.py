"""The page on which a lead is qualified: proposals, errors that lose nothing, and what may not be seen."""

from datetime import timedelta

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Person, Reason, Role, Task
from fairlead.verbs.leads import create_lead
from fairlead.verbs.pipelines import create_pipeline
from fairlead.verbs.qualify import qualify_lead
from fairlead.verbs.users import change_role


@pytest.fixture
def priya_again(world: World) -> Lead:
    facts = {"email": "priya.raman@peverell.example", "phone": "020 7946 0991", "title": "Head of IT"}
    return create_lead(
        world.sam.actor("web"),
        name="Priya Raman",
        company_name="Peverell Logistics Ltd",
        interest="Managed IT",
        **facts,
    )


def shown(client: Client, lead: Lead) -> str:
    return client.get(f"/leads/{lead.public_id}/qualify").content.decode()


def send(client: Client, lead: Lead, **fields: str) -> tuple[int, str]:
    given = {"company": "none", "person": "none", "opportunity": "none", "reason": "Urgent"} | fields
    answer = client.post(
        f"/leads/{lead.public_id}/qualify", {name.replace("__", "."): each for name, each in given.items()}
    )
    return answer.status_code, answer.content.decode() or answer.headers.get("Location", "")


def test_it_proposes_who_is_known_with_the_reasons(world: World, client: Client, priya_again: Lead) -> None:
    client.force_login(world.sam)
    page = shown(client, priya_again)
    for known in (world.peverell, world.priya):
        assert f'value="{known.public_id}" checked' in page
    assert "Same e-mail address · Same name" in page and "Priya Raman works there" in page
    assert f'name="take.person.title:{world.priya.public_id}"' in page and "Gets the lead’s phone number" in page
    assert world.managed_it.title in page and "Decision maker known" in page


def test_somebody_unknown_is_proposed_as_new(world: World, client: Client) -> None:
    client.force_login(world.sam)
    lead = create_lead(world.sam.actor("web"), name="Aoife Byrne", company_name="Byrne Sawmill", interest="Network")
    page = shown(client, lead)
    assert page.count('value="new" checked') == 3 and 'value="Byrne Sawmill"' in page
    status, to = send(client, lead, company="new", person="new", opportunity="new", opportunity__amount="14.2k")
    sale = Opportunity.objects.get(lead=lead)
    assert (status, to.startswith(f"/opportunities/{sale.public_id}"), sale.amount) == (303, True, 14200)
    # The second click of the same hand leads to the same place, and another's is told.
    assert send(client, lead, company="new", person="new", opportunity="new")[1] == to
    client.force_login(world.mira)
    assert send(client, lead, person="new")[1].startswith(f"/leads/{lead.public_id}")
    assert (
        "Sam Whitlock has qualified Aoife Byrne already"
        in client.get(f"/leads/{lead.public_id}", follow=True).content.decode()
    )
    assert client.get(f"/leads/{lead.public_id}/qualify").status_code == 302
    assert client.post(f"/leads/{lead.public_id}/unqualify").status_code == 303
    lead.refresh_from_db()
    assert lead.is_open and not Person.objects.filter(name="Aoife Byrne").exists()


def test_errors_lose_nothing(world: World, client: Client, priya_again: Lead) -> None:
    client.force_login(world.sam)
    wrong = {"opportunity__title": "Both sites", "opportunity__amount": "lots", "opportunity__close_on": "soon"}
    status, page = send(client, priya_again, company=world.peverell.public_id, opportunity="new", **wrong)
    assert status == 422 and 'value="Both sites"' in page and 'value="lots"' in page and "is no amount here" in page
    assert f'value="{world.peverell.public_id}" checked' in page and "is no date here" in page
    status, page = send(client, priya_again)
    assert status == 422 and "at least one of them" in page
    status, page = send(client, priya_again, person="new", person__name="P. Raman", person__mail="no address")
    assert status == 422 and "is not an e-mail address" in page and 'value="P. Raman"' in page
    status, page = send(client, priya_again, person="new", person__name="P. Raman", reason="")
    assert status == 422 and "Say in one line why it goes on without: Need confirmed" in page
    assert send(client, priya_again, person="new", reason="She knows it")[0] == 303


def test_another_one_is_looked_for_without_javascript(world: World, client: Client, priya_again: Lead) -> None:
    client.force_login(world.sam)
    answer = client.post(
        f"/leads/{priya_again.public_id}/qualify",
        {"find": "company", "find.company": "westbrok", "person.name": "Priya R.", "person": "new", "company": "none"},
    ).content.decode()
    assert f'value="{world.westbrook.public_id}"' in answer and 'value="Priya R."' in answer
    assert Lead.objects.get(pk=priya_again.pk).is_open


def test_a_second_pipeline_can_be_started_in(world: World, client: Client, priya_again: Lead) -> None:
    pipeline = create_pipeline(world.admin.actor("web"), name="Consulting", stages=["Qualify", "Advise", "Close"])
    advise = pipeline.stages.get(name="Advise")
    client.force_login(world.sam)
    assert "Consulting: Advise" in shown(client, priya_again)
    sent = {"person": world.priya.public_id, "opportunity": "new", "stage": advise.public_id}
    assert send(client, priya_again, **sent)[0] == 303
    assert Opportunity.objects.get(lead=priya_again).stage == advise


def test_what_a_role_hides_is_neither_shown_nor_lost(world: World, client: Client) -> None:
    grants = Role.objects.get(name="Seller").grants | {"private": {}}
    role = Role.objects.get(name="Read-only")
    from fairlead.verbs.roles import edit_role

    edit_role(world.admin.actor("web"), role, grants=grants)
    change_role(world.admin.actor("web"), world.sam, role=role)
    lead = create_lead(world.noah.actor("web"), name="Aoife Byrne", email="secret@byrne.example", phone="028 9018 0222")
    client.force_login(world.sam)
    page = shown(client, lead)
    assert "secret@" not in page and "9018" not in page and 'name="person.mail"' not in page
    assert send(client, lead, person="new", person__name="Aoife Byrne")[0] == 303
    assert [each.address for each in Person.objects.get(name="Aoife Byrne").mails.all()] == ["secret@byrne.example"]


def test_who_may_not_change_it_and_who_may_only_see(world: World, client: Client, priya_again: Lead) -> None:
    client.force_login(world.dele)
    for name in ("qualify", "disqualify", "recycle"):
        assert client.get(f"/leads/{priya_again.public_id}/{name}").status_code == 403
    assert "/qualify" not in client.get(f"/leads/{priya_again.public_id}", follow=True).content.decode()


def test_disqualify_and_open_again(world: World, client: Client, priya_again: Lead) -> None:
    client.force_login(world.sam)
    at, why = f"/leads/{priya_again.public_id}", Reason.objects.offered("disqualified")[0]
    assert client.post(f"{at}/disqualify", {"reason": "", "note": "Kept"}).status_code == 422
    wrong = client.post(f"{at}/disqualify", {"reason": why.public_id, "note": "Kept", "after": "recontact"})
    assert wrong.status_code == 422 and "Kept" in wrong.content.decode() and "is no date" in wrong.content.decode()
    given = {"reason": why.public_id, "after": "recontact", "recontact_on": "+3m"}
    assert client.post(f"{at}/disqualify", given).status_code == 303
    page = client.get(at, follow=True).content.decode()
    assert f"Disqualified Today: {why}" in page or f"Disqualified today: {why}" in page, page
    assert Task.objects.open().get(lead=priya_again).due_on > clock.today(world.sam.tz) + timedelta(days=80)
    assert "Noah Bennett" in client.get(f"{at}/recycle").content.decode()
    assert client.post(f"{at}/recycle", {"owner": world.sam.public_id}).status_code == 303
    priya_again.refresh_from_db()
    assert priya_again.is_open and last() is not None


def test_what_it_became_stands_on_its_page(world: World, client: Client, priya_again: Lead) -> None:
    qualify_lead(world.sam.actor("web"), priya_again, person=world.priya, opportunity=world.managed_it, reason="Known")
    client.force_login(world.sam)
    page = client.get(f"/leads/{priya_again.public_id}", follow=True).content.decode()
    assert "Became" in page and f"/people/{world.priya.public_id}" in page
    sale = client.get(f"/opportunities/{world.managed_it.public_id}", follow=True).content.decode()
    assert f"/leads/{priya_again.public_id}" in sale and "qualified" in sale
