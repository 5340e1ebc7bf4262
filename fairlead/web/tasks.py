"""Lists of open tasks: whose, in which order, a page at a time, each read along an index that fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor
from fairlead.models import Task, User
from fairlead.models.day import ABOUT_WHAT
from fairlead.web import keyset
from fairlead.web.formats import Reader
from fairlead.web.keyset import Order, Place

SIZE = 50
FEW = 8  # of each person
PEOPLE = 50
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
    people = _people(asked)[:PEOPLE]
    found = [(person, list(_rows(asked, Q(assignee=person)).order_by("due_at", "pk")[: FEW + 1])) for person in people]
    return [(person, tasks) for person, tasks in found if tasks]


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
    if asked.whose == "team" and asked.who is None:  # each along their own index, then in one order
        each = [_part(asked, size, Q(assignee_id=pk)) for pk in sorted(asked.by.teammate_ids)[:PEOPLE]]
        return sorted((task for part in each for task in part), key=_in_order)[:size]
    return _part(asked, size, _whose(asked))


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
