"""Lists of open tasks: whose, in which order, a page at a time, each read along an index that fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor
from fairlead.core.prepared import PreparedFor
from fairlead.models import Task, User
from fairlead.models.day import ABOUT_WHAT
from fairlead.web import keyset
from fairlead.web.formats import Reader
from fairlead.web.keyset import Order, Place

SIZE = 50
FEW = 8  # of each person
PEOPLE = 50
LAST = datetime(9999, 12, 31, tzinfo=UTC)
BY_DUE = Order("due_at", nullable=True)
WHOSE = {
    "mine": gettext_lazy("Mine"),
    "delegated": gettext_lazy("Delegated"),
    "team": gettext_lazy("My team’s"),
    "all": gettext_lazy("All"),
}
LAYOUTS = {
    "due": (gettext_lazy("By due date"), "today"),
    "owner": (gettext_lazy("By person"), "people"),
    "record": (gettext_lazy("By record"), "company"),
}


@dataclass(frozen=True)
class Asked:
    """`who` narrows to one person's; `after` is the place behind which the page begins."""

    by: Actor
    reader: Reader
    whose: str = "mine"
    layout: str = "due"
    who: User | None = None
    after: Place | None = None


@dataclass(frozen=True)
class Group:
    """`more` opens all of it."""

    title: str
    tasks: Sequence[Task]
    late: bool = False
    more: str = ""
    url: str = ""


def page(asked: Asked) -> tuple[list[Task], Place | None]:
    """Up to 50 open tasks by their due moment, those without one last; and the place of the next page."""
    found = _stretch(asked, SIZE + 1)
    last = found[SIZE - 1] if len(found) > SIZE else None
    return found[:SIZE], Place(last.due_at, last.pk) if last else None


def by_person(asked: Asked) -> list[tuple[User, list[Task]]]:
    """The next few of each person, those who have any."""
    ids: dict[User, list[int]] = {}
    for person in _people(asked)[:PEOPLE]:
        found = _dated(FEW + 1)(asked.by, person.pk, LAST)
        found += _undated(FEW + 1)(asked.by, person.pk) if len(found) <= FEW else []
        ids[person] = [pk for _due, pk in found[: FEW + 1]]
    wanted = [pk for each in ids.values() for pk in each]
    tasks = {task.pk: task for task in _rows(asked, Q(pk__in=wanted))} if wanted else {}
    return [(person, [tasks[pk] for pk in each if pk in tasks]) for person, each in ids.items() if each]


def by_due(tasks: Sequence[Task], today: date) -> Iterator[Group]:
    """Overdue, today, this week, later, without a date."""
    sunday = today + timedelta(days=6 - today.weekday())

    def when(task: Task) -> int:
        due = task.due_on
        return 4 if due is None else 0 if due < today else 1 if due == today else 2 if due <= sunday else 3

    titles = (_("Overdue"), _("Today"), _("This week"), _("Later"), _("Without a date"))
    for number, each in groupby(tasks, when):
        yield Group(titles[number], list(each), late=number == 0)


def by_record(tasks: Sequence[Task]) -> dict[tuple[str, int], list[Task]]:
    """The tasks of each record together, in the order of the first that is due."""
    found: dict[tuple[str, int], list[Task]] = {}
    for task in tasks:
        found.setdefault(task.about_link(), []).append(task)
    return found


def number_due(by: Actor, reader: Reader, most: int) -> int:
    """How many of one's own are overdue or due today."""
    end = datetime.combine(reader.today, time.max, reader.zone)
    mine = Task.objects.open().filter(assignee_id=by.user_id, due_at__lte=end)
    return int(mine.order_by()[: most + 1].count())


def _stretch(asked: Asked, size: int) -> list[Task]:
    if asked.whose == "team" and asked.who is None:
        return _of_team(asked, size)
    return _part(asked, size, _whose(asked))


def _of_team(asked: Asked, size: int) -> list[Task]:
    """Each along their own index, then in one order."""
    mates = sorted(asked.by.teammate_ids, key=lambda pk: (pk != asked.by.user_id, pk))[:PEOPLE]
    if asked.after is None and len(soonest := _soonest(asked.by, mates, size)) == size:
        return sorted(_rows(asked, Q(pk__in=soonest)), key=_in_order)
    each = [_part(asked, size, Q(assignee_id=pk)) for pk in mates]
    return sorted((task for part in each for task in part), key=_in_order)[:size]


def _soonest(by: Actor, people: Sequence[int], size: int) -> list[int]:
    """The first ones with a date, by their ids; once there are enough, of others only what comes before their end."""
    found: list[tuple[datetime, int]] = []
    for pk in people:
        until = found[-1][0] if len(found) == size else LAST
        found = sorted([*found, *_dated(size)(by, pk, until)])[:size]
    return [pk for _due, pk in found]


@cache
def _dated(most: int) -> PreparedFor:
    return PreparedFor(
        lambda by, who, until: _of(by, who, due_at__lte=until).values_list("due_at", "pk")[:most], (), int, datetime
    )


@cache
def _undated(most: int) -> PreparedFor:
    return PreparedFor(lambda by, who: _of(by, who, due_at=None).values_list("due_at", "pk")[:most], (), int)


def _of(by: Actor, who: int, **due: Any) -> Any:
    return Task.objects.open().visible_to(by).filter(assignee_id=who, **due).order_by("due_at", "pk")


def _part(asked: Asked, size: int, whose: Q) -> list[Task]:
    return keyset.stretch(_rows(asked, whose), BY_DUE, size, asked.after)


def _rows(asked: Asked, whose: Q) -> Any:
    return Task.objects.open().visible_to(asked.by).filter(whose).select_related("assignee", *ABOUT_WHAT)


def _whose(asked: Asked) -> Q:
    if asked.who is not None:
        return Q(assignee=asked.who)
    if asked.whose == "mine":
        return Q(assignee_id=asked.by.user_id)
    return Q(planned_by_id=asked.by.user_id) & ~Q(assignee_id=asked.by.user_id) if asked.whose == "delegated" else Q()


def _people(asked: Asked) -> list[User]:
    active = User.objects.active().order_by("name")
    if asked.whose == "mine":
        active = active.filter(pk=asked.by.user_id)
    elif asked.whose == "team":
        active = active.filter(pk__in=asked.by.teammate_ids)
    return list(active)


def _in_order(task: Task) -> tuple[bool, Any, int]:
    return task.due_at is None, task.due_at, task.pk
