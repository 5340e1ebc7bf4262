"""A business card from a trade show becomes a lead, is answered, becomes an opportunity, moves, and is won."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fairlead.core import clock
from fairlead.core.errors import NotUndoable, WrongState
from fairlead.core.undo import redo, undo
from fairlead.demo.world import World
from fairlead.models import Activity, Lead, Opportunity, Person, Source, Stage, Task
from fairlead.models.search import search
from fairlead.verbs.activities import log_call, log_meeting
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.companies import create_company
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.opportunities import create_opportunity, move_stage
from fairlead.verbs.people import create_person
from fairlead.verbs.tasks import complete_task
from tests.stories.told import deeds, last_act


@pytest.fixture
def card(world: World) -> Lead:
    """Entered on the evening of the show, to be answered by the next day."""
    return create_lead(
        world.sam.actor("web"),
        name="Aoife Byrne",
        company_name="Byrne Sawmill",
        phone="028 9018 0222",
        lead_type="event",
        interest="Network for the new hall",
        source=Source.objects.get(name="Trade show"),
        respond_by=clock.now() + timedelta(days=1),
    )


def test_the_card_is_found_at_once_and_belongs_to_who_entered_it(world: World, card: Lead) -> None:
    assert search(world.lena.actor("web"), "byrne saw", kinds=("lead",)) == [card]
    assert card.owner == world.sam and card.is_open
    assert deeds(card) == ["Sam Whitlock added the lead Aoife Byrne"]


def test_from_the_card_to_the_order(world: World, card: Lead) -> None:
    sam, tomorrow = world.sam.actor("web"), clock.today(world.sam.tz) + timedelta(days=1)

    log_call(sam, card, text="Two halls, one mast.", minutes=12, next_step="Visit the sawmill", next_on=tomorrow)
    card.refresh_from_db()
    assert card.responded_at is not None and card.last_contact_at is not None
    visit = Task.objects.get(lead=card)
    assert (visit.title, visit.assignee, card.next_step_at) == ("Visit the sawmill", world.sam, visit.due_at)

    company = create_company(sam, name="Byrne Sawmill")
    aoife = create_person(sam, name="Aoife Byrne", company=company, phones=["028 9018 0222"])
    edit_lead(sam, card, person=aoife, company=company)
    sale = create_opportunity(
        sam, title="Network for the new hall", company=company, person=aoife, lead=card, amount=Decimal("14250")
    )
    assert sale.stage.name == "Qualify"

    complete_task(sam, visit, outcome="Seen both halls.")
    log_meeting(sam, sale, text="Cable run is 90 metres, needs fibre.")
    for name in ("Develop", "Propose", "Close"):
        move_stage(sam, sale, stage=Stage.objects.get(name=name), reason="She decided on the spot")
    close_won(sam, sale, amount=Decimal("13900"))

    closure = sale.closures.get()
    assert (sale.state, closure.outcome, closure.amount_minor, sale.amount_minor) == ("won", "won", 1390000, 1425000)
    assert deeds(sale) == [
        "Sam Whitlock added the lead Aoife Byrne",
        "Sam Whitlock called Aoife Byrne",
        "Sam Whitlock planned “Visit the sawmill” for Sam Whitlock",
        "Sam Whitlock added Byrne Sawmill",
        "Sam Whitlock added Aoife Byrne",
        "Sam Whitlock edited Aoife Byrne",
        "Sam Whitlock opened the opportunity Network for the new hall",
        "Sam Whitlock did “Visit the sawmill”",
        "Sam Whitlock met Network for the new hall",
        "Sam Whitlock moved Network for the new hall from Qualify to Develop",
        "Sam Whitlock moved Network for the new hall from Develop to Propose",
        "Sam Whitlock moved Network for the new hall from Propose to Close",
        "Sam Whitlock won Network for the new hall",
    ]


def test_a_call_is_taken_back_with_its_next_step_and_the_clock_runs_again(world: World, card: Lead) -> None:
    sam = world.sam.actor("web")
    log_call(sam, card, text="Wrong Byrne.", next_step="Find the right one", next_on=clock.today(world.sam.tz))
    call = last_act()
    undo(sam, act=call)
    card.refresh_from_db()
    assert (card.responded_at, card.next_step_at, card.last_contact_at) == (None, None, None)
    assert not Task.objects.filter(lead=card).exists() and not Activity.objects.filter(lead=card).exists()
    redo(sam, act=call)
    card.refresh_from_db()
    assert card.responded_at is not None
    assert Task.objects.get(lead=card).title == "Find the right one"


def test_a_person_that_a_sale_was_built_on_stays(world: World, card: Lead) -> None:
    sam = world.sam.actor("web")
    aoife = create_person(sam, name="Aoife Byrne")
    added = last_act()
    create_opportunity(sam, title="Network for the new hall", person=aoife)
    with pytest.raises(NotUndoable, match="Network for the new hall belongs to it"):
        undo(sam, act=added)
    assert Person.objects.filter(pk=aoife.pk).exists()


def test_a_closed_sale_moves_no_more_until_it_is_reopened(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    close_lost(sam, sale, reason=world.reason("Went with somebody else"))
    with pytest.raises(WrongState, match="Reopen it first"):
        move_stage(sam, sale, stage=Stage.objects.get(name="Close"))
    reopen_opportunity(sam, sale)
    move_stage(sam, sale, stage=Stage.objects.get(name="Close"))
    assert Opportunity.objects.get(pk=sale.pk).is_open
    assert [each.outcome for each in sale.closures.order_by("pk")] == ["lost", "reopened"]
    assert str(sale.closures.first().reason) == "Went with somebody else"  # type: ignore[union-attr]
