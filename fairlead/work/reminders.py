"""Reminders by mail: before a task with a time, and what is due today at the hour that each person chose.

What fell due since the last look is promised once by its key, so a look that is repeated, or made by two workers,
promises nothing twice; after a downtime the first look makes up for it.
"""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import clock
from fairlead.core.outbox import Outbox
from fairlead.models import Meeting, Slot, Task, User
from fairlead.models.worktime import calendars_of
from fairlead.verbs.outgoing import NOTICE, to_colleague
from fairlead.work.schedule import every

LOOKED = "reminders looked at"  # the slot that keeps until when
MOST_LINES = 20
AT_ONCE = 500


@every("* * * * *")
def remind() -> None:
    """Promise the mails of all that fell due since the last look."""
    now = clock.now()
    with transaction.atomic():
        slot, _made = Slot.objects.get_or_create(name=LOOKED, defaults={"due_at": now - timedelta(minutes=1)})
        if slot.due_at < now:
            rows = [*_of_tasks(slot.due_at, now), *_of_days(slot.due_at, now)]
            Outbox.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)
        Slot.objects.filter(name=LOOKED).update(due_at=now)


def due_between(since: datetime, now: datetime) -> QuerySet[Task]:
    """The tasks of which somebody wants to be reminded by mail within this time, found by an index of their own."""
    due = Task.objects.open().filter(remind_at__gt=since, remind_at__lte=now)
    wanted = due.filter(assignee__remind_by_mail=True, assignee__is_active=True).order_by("remind_at")
    return wanted.select_related("assignee", "person", "company", "lead", "opportunity")


def _of_tasks(since: datetime, now: datetime) -> Iterator[Outbox]:
    for task in due_between(since, now).iterator(AT_ONCE):
        assert task.remind_at is not None and task.due_at is not None
        at = task.due_at.astimezone(task.assignee.tz)
        subject = _("%(time)s: %(title)s") % {"time": f"{at:%H:%M}", "title": task.title}
        text = f"{task.title}\n{task.about}\n{at:%a %d %b, %H:%M}\n\n{settings.BASE_URL}/tasks/{task.public_id}\n"
        yield _promise(task.assignee, subject, text, f"reminder:{task.public_id}:{task.remind_at:%Y%m%dT%H%M}")


def _of_days(since: datetime, now: datetime) -> Iterator[Outbox]:
    """For those whose hour came since the last look, on their working days; nothing where nothing is due."""
    chosen = User.objects.active().filter(summary_at__isnull=False).order_by("pk")
    reached = [user for user in chosen if since < _hour_of(user, now) <= now]
    calendars = calendars_of(reached, now.date() - timedelta(days=1)) if reached else {}
    for user in reached:
        day = now.astimezone(user.tz).date()
        if calendars[user.pk].is_workday(day) and (lines := _lines(user, now)):
            number = len(lines)
            subject = ngettext("%(number)s thing to do today", "%(number)s things to do today", number)
            yield _promise(user, subject % {"number": number}, _text(lines), f"summary:{user.public_id}:{day}")


def _hour_of(user: User, now: datetime) -> datetime:
    assert user.summary_at is not None
    return datetime.combine(now.astimezone(user.tz).date(), user.summary_at, user.tz)


def _lines(user: User, now: datetime) -> list[str]:
    """Today's tasks and meetings in their order, then what is overdue."""
    by, day = user.actor("work"), now.astimezone(user.tz).date()
    tasks = Task.objects.open().visible_to(by).filter(assignee=user, due_on__lte=day).order_by("due_at", "pk")
    found = list(tasks.select_related("person", "company", "lead", "opportunity")[: MOST_LINES * 5])
    start = datetime.combine(day, datetime.min.time(), user.tz)
    meetings = Meeting.objects.planned().of([user.pk]).between(start, start + timedelta(days=1))
    met = [(each.starts_at, f"{each.starts_at.astimezone(user.tz):%H:%M}: {each.title}") for each in meetings]
    own = [(each.due_at or now, f"{_time(each)}: {each.title} ({each.about})") for each in found if each.due_on == day]
    late = [f"{_('Overdue')}: {each.title} ({each.about})" for each in found if each.due_on != day]
    return [line for _at, line in sorted([*met, *own])] + late


def _time(task: Task) -> str:
    return f"{task.due_time:%H:%M}" if task.due_time else _("Any time")


def _text(lines: Sequence[str]) -> str:
    more = len(lines) - MOST_LINES
    told = [*lines[:MOST_LINES], *([_("and %(number)s more") % {"number": more}] if more > 0 else [])]
    return "\n".join(told) + f"\n\n{settings.BASE_URL}/tasks\n"


def _promise(user: User, subject: str, text: str, key: str) -> Outbox:
    payload = to_colleague(user, subject, text)
    return Outbox(act=uuid.uuid4(), effect=NOTICE.name, key=f"notice:{key}", payload=payload, run_at=clock.now())
