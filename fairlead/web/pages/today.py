"""Today: what wants an answer, what is due, what lacks a next step; beside it the day and what others owe."""

from collections.abc import Sequence
from typing import Any, cast

from babel.dates import format_date
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core.record import Record
from fairlead.models import Meeting, Organisation, RunningTrack, Task
from fairlead.models.day import FEW, MOST, Day, Filling
from fairlead.verbs.notices import in_words
from fairlead.verbs.profiles import edit_profile
from fairlead.web.addresses import url_of
from fairlead.web.calls import keep_to_oneself, line
from fairlead.web.formats import Reader, clock, count, money, short_money
from fairlead.web.page import Request, page, render
from fairlead.web.soon import later


@page("member")
def today(request: HttpRequest) -> HttpResponse:
    """The user's own day; managers see theirs, not their team's."""
    found = cast(Request, request)
    ours, reader = Organisation.ours(), found.reader
    day = Day(found.by, reader.now, reader.zone)
    work: list[Record] = [*day.answer_first, *day.overdue, *day.due_today]
    context = {
        "organisation": ours.name,
        "day": day,
        "few": FEW,
        "notices": [(notice, in_words(notice)) for notice in day.notices],
        "stages": stages(day.pipeline(ours.currency), ours.currency, reader),
        "summary": summary(day, reader),
        "first": next((home(each) for each in [*work, *day.unplanned]), ""),
        "home": home,
        "place": place,
        "whose": whose,
        "calls": [line(each, reader) for each in keep_to_oneself(day.calls, found.by)],
        "weekday": format_date(reader.today, "EEEE", locale=reader.locale),
        "now_line": sum(is_past(task, reader) for task in day.timed),
        "snooze": later(reader),
        "tip": not found.user.tip_seen and found.user.shortcuts and bool(work),
    }
    return render(request, "today/today.html", context)


@page("member", "POST")
def tip(request: HttpRequest) -> HttpResponse:
    """Put the tip away for good."""
    edit_profile(cast(Request, request).by, tip_seen=True)
    return HttpResponseRedirect("/", status=303)


def summary(day: Day, reader: Reader) -> str:
    """The day in a sentence or two: “9 to do, 2 of them overdue. First meeting at 14:00.”"""
    total, late = len(day.answer_first) + len(day.overdue) + len(day.due_today), len(day.overdue)
    words = _("%(count)s to do") % {"count": f"{MOST}+" if late >= MOST else total} if total else _("Nothing due")
    if late and total:
        words += _(", %(count)s of them overdue") % {"count": late}
    first = next((each for each in day.timed if is_meeting_ahead(each, reader)), None)
    meeting = _(" First meeting at %(time)s.") % {"time": clock(first.due_at, reader)} if first and first.due_at else ""
    return f"{words}.{meeting}"


def stages(fillings: Sequence[Filling], currency: str, reader: Reader) -> dict[str, Any]:
    """The pipeline as the flow component draws it, with its sentence for those who do not see it."""
    hidden = any(filling.value is None for filling in fillings)
    sizes = [filling.count if hidden else filling.value or 0 for filling in fillings]
    most = max(sizes, default=0) or 1
    drawn = [
        {
            "name": filling.name,
            "count": filling.count,
            "short": "" if filling.value is None else short_money(filling.value, currency, reader),
            "size": float(size / most),
        }
        for filling, size in zip(fillings, sizes, strict=True)
    ]
    told = [_in_stage(each, currency, reader) for each in fillings]
    total = sum(filling.value or 0 for filling in fillings)
    return {
        "drawn": drawn,
        "label": _("Open by stage: %(stages)s") % {"stages": ", ".join(told)},
        "open": "" if hidden else _("%(amount)s open") % {"amount": money(total, currency, reader)},
        "any": any(filling.count for filling in fillings),
    }


def _in_stage(filling: Filling, currency: str, reader: Reader) -> str:
    if filling.value is None:
        return f"{filling.name} {count(filling.count, reader)}"
    return f"{filling.name} {money(filling.value, currency, reader)} in {count(filling.count, reader)}"


def home(record: Any) -> str:
    """The page where this is worked on: its own, or that of what a task is about; a meeting has its own."""
    return url_of(record.about if isinstance(record, (Task, RunningTrack)) else record)


def place(record: Any) -> str:
    """Where a task or an opportunity belongs, in words: customer and title, company, or person."""
    about = record.about if isinstance(record, Task) else record
    noun = about.noun()
    if noun == "opportunity":
        parts = [about.customer, about if isinstance(record, Task) else None]
    elif noun == "person":
        parts = [about, about.company]
    elif noun == "lead":
        parts = [about, about.company_name if about.company_name != str(about) else None, _("lead")]
    else:
        parts = [about]
    return " · ".join(str(part) for part in parts if part)


def whose(task: Any) -> str:
    """The customer alone, where there is little room."""
    about = task.about
    if isinstance(task, Meeting):
        return " · ".join(part for part in (task.place, str(about or "")) if part)
    return str((about.customer if about.noun() == "opportunity" else about) or about)


def is_meeting_ahead(task: Any, reader: Reader) -> bool:
    is_one = (task.is_open and not task.all_day) if isinstance(task, Meeting) else task.kind == Task.Kind.MEETING
    return bool(is_one and task.due_time and not is_past(task, reader))


def is_past(task: Any, reader: Reader) -> bool:
    return bool(task.due_at <= reader.now)
