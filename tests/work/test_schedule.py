"""Regular work: each time once over all workers, made up for by one run, whatever the clock does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.outbox import Outbox, carry_out, claim
from fairlead.core.schema import IdempotencyKey, perform
from fairlead.models import Attempt, SignInLink, Slot
from fairlead.work import housekeeping
from fairlead.work.schedule import Schedule, every, promise_due

START = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def ran(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[datetime]]:
    times: list[datetime] = []
    tick = Schedule("tick", "*/5 * * * *", lambda: times.append(clock.now()))
    monkeypatch.setattr("fairlead.work.schedule.SCHEDULES", {"tick": tick})
    yield times


def look(moment: datetime) -> int:
    """A worker's look at the schedules and the outbox at that moment; how many were due."""
    with clock.at(moment):
        due = promise_due()
        for row in claim("one"):
            carry_out(row)
    return due


def test_each_time_is_done_once(ran: list[datetime]) -> None:
    for seconds in range(0, 600, 20):
        look(START + timedelta(seconds=seconds))
    assert [moment.minute for moment in ran] == [5, 10]


def test_of_two_workers_one_gets_the_time(ran: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    look(START)
    due = START + timedelta(minutes=5)
    stale = Slot.objects.get()
    assert look(due) == 1
    monkeypatch.setattr(Slot.objects.__class__, "all", lambda _self: [stale])
    assert look(due) == 0 and len(ran) == 1


def test_after_a_year_away_it_runs_once_and_after_a_day_back_it_goes_on(ran: list[datetime]) -> None:
    look(START)
    look(START + 370 * DAY)
    look(START + 370 * DAY + timedelta(seconds=5))
    assert len(ran) == 1
    look(START - DAY)
    look(START - DAY + timedelta(minutes=5))
    assert len(ran) == 2


def test_a_worker_that_died_after_taking_a_time_does_not_lose_it(ran: list[datetime]) -> None:
    look(START)
    with clock.at(START + timedelta(minutes=5)):
        assert promise_due() == 1
        claim("dies now")
    look(START + timedelta(minutes=6))
    assert ran == []
    look(START + timedelta(minutes=11))
    assert len(ran) == 2


def test_a_job_that_is_not_done_any_more_is_passed_over(ran: list[datetime]) -> None:
    look(START)
    with clock.at(START + timedelta(minutes=5)):
        promise_due()
        Outbox.objects.update(payload={"schedule": "gone"})
        for row in claim("one"):
            carry_out(row)
    assert Outbox.objects.get().state == "done" and ran == []


def test_every_registers_a_function_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.work.schedule.SCHEDULES", {})

    @every("0 3 * * *")
    def nightly() -> None:
        """At three."""

    from fairlead.work import schedule

    assert schedule.SCHEDULES["nightly"].after(START) == datetime(2026, 3, 3, 3, 0, tzinfo=UTC)


def test_what_is_over_is_thrown_away_and_the_rest_stays(db: None) -> None:
    for name in ("old", "new"):
        SignInLink.issue(SignInLink.Purpose.SIGN_IN, valid=DAY if name == "new" else -DAY)
        perform("set_up", system("test"), {}, key=name)
        Attempt.objects.create(key=name, at=clock.now() - (2 * DAY if name == "old" else timedelta()))
        moment = clock.now() - (40 * DAY if name == "old" else timedelta())
        for state in ("done", "failed", "waiting"):
            Outbox.objects.create(
                act="00000000-0000-0000-0000-000000000000",
                effect="x",
                payload={},
                key=f"{name}{state}",
                state=state,
                created_at=moment,
            )
    IdempotencyKey.objects.filter(key="old").update(at=clock.now() - 3 * DAY)
    for job in (housekeeping.clear_sign_in, housekeeping.clear_idempotency_keys, housekeeping.clear_outbox):
        job()
    assert SignInLink.objects.get().expires_at > clock.now()
    assert [each.key for each in IdempotencyKey.objects.all()] == ["new"]
    assert [each.key for each in Attempt.objects.all()] == ["new"]
    assert set(Outbox.objects.values_list("key", flat=True)) == {
        "oldfailed",
        "oldwaiting",
        "newdone",
        "newfailed",
        "newwaiting",
    }


def test_what_was_promised_on_a_clock_that_ran_ahead_is_not_late(db: None) -> None:
    facts = {"act": "00000000-0000-0000-0000-000000000000", "effect": "x", "payload": {}}
    ahead = START + DAY
    Outbox.objects.create(key="at once", created_at=ahead, run_at=ahead, **facts)
    Outbox.objects.create(key="in an hour", created_at=ahead, run_at=ahead + timedelta(hours=1), **facts)
    with clock.at(START):
        housekeeping.follow_a_clock_set_back()
        (row,) = claim("one")
        assert row.key == "at once"
        carry_out(row)
        Outbox.objects.filter(pk=row.pk).delete()
    with clock.at(START + timedelta(hours=1)):
        assert [row.key for row in claim("one")] == ["in an hour"]
