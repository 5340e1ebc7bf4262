"""The response clock: how much working time is left to answer a lead, and when somebody is to be warned.

The worker looks at a lead when half and when four fifths of its time are used up, and when all of it is.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from fairlead.core.errors import WrongState
from fairlead.core.record import chunks, rows
from fairlead.models.user import Team, User

if TYPE_CHECKING:
    from fairlead.models.worktime import WorkTime

STEPS = (50, 80, 100)
ON_IT = frozenset({"respond_by", "respond_from", "responded_at", "warned", "state", "archived_at", "clock_of"})
HOLDERS = ("owner", "queue", "team")


def keep_clock(changes: Any) -> None:
    """Leads whose clock was set, stopped or moved on: when the worker looks at them next."""
    touched = [each.row for each in changes if _concerns(each)]
    if not touched:
        return
    hours, moments = Hours(), defaultdict(list)
    for lead in touched:
        moments[next_look(lead, hours)].append(lead.pk)
    found: Any = rows()["lead"]._base_manager
    for moment, ids in moments.items():
        for chunk in chunks(ids):
            found.filter(pk__in=chunk).update(clock_at=moment)


def is_running(lead: Any) -> bool:
    return bool(lead.respond_by and lead.responded_at is None and lead.state == "open" and lead.archived_at is None)


def next_look(lead: Any, hours: "Hours") -> datetime | None:
    """When the next step of its clock is reached; None when it does not run, or has run out."""
    step = next((each for each in STEPS if each > lead.warned), None)
    if step is None or not is_running(lead):
        return None
    return reached(lead, step, hours)


def reached(lead: Any, step: int, hours: "Hours") -> datetime:
    """The moment at which so much of the time, in per cent, is used up."""
    since: datetime = lead.respond_from or lead.created_at
    until: datetime = lead.respond_by
    if step >= 100 or until <= since:
        return until
    calendar = hours.of(lead)
    try:
        minutes = calendar.minutes_between(since, until)
        moment = calendar.add(since, minutes * step // 100) if minutes else None
    except WrongState:  # nobody ever works there
        moment = None
    return min(until, moment or since + (until - since) * step / 100)


def minutes_left(leads: Iterable[Any], now: datetime) -> dict[int, int]:
    """Working minutes that are left to answer each of these leads; below 0 when it is late by so many."""
    hours = Hours()
    return {lead.pk: left(lead, hours, now) for lead in leads if lead.respond_by}


def left(lead: Any, hours: "Hours", now: datetime) -> int:
    """As `minutes_left`, for one of several leads."""
    by: datetime = lead.respond_by
    calendar = hours.of(lead)
    try:
        if now < by:
            return calendar.minutes_between(now, by) or min(1, (by - now) // timedelta(minutes=1))
        return -calendar.minutes_between(by, now)
    except WrongState:  # nobody ever works there
        return int((by - now) / timedelta(minutes=1))


class Hours:
    """In whose working time the clocks of leads run: that in which they were set, whoever has them since; read once."""

    def __init__(self) -> None:
        self._known: dict[str, WorkTime] = {}

    def of(self, lead: Any) -> "WorkTime":
        from fairlead.models.worktime import calendar_of

        key = lead.clock_of or holder(lead)
        if key not in self._known:
            kind, _colon, pk = key.partition(":")
            held = lead._state.fields_cache.get("owner")
            self._known[key] = calendar_of(held) if key == f"owner:{held and held.pk}" else _calendar(kind, int(pk))
        return self._known[key]


def holder(lead: Any) -> str:
    """In whose working time a clock is set: its owner's, else its queue's, else its team's; as leads keep it."""
    kind = next((each for each in ("owner", "queue") if getattr(lead, f"{each}_id")), "team")
    return f"{kind}:{getattr(lead, f'{kind}_id') or 0}"


def _calendar(kind: str, pk: int) -> "WorkTime":
    from fairlead.models.queue import Queue
    from fairlead.models.worktime import calendar_by, calendar_of, calendar_of_team

    team = Team.objects.select_related("schedule")
    if kind == "owner" and (user := User.objects.filter(pk=pk).first()) is not None:
        return calendar_of(user)
    if kind != "queue":
        return calendar_of_team(team.filter(pk=pk).first() if kind == "team" else None)
    queue = Queue.objects.select_related("schedule").filter(pk=pk).first()
    if queue is not None and queue.schedule is not None:
        return calendar_by(queue.schedule)
    return calendar_of_team(team.filter(queues=pk).order_by("pk").first())


def _concerns(each: Any) -> bool:
    if each.op == "create":
        return each.row.respond_by is not None
    had = "respond_by" in each.before or each.row.respond_by is not None
    on_it = ON_IT if each.row.clock_of else ON_IT.union(HOLDERS)
    return each.op == "change" and had and bool(on_it & set(each.before))
