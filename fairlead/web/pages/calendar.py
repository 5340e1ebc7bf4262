"""The calendar: week, month and agenda, mine and my team's; what is dragged, or moved by keys, is moved here."""

from datetime import date, time
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid, NotFound
from fairlead.core.schema import find, perform
from fairlead.core.upload import Arrival
from fairlead.models import Meeting, Task, User
from fairlead.verbs.calendar_files import import_calendar
from fairlead.web import calendar, formats
from fairlead.web.answer import answered, declined
from fairlead.web.page import Request, done, page, render

VIEWS = {"week": _("Week"), "month": _("Month"), "agenda": _("Agenda")}
SHOWN = 4  # in a cell of the month
YEARS = range(1970, 9000)


@page("task.see")
def index(request: HttpRequest) -> HttpResponse:
    """The days of a week, a month, or the next two weeks."""
    found = cast(Request, request)
    view = request.GET.get("view", "week")
    view, on, who = view if view in VIEWS else "week", _day(found), request.GET.get("who", "me")
    users, colleagues = _users(found, who)
    shown = calendar.page(found, view, on, users)
    context = {
        "page": shown,
        "view": view,
        "who": who if who in {"me", "team"} or users[0].pk != found.user.pk else "me",
        "colleagues": colleagues,
        "heading": calendar.heading(view, shown.days, on, found.reader),
        "views": [
            {"label": label, "url": _url(name, on, who), "current": name == view, "key": label[0]}
            for name, label in VIEWS.items()
        ],
        "earlier": _url(view, shown.earlier, who),
        "later": _url(view, shown.later, who),
        "today": _url(view, found.reader.today, who),
        "several": len(users) > 1,
        "most": SHOWN,
        "times": [time(hour) for hour in range(24)],
        "may_plan": found.by.level("create", "task") != "none",
        "day_url": lambda day: _url("agenda", day, who),
    }
    return render(request, "calendar/calendar.html", context)


@page("task.see", "POST")
def move(request: HttpRequest) -> HttpResponse:
    """Move a meeting or a task to a day, and a time if one is said."""
    found, given = cast(Request, request), request.POST
    back = _back(given.get("back", ""))
    kind = given.get("kind", "")
    if kind not in {"meeting", "task"}:
        raise NotFound(_("There is nothing of this kind to move."))
    record: Any = find(kind, given.get("id", ""), found.by)
    try:
        on, at = _read(given.get("on", ""), given.get("at", ""))
    except ValueError:
        raise Invalid({"on": [_("Say the day and the time.")]}) from None
    raw = _meeting(record, on, at, found) if kind == "meeting" else _task(record, on, at, found)
    answer = perform("move_meeting" if kind == "meeting" else "snooze_task", found.by, raw)
    if not answer["act"]:
        return declined(request, back, Invalid({"": [_("It is there already.")]}))
    when = formats.moment(_start(record), found.reader)
    return answered(request, back, _("“%(title)s” moved: %(when)s.") % {"title": record, "when": when}, answer["act"])


@page("task.create", "GET", "POST", takes="import_calendar")
def bring_in(request: HttpRequest) -> HttpResponse:
    """Bring in the events of a calendar file."""
    found = cast(Request, request)
    error = ""
    if request.method == "POST":
        file: Any = request.FILES.get("upload")
        try:
            if not isinstance(file, Arrival):
                raise Invalid({"upload": [_("Choose a file first.")]})
            made = import_calendar(found.by, upload=file.upload)
            return done(request, "/calendar", _("%(count)s meetings brought in.") % {"count": len(made)})
        except Invalid as refusal:
            error = refusal.text
    return render(request, "calendar/import.html", {"error": error}, status=422 if error else 200)


def _users(request: Request, who: str) -> tuple[list[User], list[User]]:
    """Whose calendar is shown, and whose else could be: the reader's and their teams'."""
    ids = {*request.by.teammate_ids, request.user.pk}
    mates: list[User] = list(User.objects.active().filter(pk__in=ids).order_by("name"))
    one = [each for each in mates if each.public_id == who]
    mine = [each for each in mates if each.pk == request.user.pk]
    return (mates if who == "team" else one or mine), [each for each in mates if each.pk != request.user.pk]


def _day(request: Request) -> date:
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return request.reader.today
    return on if on.year in YEARS else request.reader.today


def _url(view: str, on: date, who: str) -> str:
    return "/calendar?" + urlencode({"view": view, "on": on.isoformat()} | ({} if who == "me" else {"who": who}))


def _back(text: str) -> str:
    return text if text.startswith("/calendar") and "\\" not in text else "/calendar"


def _read(on: str, at: str) -> tuple[date, time | None]:
    return date.fromisoformat(on), time.fromisoformat(at).replace(tzinfo=None) if at else None


def _start(record: Any) -> Any:
    """Its moment; of whole days the first."""
    return record.due_on if record.due_time is None else record.due_at


def _meeting(meeting: Meeting, on: date, at: time | None, request: Request) -> dict[str, Any]:
    """Without a time it keeps its own on the reader's clock, and whole days stay whole ones."""
    if meeting.all_day:
        moment = calendar.moved_to(on, time(12), request.reader)
    else:
        now = meeting.starts_at.astimezone(request.reader.zone).time()
        moment = calendar.moved_to(on, at or now, request.reader)
    return {"meeting": meeting.public_id, "starts_at": moment.isoformat()}


def _task(task: Task, on: date, at: time | None, request: Request) -> dict[str, Any]:
    """The reader's day and time, as the assignee's clock shows them."""
    now = task.due_at.astimezone(request.reader.zone).time() if task.due_at and task.due_time else None
    wanted = at or now
    if wanted is None:
        return {"task": task.public_id, "due_on": on.isoformat()}
    local = calendar.moved_to(on, wanted, request.reader).astimezone(task.assignee.tz)
    return {"task": task.public_id, "due_on": local.date().isoformat(), "due_time": f"{local:%H:%M}"}
