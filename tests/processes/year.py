"""A year of simulated days, in a process of its own: `lay` the tracks, `work` from a day on, `judge` what came of it.

The worker does its real turns, under a clock that is set from hour to hour. Wherever it asks its database something,
or has just handed a mail over, it may die: nothing is finished then, and the next one goes on.
"""

import json
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from fairlead.core import clock  # noqa: E402
from fairlead.core.outbox import LEASE, Outbox, carry_out, claim  # noqa: E402
from fairlead.models import Task, Track, User  # noqa: E402
from fairlead.verbs.imports import import_people  # noqa: E402
from fairlead.verbs.outgoing import message_id  # noqa: E402
from fairlead.verbs.profiles import edit_profile  # noqa: E402
from fairlead.verbs.task_bulk import complete_tasks, snooze_tasks  # noqa: E402
from fairlead.verbs.track_bulk import apply_track_to_many  # noqa: E402
from fairlead.verbs.track_definitions import create_track  # noqa: E402
from fairlead.work import mail, maildir, reminders, schedule  # noqa: E402
from tests.core.conftest import TEST, settle, take_in  # noqa: E402

FIRST, LAST = date(2030, 1, 1), date(2030, 12, 31)
LOOKS = (6, 10, 16)
LONDON, AHEAD = ZoneInfo("Europe/London"), timedelta(minutes=15)
PLAIN: Any = [
    {"text": "Call", "kind": "todo", "time": time(9, 30)},
    {"text": "Look in", "kind": "todo", "days": 60, "time": time(14)},
]
CHAIN: Any = [*PLAIN[:1], {"text": "Ask", "days": 3, "unit": "weekdays", "after": "previous", "time": time(9, 30)}]
CHAIN += [{"text": "Write", "days": 2, "unit": "weeks", "after": "previous", "time": time(14)}]
BATCHES, OFTEN, SELDOM = 20, 900, 4000  # statements between two deaths, in the middle
assert mail.send  # importing it makes known how mails are sent
schedule.SCHEDULES.clear()
schedule.every("* * * * *")(reminders.remind)


class Killed(BaseException):
    """The worker is no more."""


class Death:
    """Comes after so many statements and mails, at random."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.left, self.came, self.is_near = chance, 0, 0, False
        self.next()
        connection.ensure_connection()
        connection.execute_wrappers.append(self)

    def next(self) -> None:
        self.left = self.chance.randint(1, self.chance.choice((40, OFTEN, SELDOM)))

    def passes(self) -> None:
        self.left -= self.is_near
        if self.left == 0:
            self.came += 1
            self.next()
            raise Killed

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        self.passes()
        return execute(*statement)


def lay(tracks: int) -> None:
    """So many people with a track, one in ten a chain, that begin over the year; four colleagues, reminded by mail."""
    with clock.at(datetime.combine(FIRST, time(5), UTC)):
        settle()
        staff = [take_in(TEST, name=name, role="Administrator", team="North") for name in ("Ann", "Bo", "Cy", "Di")]
        for user in staff:
            edit_profile(user.actor("web"), remind_by_mail=True, remind_minutes=15)
        names = {"Plain": PLAIN, "Chain": CHAIN}
        made = {
            name: create_track(staff[0].actor("web"), name=name, steps=line, applies_to=["person"])
            for name, line in names.items()
        }
        people = import_people(staff[0].actor("web"), [{"name": f"Person {number}"} for number in range(tracks)])
        for number in range(BATCHES):
            batch, starts_on = people[number::BATCHES], FIRST + timedelta(days=1 + 15 * number)
            by, share = staff[number % len(staff)].actor("web"), len(batch) // 10
            apply_track_to_many(by, batch[share:], track=made["Plain"], starts_on=starts_on)
            apply_track_to_many(by, batch[:share], track=made["Chain"], starts_on=starts_on)
        schedule.promise_due()
        reminders.remind()


def work(since: date, until: date, seed: int) -> None:
    """Day by day; says each day that is over."""
    death = Death(random.Random(seed))
    send = maildir.Folder.send_messages

    def sends(self: Any, mails: Any) -> int:
        number = send(self, mails)
        death.passes()  # it has left, and nobody has written that down
        return number

    maildir.Folder.send_messages = sends  # type: ignore[method-assign]
    day = since
    while day <= until:
        for hour in LOOKS:
            look(datetime.combine(day, time(hour), UTC), death)
        with clock.at(datetime.combine(day, time(18), UTC)):
            deeds(day)
        print(json.dumps({"day": day.isoformat(), "deaths": death.came}), flush=True)
        day += timedelta(days=1)


def look(moment: datetime, death: Death) -> None:
    """The worker's turns at one moment, until nothing is left to do; where it dies, another comes after the lease."""
    death.is_near = True
    while death.is_near:
        try:
            with clock.at(moment):
                schedule.promise_due()
                while rows := claim(f"worker {death.came}", long=False):
                    for row in rows:
                        carry_out(row)
            death.is_near = False
        except Killed:
            connection.close()
            moment += LEASE + timedelta(minutes=1)


def deeds(day: date) -> None:
    """What people did on this day: the chains go on, and some of the rest is put off by ten days."""
    mine = Task.objects.open().filter(due_on=day, running_track__isnull=False)
    chains = list(mine.filter(running_track__version_of__track__name="Chain").order_by("pk"))
    late = list(mine.filter(title="Look in", planned_on=day).order_by("pk"))[::12]
    by = User.objects.get(name="Ann").actor("web")
    if chains:
        complete_tasks(by, chains)
    if late:
        snooze_tasks(by, late, due_on=day + timedelta(days=10), due_time=time(11))


def judge() -> None:
    """What was to be reminded of, worked out from the tasks alone; and the mails that came."""
    wanted = set()
    for task in Task.objects.exclude(running_track=None).exclude(due_on=None):
        assert task.due_on and task.planned_on and task.due_time
        moments = {(task.due_on, task.due_time)}
        if task.due_on != task.planned_on:
            moments.add((task.planned_on, time(14)))
        for on, at in moments:
            remind_at = datetime.combine(on, at, LONDON).astimezone(UTC) - AHEAD
            if remind_at < datetime.combine(LAST, time(max(LOOKS)), UTC):
                wanted.add(f"notice:reminder:{task.public_id}:{remind_at:%Y%m%dT%H%M}")
    promised = list(Outbox.objects.filter(key__startswith="notice:reminder"))
    keys = {row.key for row in promised}
    sent = {path.name.removesuffix(".eml") for path in (settings.DATA / "mail").glob("*.eml")}
    found = {
        "wanted": len(wanted),
        "not promised": len(wanted - keys),
        "not wanted": len(keys - wanted),
        "not done": sum(row.state != "done" for row in promised),
        "begun again": sum(row.attempts > 1 for row in promised),
        "mails": len(sent),
        "not sent": len({message_id(row).strip("<>") for row in promised} - sent),
        "tracks": Track.objects.get(name="Chain").newest.running.count()
        + Track.objects.get(name="Plain").newest.running.count(),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    deed, *given = sys.argv[1:]
    if deed == "lay":
        lay(int(given[0]))
    elif deed == "work":
        work(date.fromisoformat(given[0]), date.fromisoformat(given[1]), int(given[2]))
    else:
        judge()
