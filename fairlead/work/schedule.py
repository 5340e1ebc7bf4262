"""Regular work: `@every("*/5 * * * *")` on a function. Each time that is due is done once, over all workers.

A due time becomes an outbox row in the transaction that moves the schedule on. From there it is leased, repeated
after a crash and retried like everything else. Times missed while nothing ran are made up for by one run.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from croniter import croniter
from django.db import transaction

from fairlead.core import clock
from fairlead.core.outbox import Outbox, carries_out, declare
from fairlead.models.slot import Slot

Job = Callable[[], None]
REGULAR = declare("regular", tries=5)


@dataclass(frozen=True)
class Schedule:
    """`when` is a cron expression on the clock of UTC."""

    name: str
    when: str
    job: Job

    def after(self, moment: datetime) -> datetime:
        found: datetime = croniter(self.when, moment).get_next(datetime)
        return found


SCHEDULES: dict[str, Schedule] = {}


def every(when: str) -> Callable[[Job], Job]:
    """Run a function regularly; it may run again for the same time after a crash."""

    def register(job: Job) -> Job:
        SCHEDULES[job.__name__] = Schedule(job.__name__, when, job)
        return job

    return register


def promise_due() -> int:
    """Promise the work of every schedule whose time has come; how many there were."""
    slots = {slot.name: slot for slot in Slot.objects.all()}
    return sum(_promise(schedule, slots.get(schedule.name)) for schedule in SCHEDULES.values())


@carries_out(REGULAR)
def run(row: Outbox) -> None:
    known = SCHEDULES.get(row.payload["schedule"])
    if known:  # else an older version promised what is not done any more
        known.job()


def _promise(schedule: Schedule, slot: Slot | None) -> bool:
    following = schedule.after(clock.now())
    if slot is None:
        Slot.objects.get_or_create(name=schedule.name, defaults={"due_at": following})
        return False
    if slot.due_at > following:  # the clock was set back
        slot.move_on(following)
    elif slot.due_at <= clock.now():
        return _take(schedule, slot, following)
    return False


def _take(schedule: Schedule, slot: Slot, following: datetime) -> bool:
    with transaction.atomic():
        if not slot.move_on(following):
            return False
        key = f"regular:{schedule.name}:{uuid.uuid4().hex}"
        Outbox.objects.create(act=uuid.uuid4(), effect=REGULAR.name, key=key, payload={"schedule": schedule.name})
    return True
