"""The response clock in working time: over a holiday weekend in which summer time begins, and with nobody looking."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.errors import Invalid
from fairlead.core.outbox import Outbox
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Lead, Notice, Organisation, Schedule
from fairlead.models.response_clock import minutes_left
from fairlead.verbs.activities import log_call, log_note
from fairlead.verbs.disqualify import disqualify_lead
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.organisation import edit_organisation
from fairlead.verbs.ownership import assign
from fairlead.verbs.queues import create_queue
from fairlead.verbs.response_clock import mind_clock, start_clock
from fairlead.verbs.routing import queue_lead
from fairlead.verbs.schedules import add_absence, create_schedule, edit_schedule
from fairlead.work.clock import mind_clocks

# Good Friday is on 26 March 2027, summer time begins on Sunday the 28th, Easter Monday is the 29th.
THURSDAY = datetime(2027, 3, 25, 16, 30, tzinfo=UTC)


def tuesday(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 30, hour, minute, tzinfo=UTC)


@pytest.fixture
def lead(world: World) -> Lead:
    """Sam's, arrived an hour before the holidays, to be answered within two working hours."""
    edit_schedule(world.admin.actor("web"), Schedule.objects.get(), region="ENG")
    with clock.at(THURSDAY):
        made = create_lead(world.sam.actor("web"), name="Ann Lee")
        return start_clock(world.mira.actor("web"), made, minutes=120)


def told(lead: Lead) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(lead=lead).order_by("pk").values_list("user__name", "kind"))


def looked_at(moment: datetime, times: int = 2) -> None:
    with clock.at(moment):
        for _again in range(times):
            mind_clocks()


def test_it_counts_through_a_holiday_weekend_and_the_change_to_summer_time(lead: Lead, world: World) -> None:
    assert lead.respond_by == tuesday(9)  # ten o’clock, summer time
    lead.refresh_from_db()
    assert lead.clock_at == THURSDAY + timedelta(hours=1)
    moments = {THURSDAY: 120, THURSDAY + timedelta(days=2): 60, tuesday(8): 60, tuesday(8, 40): 20, tuesday(9, 30): -30}
    for moment, minutes in moments.items():
        assert minutes_left([lead], moment)[lead.pk] == minutes
    sam = world.sam.name
    looked_at(THURSDAY + timedelta(minutes=59))
    assert told(lead) == []
    looked_at(THURSDAY + timedelta(minutes=60))
    looked_at(THURSDAY + timedelta(days=3))
    assert told(lead) == [(sam, "half")]
    looked_at(tuesday(8, 35))
    assert told(lead) == [(sam, "half")]
    looked_at(tuesday(8, 36))
    assert told(lead) == [(sam, "half"), (sam, "most")]
    looked_at(tuesday(9))
    looked_at(tuesday(12))
    assert told(lead)[2:] == [(sam, "over"), (world.mira.name, "over")]
    texts = Outbox.objects.filter(effect="notice", key__startswith="notice:", payload__to=world.sam.email)
    said = [each.payload["subject"] for each in texts.order_by("pk") if "Ann Lee" in each.payload["subject"]]
    assert said[:2] == ["Answer Ann Lee: half of the time is over, 1 h left", "Answer Ann Lee now: 24 min left"]
    assert "was not answered in time" in said[2] and len(said) == 3
    lead.refresh_from_db()
    assert lead.clock_at is None and lead.owner == world.sam


def test_after_a_time_without_a_worker_one_warning_is_enough(lead: Lead, world: World) -> None:
    looked_at(tuesday(8, 50))
    assert told(lead) == [(world.sam.name, "most")]


def test_an_answer_of_a_person_ends_it(lead: Lead, world: World) -> None:
    by = world.sam.actor("web")
    with clock.at(tuesday(8, 10)):
        log_note(by, lead, text="Looks promising")
        log_call(by, lead, outcome="no_answer")
        assert Lead.objects.get(pk=lead.pk).clock_at is not None
        log_call(by, lead)
        act = last()
        assert Lead.objects.get(pk=lead.pk).clock_at is None
        undo(by, act=str(act.id))  # type: ignore[arg-type, union-attr]
        assert Lead.objects.get(pk=lead.pk).clock_at is not None
        log_call(by, lead)
    looked_at(tuesday(12))
    assert told(lead) == []


def test_a_closed_lead_is_not_warned_of(lead: Lead, world: World) -> None:
    with clock.at(tuesday(8)):
        disqualify_lead(world.sam.actor("web"), lead, reason=world.reason("No budget", "disqualified"))
    looked_at(tuesday(12))
    assert told(lead) == []


def test_another_owner_has_what_is_left(lead: Lead, world: World) -> None:
    until = lead.respond_by
    with clock.at(tuesday(8, 1)):
        assign(world.mira.actor("web"), lead, owner=world.noah)
    looked_at(tuesday(8, 50))
    lead.refresh_from_db()
    assert lead.respond_by == until and told(lead) == [(world.noah.name, "most")]


@pytest.mark.parametrize("choice", ["reassign", "queue", "tell"])
def test_when_the_time_is_over_somebody_else_gets_it(lead: Lead, world: World, choice: Any) -> None:
    ours = Organisation.ours()
    edit_organisation(world.admin.actor("web"), ours, overdue_then=choice)
    noah = world.noah.actor("web")
    add_absence(noah, starts_on=tuesday(9).date(), ends_on=tuesday(9).date())
    looked_at(tuesday(9, 1))
    lead.refresh_from_db()
    owner = {"reassign": world.lena, "queue": None, "tell": world.sam}[choice]
    assert lead.owner == owner and lead.respond_by == tuesday(9)
    names = {name for name, kind in told(lead) if kind == "over"}
    also = {"reassign": {world.lena.name}, "queue": {world.lena.name, world.noah.name}, "tell": set()}[choice]
    assert names == {world.sam.name, world.mira.name} | also


def test_what_waits_in_a_queue_counts_in_its_hours_and_goes_to_its_people(lead: Lead, world: World) -> None:
    by = world.admin.actor("web")
    nights = create_schedule(by, name="Nights", hours={str(day): [["00:00", "23:59"]] for day in range(7)})
    queue = create_queue(by, name="Hot line", members=[world.lena, world.noah], schedule=nights)
    with clock.at(THURSDAY):
        queue_lead(by, lead, queue=queue)
        start_clock(by, lead, minutes=120, overdue_then="reassign")
    assert lead.respond_by == THURSDAY + timedelta(hours=2)
    looked_at(THURSDAY + timedelta(hours=1))
    assert {name for name, _kind in told(lead)} == {world.lena.name, world.noah.name}
    looked_at(THURSDAY + timedelta(hours=2))
    lead.refresh_from_db()
    assert lead.owner in (world.lena, world.noah) and lead.queue == queue


def test_what_a_lead_says_comes_before_what_the_house_says(lead: Lead, world: World) -> None:
    with clock.at(tuesday(8)):
        start_clock(world.mira.actor("web"), lead, minutes=30, overdue_then="queue")
        with pytest.raises(Invalid):
            start_clock(world.mira.actor("web"), lead, minutes=0)
    looked_at(tuesday(8, 30))
    lead.refresh_from_db()
    assert lead.owner is None and lead.warned == 100


def test_a_moment_that_somebody_sets_is_warned_of_too(world: World) -> None:
    by = world.sam.actor("web")
    with clock.at(tuesday(8)):
        lead = create_lead(by, name="Ben", respond_by=tuesday(10))
        assert Lead.objects.get(pk=lead.pk).clock_at == tuesday(9)
        edit_lead(by, lead, respond_by=tuesday(12))
        assert Lead.objects.get(pk=lead.pk).clock_at == tuesday(10)
        mind_clock(by, lead)
        assert told(lead) == []
        edit_lead(by, lead, respond_by=None)
        assert Lead.objects.get(pk=lead.pk).clock_at is None
