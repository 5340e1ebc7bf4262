"""The facts of leads, as far as rules ask for them; what they link to is read once, for many ahead."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from fairlead.core.record import chunks
from fairlead.models import Company, Person, Product, Queue, Schedule, User
from fairlead.models.product import Named
from fairlead.models.worktime import WorkTime, calendar_by, calendar_of, calendar_of_team
from fairlead.routing.engine import Rules
from fairlead.routing.facts import UNKNOWN_SIZE, Facts, facts_of, linked


class Gathering:
    """What these rules need to know of leads."""

    def __init__(self, *rules: Rules) -> None:
        self._wanted = frozenset[str]().union(*(each.facts for each in rules))
        self._accounts = any(rule.kind == "account" for each in rules for rule in each.each)
        self._companies: dict[int, tuple[int | None, int | None]] = {}  # owner and employees
        self._people: dict[int, tuple[int | None, int | None]] = {}  # owner and company
        self._calendars: dict[tuple[str, int], WorkTime] = {}
        self._works: dict[tuple[int, datetime], bool] = {}

    def facts(self, values: Mapping[str, Any], at: datetime, **more: Any) -> Facts:
        """The facts of a lead with these values, which came at this moment."""
        found = facts_of(values, at, works=self._is_working, **more)
        if "product" in self._wanted:
            found.product = self._products.in_text(values.get("interest") or "")
        if self._accounts:
            found.account = self._account_owner(values)
        if "size" in self._wanted and found.size == UNKNOWN_SIZE:
            employees = self._company(self._company_of(values))[1]
            found.size = (employees, employees) if employees else UNKNOWN_SIZE
        return found

    def read_ahead(self, many: Collection[Mapping[str, Any]]) -> None:
        """Read what these leads link to in few statements."""
        if not self._accounts and "size" not in self._wanted:
            return
        self._read_people({pk for each in many if (pk := linked(each, "person"))})
        self._read_companies({pk for each in many if (pk := self._company_of(each))})

    def calendar(self, kind: str, pk: int) -> WorkTime:
        """The hours of an owner, a queue or a schedule (0: the organisation's)."""
        if (kind, pk) not in self._calendars:
            self._calendars[kind, pk] = _calendar_of(kind, pk)
        return self._calendars[kind, pk]

    @cached_property
    def _products(self) -> Named:
        return Named(Product.objects.live())

    def _is_working(self, schedule: int, at: datetime) -> bool:
        if (schedule, at) not in self._works:
            self._works[schedule, at] = self.calendar("schedule", schedule).is_working(at)
        return self._works[schedule, at]

    def _account_owner(self, values: Mapping[str, Any]) -> int | None:
        """Who owns the company that a lead is linked to, else that of its person, else the person."""
        person = linked(values, "person")
        return self._company(self._company_of(values))[0] or (self._person(person)[0] if person else None)

    def _company_of(self, values: Mapping[str, Any]) -> int | None:
        person = linked(values, "person")
        return linked(values, "company") or (self._person(person)[1] if person else None)

    def _company(self, pk: int | None) -> tuple[int | None, int | None]:
        if pk and pk not in self._companies:
            self._read_companies({pk})
        return self._companies.get(pk or 0, (None, None))

    def _person(self, pk: int) -> tuple[int | None, int | None]:
        if pk not in self._people:
            self._read_people({pk})
        return self._people.get(pk, (None, None))

    def _read_companies(self, ids: Iterable[int]) -> None:
        for chunk in chunks(ids):
            rows = Company._base_manager.filter(pk__in=chunk).values_list("pk", "owner_id", "employees")
            self._companies |= {pk: (owner, employees) for pk, owner, employees in rows}

    def _read_people(self, ids: Iterable[int]) -> None:
        for chunk in chunks(ids):
            rows = Person._base_manager.filter(pk__in=chunk).values_list("pk", "owner_id", "company_id")
            self._people |= {pk: (owner, company) for pk, owner, company in rows}


def _calendar_of(kind: str, pk: int) -> WorkTime:
    if kind == "owner":
        return calendar_of(User.objects.get(pk=pk))
    if kind == "schedule":
        return calendar_by(Schedule.objects.filter(pk=pk).first())
    queue = Queue.objects.select_related("schedule").filter(pk=pk).first()
    if queue is not None and queue.schedule is not None:
        return calendar_by(queue.schedule)
    return calendar_of_team(queue.teams.order_by("pk").first() if queue else None)
