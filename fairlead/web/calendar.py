"""The calendar: meetings and tasks with a time on the days of a week, a month or an agenda, on the reader's clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel.dates import format_date

from fairlead.models import Meeting, Task, User
from fairlead.models.meeting import local_moment
from fairlead.models.worktime import WorkTime, calendars_of
from fairlead.web.formats import Reader
from fairlead.web.page import Request

MOST = 1500
FIRST_HOUR, LAST_HOUR = 7, 19  # shown in a week, unless something lies outside
TASK_TAKES = timedelta(minutes=30)
AGENDA = 14  # days
A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Item:
    """What stands on a day, from `starts` to `ends` on the reader's clock; over whole days it has no time."""

    kind: str
    id: str
    title: str
    starts: datetime
    ends: datetime
    whole: bool
    who: str
    where: str = ""
    done: bool = False
    movable: bool = False
    begins_here: bool = True

    @property
    def url(self) -> str:
        return f"/meetings/{self.id}" if self.kind == "meeting" else f"/tasks/{self.id}/edit"

    @property
    def move_url(self) -> str:
        return f"/meetings/{self.id}/edit" if self.kind == "meeting" else f"/tasks/{self.id}/snooze"

    @property
    def place_in_day(self) -> str:
        """Its classes in the grid of a week: hours and quarters at which it begins, and for which it lasts."""
        begins = self.starts.hour * 4 + self.starts.minute // 15
        minutes = (datetime.combine(self.ends.date(), self.ends.time()) - _naive(self.starts)).total_seconds() / 60
        lasts = max(2, min(-(-int(minutes) // 15), 96 - begins))
        return f"h{begins // 4} q{begins % 4} s{lasts // 4} t{lasts % 4}"


@dataclass
class Day:
    """A day of the calendar; `away`: who is absent."""

    on: date
    is_today: bool
    in_month: bool
    closed: str = ""
    works: bool = True
    away: list[str] = field(default_factory=list)
    whole: list[Item] = field(default_factory=list)
    timed: list[Item] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        return [*self.whole, *self.timed]


@dataclass(frozen=True)
class Page:
    """A stretch of days, whose first and last lie around the day `on`."""

    view: str
    on: date
    days: list[Day]
    cut: bool

    @property
    def weeks(self) -> list[list[Day]]:
        return [self.days[at : at + 7] for at in range(0, len(self.days), 7)]

    @property
    def hours(self) -> range:
        """The hours that a week shows."""
        timed = [each for day in self.days for each in day.timed]
        first = min([FIRST_HOUR, *(each.starts.hour for each in timed)])
        last = max([LAST_HOUR, *(24 if each.ends.date() > each.starts.date() else _up(each.ends) for each in timed)])
        return range(first, last)

    @property
    def earlier(self) -> date:
        return _away(self.view, self.on, -1)

    @property
    def later(self) -> date:
        return _away(self.view, self.on, 1)


def page(request: Request, view: str, on: date, users: Sequence[User]) -> Page:
    """What these users have on the days of this view around `on`, as far as the reader may see it."""
    first, days = stretch(view, on, request.reader)
    zone = request.reader.zone
    start, end = (local_moment(day, time(), zone) for day in (first, first + days * A_DAY))
    items = sorted(_items(request, users, start, end), key=lambda each: (each.starts, each.ends, each.title))
    shown = [_day(day, on, request.reader, items) for day in (first + number * A_DAY for number in range(days))]
    _mark(shown, users, calendars_of(users, first), request.user.pk)
    return Page(view, on, shown, len(items) >= MOST)


def stretch(view: str, on: date, reader: Reader) -> tuple[date, int]:
    """The first day that a view of this day shows, and how many; weeks begin as the reader's locale has them."""
    if view == "agenda":
        return on, AGENDA
    if view == "week":
        return _week(on, reader), 7
    first = _week(on.replace(day=1), reader)
    last = (on.replace(day=28) + timedelta(days=4)).replace(day=1) - A_DAY
    return first, ((_week(last, reader) - first).days // 7 + 1) * 7


def heading(view: str, days: Sequence[Day], on: date, reader: Reader) -> str:
    """What the shown days are called: a month, or the first and the last of them."""
    if view == "month":
        return format_date(on, "LLLL y", locale=reader.locale)
    first, last = days[0].on, days[-1].on
    begins = "d MMM" if first.year == last.year else "d MMM y"
    begins = "d" if (first.year, first.month) == (last.year, last.month) else begins
    shown = (format_date(day, pattern, locale=reader.locale) for day, pattern in ((first, begins), (last, "d MMM y")))
    return " – ".join(shown)


# --- what stands on the days -------------------------------------------------------------------------------------


def _items(request: Request, users: Sequence[User], start: datetime, end: datetime) -> Iterator[Item]:
    by, reader = request.by, request.reader
    ids = [user.pk for user in users]
    meetings: Any = Meeting.objects.of(ids).between(start, end).visible_to(by).select_related("organiser")
    own = {by.user_id} if by.level("edit", "task") != "none" else set()
    for each in meetings.order_by("starts_at", "pk")[:MOST]:
        starts, ends = _span(each, reader)
        facts = {"done": each.state == "held", "movable": each.is_open and each.organiser_id in own}
        yield Item(
            "meeting", each.public_id, each.title, starts, ends, each.all_day, str(each.organiser), each.place, **facts
        )
    tasks: Any = Task.objects.visible_to(by).filter(assignee_id__in=ids, due_at__gte=start, due_at__lt=end)
    tasks = tasks.filter(state__in=["open", "done"], archived_at=None).exclude(due_time=None)
    for each in tasks.select_related("assignee").order_by("due_at", "pk")[:MOST]:
        starts = each.due_at.astimezone(reader.zone)
        facts = {"done": each.state == "done", "movable": each.is_open and each.assignee_id in own}
        yield Item("task", each.public_id, each.title, starts, starts + TASK_TAKES, False, str(each.assignee), **facts)


def _span(meeting: Meeting, reader: Reader) -> tuple[datetime, datetime]:
    """On the reader's clock; whole days are the same days to everybody."""
    if not meeting.all_day:
        return meeting.starts_at.astimezone(reader.zone), meeting.ends_at.astimezone(reader.zone)
    first, last = meeting.first_day, meeting.last_day + A_DAY
    return datetime.combine(first, time(), reader.zone), datetime.combine(last, time(), reader.zone)


def _day(on: date, around: date, reader: Reader, items: Sequence[Item]) -> Day:
    day = Day(on, on == reader.today, on.month == around.month)
    for each in items:
        if not each.starts.date() <= on or not (each.ends - timedelta(microseconds=1)).date() >= on:
            continue
        if each.whole or each.ends - each.starts >= A_DAY:
            begins = each.starts.date() == on
            day.whole.append(each if begins else replace(each, begins_here=False, movable=False))
        else:
            day.timed.append(_on(each, on))
    return day


def _on(item: Item, on: date) -> Item:
    """The part of it that lies on this day: what goes on past midnight stands on both."""
    zone = item.starts.tzinfo
    begins, ends = datetime.combine(on, time(), zone), datetime.combine(on + A_DAY, time(), zone)
    if begins.date() <= item.starts.date() and item.ends <= ends:
        return item
    here = item.starts >= begins
    starts, ends = max(item.starts, begins), min(item.ends, ends)
    return replace(item, starts=starts, ends=ends, begins_here=here, movable=item.movable and here)


def _mark(days: Sequence[Day], users: Sequence[User], calendars: dict[int, WorkTime], reader_id: int) -> None:
    """Say on which days the house is closed, and who is away."""
    whose = calendars.get(reader_id) or next(iter(calendars.values()), None)
    for day in days:
        if whose is not None:
            day.works = whose.present().is_workday(day.on)
            day.closed = whose.holiday(day.on) or ("Closed" if day.on in whose.closed else "")
        day.away = [user.name for user in users if user.pk in calendars and calendars[user.pk].absence(day.on)]


def _week(on: date, reader: Reader) -> date:
    return on - timedelta(days=(on.weekday() - reader.locale.first_week_day) % 7)


def _away(view: str, on: date, by: int) -> date:
    if view == "month":
        at = on.year * 12 + on.month - 1 + by
        return date(min(max(at // 12, 1), 9998), at % 12 + 1, 1)
    return on + timedelta(days=by * (7 if view == "week" else AGENDA))


def _up(moment: datetime) -> int:
    return moment.hour + (moment.minute > 0)


def _naive(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), moment.time())


def moved_to(on: date, at: time, reader: Reader) -> datetime:
    """A moment of the reader's clock in UTC."""
    return local_moment(on, at, reader.zone).astimezone(UTC)
