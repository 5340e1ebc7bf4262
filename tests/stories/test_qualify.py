"""From a business card to a qualified opportunity and back: nothing is lost, and what was built upon stays."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from fairlead.core import clock
from fairlead.core.errors import Invalid, NotAllowed, NotUndoable, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import redo, undo
from fairlead.demo.world import World
from fairlead.models import Company, ExitCriterion, Gap, Lead, Opportunity, Person, Reason, Task
from fairlead.models.suppression import may_contact
from fairlead.verbs.activities import log_call
from fairlead.verbs.disqualify import disqualify_lead, recycle_lead
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import assign
from fairlead.verbs.people import create_person
from fairlead.verbs.pipelines import edit_criterion
from fairlead.verbs.qualify import qualify_lead, unqualify_lead
from fairlead.verbs.suppressions import suppress_address
from fairlead.verbs.tasks import add_task
from tests.stories.told import deeds, last_act

# Who goes on without what is required says why; the checklist has a test of its own.
qualify = partial(qualify_lead, reason="He wants a price first")


@pytest.fixture
def card(world: World) -> Lead:
    """From a trade show, with a call made and a visit planned."""
    sam = world.sam.actor("web")
    facts = {"company_name": "Byrne Sawmill", "email": "aoife@byrnesawmill.example", "phone": "028 9018 0222"}
    lead = create_lead(
        sam, name="Aoife Byrne", title="Owner", interest="Network for the new hall", city="Antrim", **facts
    )
    tomorrow = clock.today(world.sam.tz) + timedelta(days=1)
    log_call(sam, lead, text="Two halls, one mast.", next_step="Visit the sawmill", next_on=tomorrow)
    lead.refresh_from_db()
    return lead


def test_the_card_becomes_a_company_a_person_and_an_opportunity_and_a_lead_again(world: World, card: Lead) -> None:
    sam, need = world.sam.actor("web"), ExitCriterion.objects.get(text="Need confirmed")
    qualify(sam, card, new_company={}, new_person={}, new_opportunity={"amount": Decimal(14250)}, ticked=[need])
    qualifying, sale = last_act(), card.opportunity
    assert sale is not None and card.company is not None and card.person is not None
    assert (card.state, sale.title, sale.stage.name) == ("qualified", "Network for the new hall", "Develop")
    assert (sale.company, sale.person, sale.lead, sale.amount) == (card.company, card.person, card, 14250)
    assert (card.person.company, card.person.title, card.company.website) == (
        card.company,
        "Owner",
        "byrnesawmill.example",
    )
    assert [each.address for each in card.person.mails.all()] == ["aoife@byrnesawmill.example"]
    assert not card.company.mails.exists() and str(card.company.addresses.get()) == "Antrim"
    assert [each.criterion for each in sale.ticks.all()] == [each.criterion for each in card.ticks.all()] == [need]
    visit = Task.objects.get(title="Visit the sawmill")
    sale.refresh_from_db()
    assert (visit.opportunity, visit.lead, sale.next_step_at) == (sale, None, visit.due_at)
    # One timeline, wherever it is read; nothing of it is copied.
    told = ["Sam Whitlock added the lead Aoife Byrne", "Sam Whitlock called Aoife Byrne"]
    assert deeds(card) == deeds(sale) and deeds(sale)[:2] == told
    assert "Sam Whitlock qualified Aoife Byrne" in deeds(card.person)

    undo(sam, act=qualifying)
    card.refresh_from_db()
    assert (card.is_open, card.company, card.person, card.opportunity) == (True, None, None, None)
    assert not Opportunity.objects.filter(pk=sale.pk).exists() and card.next_step_at is not None
    redo(sam, act=qualifying)
    assert unqualify_lead(sam, Lead.objects.get(pk=card.pk)).kept == []
    card.refresh_from_db()
    assert card.is_open and card.next_step_at is not None and not card.ticks.exists()
    assert not Person.objects.filter(name="Aoife Byrne").exists()
    assert not Company.objects.filter(name="Byrne Sawmill").exists()


def test_what_was_built_upon_stays_and_is_told(world: World, card: Lead) -> None:
    sam = world.sam.actor("web")
    qualify(sam, card, new_company={}, new_person={}, new_opportunity={})
    sale, company = card.opportunity, card.company
    assert sale and company and card.person
    log_call(sam, card.person, text="She wants fibre.")
    with pytest.raises(NotUndoable):
        undo(sam, act=Event.objects.filter(verb="qualify_lead").latest("pk").act)
    done = unqualify_lead(sam, card)
    assert [text.partition(" stays")[0] for text in done.kept] == ["Aoife Byrne", "Byrne Sawmill"]
    assert card.is_open and card.person is None and not Opportunity.objects.filter(pk=sale.pk).exists()
    aoife = Person.objects.get(name="Aoife Byrne")
    assert aoife.company == company and aoife.mails.exists()
    assert unqualify_lead(sam, card).kept == []
    # Qualified again, it finds them both.
    qualify(sam, card, company=company, person=aoife, new_opportunity={})
    assert aoife.mails.count() == 1 and card.opportunity is not None


def test_into_records_that_are_there_only_blanks_are_filled(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    facts = {"company_name": "Peverell Group", "title": "Head of IT", "email": "p.raman@private.example"}
    lead = create_lead(sam, name="Priya Raman", phone="020 7946 0999", website="https://peverell.group", **facts)
    priya, title = world.priya, world.priya.title
    mails = [each.address for each in priya.mails.all()]
    before = (world.peverell.name, world.peverell.website)
    qualify(sam, lead, company=world.peverell, person=priya, opportunity=sale, take=["person.title"])
    for record in (priya, sale, world.peverell):
        record.refresh_from_db()
    assert title and priya.title == "Head of IT" and (world.peverell.name, world.peverell.website) == before
    assert [each.address for each in priya.mails.all()] == [*mails, "p.raman@private.example"]
    assert (lead.opportunity, sale.lead, sale.stakeholders.get(person=priya).role) == (sale, lead, "decides")
    assert ("lead", lead.pk) in sale.linked()
    undo(sam, act=last_act())
    priya.refresh_from_db()
    assert priya.title == title and [each.address for each in priya.mails.all()] == mails
    other = create_lead(sam, name="Ines Ford")
    qualify(sam, other, new_person={}, opportunity=sale)
    sale.refresh_from_db()
    assert sale.person == priya and sale.stakeholders.get(person=other.person).role == "influences"


def test_the_same_again_changes_nothing_and_the_second_one_is_told_by_whom(world: World, card: Lead) -> None:
    sam, mira = world.sam.actor("web"), world.mira.actor("web")
    qualify(sam, card, new_company={}, new_person={}, new_opportunity={})
    count = Event.objects.count()
    assert qualify(sam, card, new_company={}, new_person={}, new_opportunity={}) == card
    assert card.company and card.person and card.opportunity
    assert qualify(mira, card, company=card.company, person=card.person, opportunity=card.opportunity) == card
    with pytest.raises(WrongState, match="Sam Whitlock has qualified Aoife Byrne already"):
        qualify(mira, card, new_person={})
    with pytest.raises(WrongState, match="Sam Whitlock has qualified"):
        disqualify_lead(mira, card, reason=Reason.objects.offered("disqualified")[0])
    assert Event.objects.count() == count


def test_the_checklist_gates_as_it_says(world: World, card: Lead) -> None:
    sam, iris = world.sam.actor("web"), world.admin.actor("web")
    pay = ExitCriterion.objects.get(text="They can pay for it")
    with pytest.raises(Invalid, match="why it goes on without: Need confirmed"):
        qualify_lead(sam, card, new_person={}, new_opportunity={})
    edit_criterion(iris, pay, force="hard")
    with pytest.raises(Invalid, match="Not without: They can pay for it"):
        qualify_lead(sam, card, new_person={}, new_opportunity={}, reason="She wants a price first")
    card.refresh_from_db()
    assert card.is_open and not Person.objects.filter(name="Aoife Byrne").exists()
    qualify_lead(sam, card, new_person={}, new_opportunity={}, reason="She wants a price first", ticked=[pay])
    gap = Gap.objects.get(opportunity=card.opportunity)
    assert (gap.missing, gap.reason, gap.stage.name) == (["Need confirmed"], "She wants a price first", "Qualify")


def test_what_cannot_be_is_refused_and_nothing_is_half_done(world: World, card: Lead) -> None:
    sam, theirs = world.sam.actor("web"), world.opportunity("Shop tills", "won")
    events, people = Event.objects.count(), Person.objects.count()
    for wrong in (
        {},
        {"new_opportunity": {}},
        {"person": world.priya, "new_person": {}},
        {"new_person": {"name": " "}},
        {"new_person": {"mails": ["not an address"]}},
        {"new_person": {}, "new_opportunity": {"title": ""}},
        {"new_company": {}, "new_opportunity": {"amount": Decimal(-1)}},
    ):
        with pytest.raises(Invalid):
            qualify(sam, card, **wrong)
    with pytest.raises(WrongState, match="Reopen it first"):
        qualify(sam, card, new_person={}, opportunity=theirs)
    with pytest.raises(NotAllowed):
        qualify(world.dele.actor("web"), card, new_person={})
    assert (Event.objects.count(), Person.objects.count()) == (events, people)
    card.refresh_from_db()
    assert card.is_open


def test_a_person_that_one_may_not_change_is_linked_as_they_are(world: World, card: Lead) -> None:
    theirs = create_person(world.admin.actor("web"), name="Aoife Byrne")
    qualify(world.sam.actor("web"), card, person=theirs)
    assert card.person == theirs and not theirs.mails.exists()
    unqualify_lead(world.sam.actor("web"), card)
    with pytest.raises(NotAllowed, match="not change it"):
        card.refresh_from_db()
        other = create_person(world.admin.actor("web"), name="A. Byrne", title="Director")
        qualify(world.sam.actor("web"), card, person=other, take=["person.title"])


def test_do_not_contact_goes_along(world: World, card: Lead) -> None:
    sam = world.sam.actor("web")
    suppress_address(world.mira.actor("web"), address=card.phone, channel="phone", reason="Never calls")
    qualify(sam, card, new_person={})
    assert not may_contact("+44 7700 900123", "phone", person=card.person).allowed
    assert may_contact("aoife@byrnesawmill.example", "mail", person=card.person).allowed
    undo(sam, act=last_act())
    assert may_contact("+44 7700 900123", "phone").allowed


def test_disqualified_with_a_day_to_get_back_and_taken_up_again(world: World, card: Lead) -> None:
    sam, why = world.sam.actor("web"), Reason.objects.get(kind="disqualified", name="No budget")
    on = clock.today(world.sam.tz) + timedelta(days=90)
    disqualify_lead(sam, card, reason=why, note="Next year", recontact_on=on)
    assert deeds(card)[-1] == "Sam Whitlock planned “Get back to Aoife Byrne” for Sam Whitlock"
    assert "Sam Whitlock disqualified Aoife Byrne: No budget" in deeds(card)
    assert (card.state, card.reason, card.reason_note) == ("disqualified", why, "Next year")
    assert [each.due_on for each in Task.objects.open().filter(lead=card)] == [on]
    assert disqualify_lead(sam, card, reason=why) == card
    with pytest.raises(WrongState, match="Sam Whitlock has disqualified"):
        qualify(sam, card, new_person={})
    recycle_lead(world.mira.actor("web"), card, owner=world.noah)
    assert (card.is_open, card.reason, card.owner) == (True, None, world.noah)
    undo(world.mira.actor("web"), act=last_act())
    card.refresh_from_db()
    assert card.reason == why and card.owner == world.sam


def test_disqualified_for_good(world: World, card: Lead) -> None:
    sam, why = world.sam.actor("web"), Reason.objects.offered("disqualified")[0]
    add_task(sam, card, title="Send the brochure")
    disqualify_lead(sam, card, reason=why, note="Asked to be left alone", do_not_contact=True)
    assert not may_contact("AOIFE@byrnesawmill.example", "mail").allowed
    assert not may_contact("+44 28 9018 0222", "phone", region="GB").allowed
    assert not Task.objects.open().filter(lead=card).exists()
    undo(sam, act=last_act())
    assert (
        may_contact("aoife@byrnesawmill.example", "mail").allowed and Task.objects.open().filter(lead=card).count() == 2
    )
    nameless = create_lead(sam, name="Nobody")
    lost, today = Reason.objects.offered("lost")[0], clock.today(world.sam.tz)
    for wrong in (
        {"reason": lost},
        {"reason": why, "do_not_contact": True},
        {"reason": why, "recontact_on": today},
        {"reason": why, "recontact_on": today + timedelta(days=9), "do_not_contact": True},
    ):
        with pytest.raises(Invalid):
            disqualify_lead(sam, nameless, **wrong)


def test_nobodys_lead_is_parked_until_the_day(world: World, card: Lead) -> None:
    from fairlead.core.actor import system

    assign(world.mira.actor("web"), card, owner=None)
    on = clock.today(world.sam.tz) + timedelta(days=30)
    disqualify_lead(system("test"), card, reason=Reason.objects.offered("disqualified")[0], recontact_on=on)
    assert card.parked_until == on
