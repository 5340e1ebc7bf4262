"""The forecast: what was won, what is sure and what is likely, month by month and by owner, beside the targets."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Sum, Value, When
from django.utils.translation import gettext as _

from fairlead.models import Closure, Opportunity, Organisation, Stage, Target, User, money
from fairlead.models.rate import rates, united
from fairlead.programs.days import months_on
from fairlead.programs.fields import fields
from fairlead.web.listing import Asked

MONTHS = 6
SURE = 75  # percent: from here on an opportunity counts whole
Sums = dict[str, Decimal]


@dataclass
class Figures:
    """Sums by currency; `committed` counts what is sure in whole, `likely` the rest by its chance."""

    closed: Sums = field(default_factory=dict)
    committed: Sums = field(default_factory=dict)
    likely: Sums = field(default_factory=dict)
    target: Decimal = Decimal(0)


@dataclass(frozen=True)
class Line:
    """Figures in the organisation's currency; `gap` is what the target lacks, 0 when it is reached."""

    closed: Decimal
    committed: Decimal
    likely: Decimal
    target: Decimal
    apart: Sums

    @property
    def expected(self) -> Decimal:
        return self.closed + self.committed + self.likely

    @property
    def gap(self) -> Decimal:
        return max(self.target - self.expected, Decimal(0))


class Forecast:
    """Of the opportunities that a question finds, whatever their state, for this month and the five after it."""

    def __init__(self, asked: Asked, everybody: Asked) -> None:
        """`asked` finds the open ones, `everybody` the same question for the won ones."""
        self.asked, self._won, self.by, self.reader = asked, everybody, asked.by, asked.reader
        first = asked.reader.today.replace(day=1)
        self.months = [months_on(first, number) for number in range(MONTHS)]
        self._end = months_on(first, MONTHS)
        self.shows_money = "amount" in fields(Opportunity, asked.by)

    @cached_property
    def lines(self) -> list[tuple[date, Line]]:
        """Everybody together, month by month."""
        return [(month, self._line(self._of(month))) for month in self.months]

    @cached_property
    def owners(self) -> list[tuple[str, list[Line], Line]]:
        """Each owner by name, nobody last: their months, and these together."""
        found = []
        for who in sorted({who for who, _month in self._figures}, key=self._place):
            own = {on: each for (owner, on), each in self._figures.items() if owner == who}
            months = [self._line([own[month]] if month in own else []) for month in self.months]
            found.append((self._names.get(who, str(_("Nobody"))), months, self._line(list(own.values()))))
        return found

    @cached_property
    def overdue(self) -> int:
        """How many open ones should have been closed before this month."""
        return int(self.asked.records.filter(close_on__lt=self.months[0]).order_by()[:1001].count())

    @cached_property
    def apart(self) -> Sums:
        """What has no rate, and is in no figure."""
        found: Sums = {}
        for _month, line in self.lines:
            for currency, amount in line.apart.items():
                found[currency] = found.get(currency, Decimal(0)) + amount
        return found

    @cached_property
    def _figures(self) -> dict[tuple[int | None, date], Figures]:
        found: dict[tuple[int | None, date], Figures] = defaultdict(Figures)
        for row in self._open:
            at = found[row["who"], self.months[row["month"]]]
            _put(at.committed, row["currency"], row["sure"])
            _put(at.likely, row["currency"], row["weighted"])
        for row in self._closed:
            at = found[row["owner_id"], self.months[row["month"]]]
            _put(at.closed, row["in_currency"], row["total"])
        for target in self._targets:
            found[target.user_id, target.month].target += target.amount
        return found

    @property
    def _open(self) -> Any:
        stages = Stage.objects.filter(probability__gte=SURE).values_list("pk", flat=True)
        sure = Q(likelihood__isnull=False, likelihood__gte=SURE) | Q(likelihood=None, stage__in=list(stages))
        rows = self.asked.records.filter(close_on__gte=self.months[0], close_on__lt=self._end).order_by()
        # By month first: by owner first, SQLite takes the index of owners and reads every row.
        rows = rows.annotate(month=self._place_of("close_on"), who=F("owner_id")).values("month", "who", "currency")
        whole, parts = Case(When(sure, then=F("total_minor"))), Case(When(~sure, then=F("weighted_minor")))
        return rows.annotate(sure=Sum(whole), weighted=Sum(parts))

    @property
    def _closed(self) -> Any:
        """What was won in these months, by the last closure of each sale that is still won."""
        ended = {"closures__outcome": "won", "closures__on__gte": self.months[0], "closures__on__lt": self._end}
        rows = self._won.records.filter(**ended).order_by().annotate(month=self._place_of("closures__on"))
        # As it was worth in ours on the day of its closing, where a rate was known then.
        fixed = Q(closures__base=self._ours, closures__base_minor__isnull=False)
        rows = rows.annotate(
            in_currency=Case(When(fixed, then=Value(self._ours)), default=F("closures__currency")),
            worth=Case(When(fixed, then=F("closures__base_minor")), default=F("closures__amount_minor")),
        )
        rows = rows.values("month", "owner_id", "in_currency")
        return rows.annotate(total=Sum("worth", filter=~Q(closures__in=_superseded())))

    def _place_of(self, day: str) -> Case:
        """Which of the months a day is in, as its number."""
        before = [When(**{f"{day}__lt": month}, then=number) for number, month in enumerate(self.months[1:])]
        return Case(*before, default=MONTHS - 1, output_field=IntegerField())

    @property
    def _targets(self) -> Any:
        seen = Target.objects.visible_to(self.by).filter(month__in=self.months)
        owner = self.asked.values.get("owner", "")
        if not owner:
            return seen
        return seen.filter(Q(user__public_id=owner) if owner != "me" else Q(user_id=self.by.user_id))

    def _of(self, month: date) -> list[Figures]:
        return [each for (_who, on), each in self._figures.items() if on == month]

    def _line(self, figures: list[Figures]) -> Line:
        ours: Sums = {}
        apart: Sums = {}
        for name in ("closed", "committed", "likely"):
            sums: Sums = {}
            for each in figures:
                for currency, amount in getattr(each, name).items():
                    sums[currency] = sums.get(currency, Decimal(0)) + amount
            ours[name], rest = united(sums, self._ours, self._rates)
            apart.update({currency: apart.get(currency, Decimal(0)) + amount for currency, amount in rest.items()})
        return Line(**ours, target=sum((each.target for each in figures), Decimal(0)), apart=apart)

    @cached_property
    def _ours(self) -> str:
        return Organisation.ours().currency

    @cached_property
    def _rates(self) -> dict[str, Decimal]:
        figures = self._figures.values()
        others = {name for each in figures for name in (*each.closed, *each.committed, *each.likely)} - {self._ours}
        return rates(self.reader.today, others) if others else {}

    @cached_property
    def _names(self) -> dict[int | None, str]:
        ids = {who for who, _month in self._figures if who}
        return dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))

    def _place(self, who: int | None) -> tuple[bool, str]:
        return who is None, self._names.get(who, "").casefold()


def _superseded() -> Any:
    """Wins after which the sale was closed again; few were ever reopened, and only they are looked at."""
    reopened = Closure.objects.filter(outcome="reopened").values("opportunity")
    later = Closure.objects.filter(opportunity=OuterRef("opportunity"), pk__gt=OuterRef("pk"))
    return Closure.objects.filter(Exists(later), outcome="won", opportunity__in=reopened).values("pk")


def _put(sums: Sums, currency: str, minor: int | None) -> None:
    if minor:
        sums[currency] = sums.get(currency, Decimal(0)) + money.from_minor(minor, currency)
