"""Reminders: each once, after a downtime too, by two workers too; the mail of the day on working days only."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.outbox import Outbox
from fairlead.demo.world import World
from fairlead.models import Slot, Task
from fairlead.verbs.profiles import edit_profile
from fairlead.verbs.schedules import add_absence
from fairlead.verbs.tasks import add_task, cancel_task, complete_task, edit_task, snooze_task
from fairlead.work.reminders import LOOKED, remind
from tests.web.test_records import signed_in, text_of

pytestmark = pytest.mark.django_db
MONDAY = date(2030, 1, 14)


def look(moment: datetime) -> None:
    with clock.at(moment):
        remind()


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def mails(what: str) -> list[str]:
    return [row.payload["subject"] for row in Outbox.objects.filter(key__startswith=f"notice:{what}").order_by("id")]


@pytest.fixture
def call(world: World) -> Task:
    """Sam's task of Monday at 10:00, of which he is reminded by mail a quarter of an hour before."""
    by = world.sam.actor("web")
    edit_profile(by, remind_by_mail=True, remind_minutes=15, zone="Europe/London")
    world.sam.refresh_from_db()
    look(at(6))
    return add_task(by, world.managed_it, title="Call Priya", due_on=MONDAY, due_time=time(10))


def test_before_a_task_with_a_time(world: World, call: Task) -> None:
    assert call.remind_at == at(9, 45)
    look(at(9, 44))
    assert mails("reminder") == []
    for minute in (45, 46, 47):
        look(at(9, minute))
    assert mails("reminder") == ["10:00: Call Priya"]
    snooze_task(world.sam.actor("web"), call, due_on=MONDAY, due_time=time(11))
    look(at(10, 45))
    assert mails("reminder") == ["10:00: Call Priya", "11:00: Call Priya"]


def test_once_after_a_downtime_and_by_two_workers(call: Task) -> None:
    look(at(8))
    look(at(14))
    Slot.objects.filter(name=LOOKED).update(due_at=at(8))  # the other one had looked at the same time
    look(at(14, 1))
    assert mails("reminder") == ["10:00: Call Priya"]
    look(at(7))  # the clock was set back
    look(at(14, 2))
    assert len(mails("reminder")) == 1


def test_not_of_what_is_done_and_as_each_wants_it(world: World, call: Task) -> None:
    by = world.sam.actor("web")
    own = add_task(by, world.managed_it, title="Own", due_on=MONDAY, due_time=time(10), remind_minutes=60)
    edit_profile(by, remind_minutes=30)
    call.refresh_from_db()
    assert (call.remind_at, own.remind_at) == (at(9, 30), at(9))
    edit_profile(by, remind_minutes=None)
    call.refresh_from_db()
    assert call.remind_at is None
    with clock.at(at(8)):
        complete_task(by, own)
    look(at(12))
    assert mails("reminder") == []


def test_the_mail_of_the_day(world: World, call: Task) -> None:
    by = world.sam.actor("web")
    edit_profile(by, summary_at=time(7, 30), remind_by_mail=False)
    friday, tuesday = MONDAY - timedelta(days=3), MONDAY + timedelta(days=1)
    Slot.objects.filter(name=LOOKED).update(due_at=at(6, day=friday))
    for day in range(5):  # Friday, the weekend, Monday, Tuesday
        for minute in (29, 30, 31):
            look(at(7, minute, friday + timedelta(days=day)))
    sent = Outbox.objects.filter(key__startswith="notice:summary").order_by("id")
    days = [row.key.rsplit(":", 1)[1] for row in sent]
    assert days == [each.isoformat() for each in (friday, MONDAY, tuesday)]
    assert "10:00: Call Priya (Managed IT for 45 seats)" in sent[1].payload["text"]
    assert sent[1].payload["to"] == world.sam.email


def test_no_mail_of_the_day_while_away_or_with_nothing_due(world: World, call: Task) -> None:
    edit_profile(world.sam.actor("web"), summary_at=time(7, 30))
    edit_profile(world.noah.actor("web"), summary_at=time(7, 30))
    for task in Task.objects.open().filter(assignee=world.noah):
        cancel_task(world.noah.actor("web"), edit_task(world.noah.actor("web"), task, repeats=""))
    add_absence(world.sam.actor("web"), starts_on=MONDAY, ends_on=MONDAY)
    look(at(7, 30))
    assert mails("summary") == []


def test_on_the_page_once(world: World, call: Task) -> None:
    sam = signed_in(world.sam)
    with clock.at(at(9, 45)):
        first, second = _counts(sam), _counts(sam)
    assert "Call Priya" in first and "tasks are due" in first
    assert "Call Priya" not in second and "are due" not in second


def _counts(client: Client) -> str:
    return text_of(client.get("/views/counts"))
