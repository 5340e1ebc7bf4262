"""Quotes recorded as sent: what they tick, start, propose to the closing, and how they end."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fairlead.core.act import last
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Closure, Quote, RunningTrack, Track
from fairlead.models.progress import met
from fairlead.verbs.closing import close_lost, close_won
from fairlead.verbs.leads import create_lead
from fairlead.verbs.qualify import qualify_lead, unqualify_lead
from fairlead.verbs.quotes import (
    accept_quote,
    decline_quote,
    edit_quote,
    record_quote,
    remove_quote,
    reopen_quote,
    withdraw_quote,
)
from fairlead.verbs.track_definitions import add_track_trigger, edit_track, remove_track_trigger

LATER = timedelta(days=30)


def state(quote: Quote) -> str:
    return Quote.objects.get(pk=quote.pk).state


def test_a_quote_is_a_fact_and_starts_its_track_once(world: World) -> None:
    sam, sale, track = world.sam.actor("web"), world.unplanned, Track.objects.get(name="Quote follow-up")
    trigger = add_track_trigger(world.admin.actor("web"), track, quote_sent=True)
    assert "quote" not in met([sale.pk])[sale.pk]
    quote = record_quote(sam, sale, number=" Q 7 ", amount=Decimal("1200"), valid_until=world.now.date() + LATER)
    act = last()
    assert act is not None and (str(quote), quote.currency, quote.sent_on) == ("Q 7", "GBP", world.now.date())
    assert "quote" in met([sale.pk])[sale.pk] and "accepted" not in met([sale.pk])[sale.pk]
    running = RunningTrack.objects.get(opportunity=sale, trigger=trigger)
    assert running.tasks.count() == track.newest.steps.count()
    record_quote(sam, sale, number="Q 8")
    assert RunningTrack.objects.filter(opportunity=sale, trigger=trigger).count() == 1
    undo(sam, act=act.id)
    assert not Quote.objects.filter(number="Q 7").exists()
    remove_track_trigger(world.admin.actor("web"), trigger)
    record_quote(sam, world.managed_it, number="Q 9")
    assert not RunningTrack.objects.filter(opportunity=world.managed_it, trigger=trigger).exists()


def test_a_track_that_is_not_for_opportunities_takes_no_quote(world: World) -> None:
    admin, track = world.admin.actor("web"), Track.objects.get(name="New lead")
    with pytest.raises(Invalid, match="is not for opportunities"):
        add_track_trigger(admin, track, quote_sent=True)
    edit_track(admin, track, applies_to=["lead", "opportunity"])
    with pytest.raises(Invalid, match="Choose one"):
        add_track_trigger(admin, track, quote_sent=True, source=world.managed_it.source)


def test_winning_proposes_what_was_accepted(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.unplanned
    first = record_quote(sam, sale, number="1", amount=Decimal("100.50"))
    second = record_quote(sam, sale, number="2", amount=Decimal("49.50"))
    record_quote(sam, sale, number="3", amount=Decimal("999"))
    for quote in (first, second):
        accept_quote(sam, quote)
    assert "accepted" in met([sale.pk])[sale.pk]
    close_won(sam, sale)
    assert Closure.objects.get(opportunity=sale).amount == Decimal("150.00")
    with pytest.raises(WrongState):
        record_quote(sam, sale, number="4")


def test_losing_declines_what_is_open_in_the_same_act(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.unplanned
    waiting = record_quote(sam, sale, number="1", sent_on=world.now.date() + timedelta(days=3))
    taken_back = withdraw_quote(sam, record_quote(sam, sale, number="2"), note="Wrong prices")
    close_lost(sam, sale, reason=world.reason("Price"))
    act = last()
    assert act is not None and (state(waiting), state(taken_back)) == ("declined", "withdrawn")
    undo(sam, act=act.id)
    assert (state(waiting), state(taken_back)) == ("sent", "withdrawn")


def test_answers_are_given_once_and_taken_back(world: World) -> None:
    sam, quote = world.sam.actor("web"), record_quote(world.sam.actor("web"), world.managed_it, number="1")
    decline_quote(sam, quote, note="Too dear")
    assert decline_quote(sam, quote).note == "Too dear" and quote.decided_on == world.now.date()
    with pytest.raises(WrongState, match="is declined already"):
        accept_quote(sam, quote)
    reopen_quote(sam, quote)
    edit_quote(sam, quote, number="1 b", amount=Decimal("5"), valid_until=quote.sent_on)
    assert not quote.has_expired(quote.sent_on) and quote.has_expired(quote.sent_on + timedelta(days=1))
    remove_quote(sam, quote)
    assert not Quote.objects.filter(pk=quote.pk).exists()


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"number": "  "}, "Write the quote's number"),
        ({"number": "Q-2025-0147"}, "recorded here already"),
        ({"number": "N", "amount": Decimal("-1")}, "Write an amount"),
        ({"number": "N", "sent_on": date(2026, 3, 2), "valid_until": date(2026, 3, 1)}, "before it was sent"),
    ],
)
def test_what_cannot_be_is_refused(world: World, facts: dict[str, Any], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        record_quote(world.sam.actor("web"), world.managed_it, **facts)


def test_what_was_quoted_is_not_un_qualified(world: World) -> None:
    sam = world.sam.actor("web")
    lead = create_lead(sam, name="Ada Quoted")
    qualify_lead(sam, lead, new_person={}, new_opportunity={"title": "Desks"}, reason="Known")
    quote = record_quote(sam, lead.opportunity, number="1")  # type: ignore[arg-type]
    with pytest.raises(WrongState, match="The quote 1 was sent for it"):
        unqualify_lead(sam, lead)
    remove_quote(sam, quote)
    assert unqualify_lead(sam, lead).lead.is_open
