"""Reminders on the page: of tasks whose moment has come since the last look, and once a day of what is due."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import ngettext

from fairlead.models import Task
from fairlead.web import formats
from fairlead.web.page import Request
from fairlead.web.tasks import number_due

FIRST = timedelta(minutes=2)  # so far back a browser looks that has not looked yet
LONGEST = timedelta(minutes=15)
MOST = 5


def reminders(request: Request) -> list[dict[str, Any]]:
    """What this browser has not been told yet; the session keeps what it was told, and only then is written."""
    return [*_of_tasks(request), *_of_the_day(request)]


def _of_tasks(request: Request) -> list[dict[str, Any]]:
    now, told = request.reader.now, request.session.get("reminded", "")
    since = max(datetime.fromisoformat(told), now - LONGEST) if told else now - FIRST
    mine = Task.objects.open().visible_to(request.by).filter(assignee_id=request.by.user_id)
    found = list(mine.filter(remind_at__gt=since, remind_at__lte=now).order_by("remind_at")[:MOST])
    if found:
        request.session["reminded"] = now.isoformat()
    return [
        {"text": task.title, "when": formats.moment(task.due_at, request.reader), "url": f"/tasks/{task.public_id}"}
        for task in found
        if task.due_at
    ]


def _of_the_day(request: Request) -> list[dict[str, Any]]:
    """From the hour on that they chose: how many tasks are due, once a day."""
    local, day = request.reader.now.astimezone(request.reader.zone), request.reader.today.isoformat()
    if local.time() < request.user.reminder_time or request.session.get("reminded_day") == day:
        return []
    request.session["reminded_day"] = day
    number = number_due(request.by, request.reader, 999)
    text = ngettext("%(number)s task is due", "%(number)s tasks are due", number) % {"number": number}
    return [{"text": text, "when": "", "url": "/tasks"}] if number else []
