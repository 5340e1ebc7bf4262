"""The board: a pipeline's open opportunities in lanes, one for each stage, with what each lane is worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from fairlead.core.light import light
from fairlead.core.prepared import Prepared
from fairlead.models import Opportunity, Organisation, money
from fairlead.models.opportunity import LANE
from fairlead.models.owned import lacking
from fairlead.models.pipeline import ExitCriterion, Pipeline, Stage
from fairlead.models.rate import rates, united
from fairlead.programs.fields import fields
from fairlead.web import formats, keyset, rows
from fairlead.web.addresses import url_of
from fairlead.web.keyset import NotUnderstood
from fairlead.web.lines import kept
from fairlead.web.listing import Asked

CARDS = 50  # of a lane at once
AMOUNTS = ("total_minor", "currency")
COLUMNS = (
    *("public_id", "title", "stage_id", "stage_since", "next_step_at", "parked_until", "criteria_met", "criteria_of"),
    *("lane_at", "lane_rank"),
    *("owner__name", "company__name", "person__name"),
)
Sums = dict[str, Decimal]


@dataclass
class Worth:
    """How many opportunities, and their amounts by currency: whole, and by their chance."""

    number: int = 0
    total: Sums = field(default_factory=dict)
    weighted: Sums = field(default_factory=dict)
    lacking: int = 0
    stalled: int = 0

    def add(self, row: dict[str, Any]) -> None:
        self.number += row["number"]
        self.lacking += row["lacking"]
        self.stalled += row["stalled"]
        for sums, name in ((self.total, "total"), (self.weighted, "weighted")):
            if row.get(name):
                amount = money.from_minor(row[name], row["currency"])
                sums[row["currency"]] = sums.get(row["currency"], Decimal(0)) + amount


@dataclass(frozen=True)
class Card:
    """An opportunity on the board, with the task that is its next step."""

    row: Any
    url: str
    company: str
    days: int
    usual: int
    step: Any


@dataclass(frozen=True)
class Lane:
    """A stage with its first cards; `more` is where the next ones are, empty when all are shown."""

    stage: Any
    worth: Worth
    cards: list[Card]
    more: str


class Board:
    """What a reader sees of one pipeline; the question's filters hold, its stage and state excepted."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.by, self.reader = asked, asked.by, asked.reader
        self.pipelines: list[Any] = _pipelines()
        self.pipeline = self._pipeline()
        self.stages = [stage for stage in _stages() if stage.pipeline_id == self.pipeline.pk]
        self.shows_money = "amount" in fields(Opportunity, asked.by)

    @property
    def lanes(self) -> list[Lane]:
        """All lanes; the next steps of their cards are found together."""
        return list(self._lanes([(stage, None) for stage in self.stages]))

    def lane(self, stage: Any, after: str = "") -> Lane:
        """One lane, from its beginning or from where a page of it ended."""
        return next(self._lanes([(stage, _place(after) if after else None)]))

    @cached_property
    def worths(self) -> dict[int, Worth]:
        """What each lane holds, by its stage, in one statement."""
        found = {stage.pk: Worth() for stage in self.stages}
        for row in self._counted:
            if row["stage_id"] in found:
                found[row["stage_id"]].add(row)
        return found

    def sums(self, found: Sums) -> list[tuple[str, Decimal]]:
        """Amounts by currency, the organisation's own first: what has a rate of today is added to it."""
        ours = self._ours
        total, apart = united(found, ours, self._rates)
        return ([(ours, total)] if total else []) + sorted(apart.items())

    @cached_property
    def worth(self) -> Worth:
        """What all lanes hold together."""
        found = Worth()
        for row in self._counted:
            found.add(row)
        return found

    def more(self, lane: Lane) -> str:
        """The list of all that is in a lane."""
        return self.asked.url(**{"as": "list", "stage": lane.stage.public_id, "sort": "next"})

    def hint(self, stage: Any) -> str:
        """What lets an opportunity leave a stage, in a line."""
        return self._hints.get(stage.pk, "")

    def card(self, opportunity: Opportunity) -> Card:
        """The card of one opportunity, as it is now."""
        found = Opportunity.objects.visible_to(self.by).filter(pk=opportunity.pk)
        row = self._read(found)[0]
        stage = next(each for each in self.stages if each.pk == row.stage_id)
        return self._card(row, stage, rows.next_steps("opportunity", [row], self.by).get(row.pk))

    def _pipeline(self) -> Any:
        wanted = self.asked.given.get("stage.pipeline")
        found = [each for each in self.pipelines if wanted in (None, each.public_id)]
        if not found:
            raise NotUnderstood(_("There is no such pipeline. It may have been archived."))
        return found[0]

    @cached_property
    def _ours(self) -> str:
        return Organisation.ours().currency

    @cached_property
    def _rates(self) -> dict[str, Decimal]:
        others = {row["currency"] for row in self._counted if self.shows_money} - {self._ours}
        return rates(self.reader.today, others) if others else {}

    @property
    def _open(self) -> Any:
        return self.asked.records.filter(stage__in=[stage.pk for stage in self.stages])

    @cached_property
    def _counted(self) -> list[dict[str, Any]]:
        today, now = self.reader.today, self.reader.now
        stalled = Q(pk__in=[])
        for stage in self.stages:
            stalled |= Q(stage=stage.pk, stage_since__lt=now - timedelta(days=stage.usual_days))
        names = ("stage_id", "currency") if self.shows_money else ("stage_id",)
        found = self._open.order_by().values(*names).annotate(number=Count("*"))
        found = found.annotate(lacking=Count("stage", filter=lacking(today)), stalled=Count("stage", filter=stalled))
        if self.shows_money:
            found = found.annotate(total=Sum("total_minor"), weighted=Sum("weighted_minor"))
        return list(found)

    def _lanes(self, asked: Sequence[tuple[Any, Any]]) -> Iterator[Lane]:
        found = [(stage, self._rows(stage, place)) for stage, place in asked]
        shown = [row for _stage, some in found for row in some[:CARDS]]
        steps = rows.next_steps("opportunity", shown, self.by)
        for stage, some in found:
            cards = [self._card(row, stage, steps.get(row.pk)) for row in some[:CARDS]]
            more = _written(some[CARDS - 1]) if len(some) > CARDS else ""
            yield Lane(stage, self.worths[stage.pk], cards, more)

    def _rows(self, stage: Any, place: Any) -> list[Any]:
        records = self.asked.records.filter(stage=stage.pk).order_by(*LANE)
        if place:
            at, rank, pk = place
            further = Q(lane_at__gt=at) | Q(lane_rank__gt=rank) | Q(lane_rank=rank, pk__gt=pk)
            records = records.filter(further, lane_at__gte=at)
        return self._read(records[: CARDS + 1])

    def _read(self, records: Any) -> list[Any]:
        return light(records, (*COLUMNS, *AMOUNTS) if self.shows_money else COLUMNS)

    def _card(self, row: Any, stage: Any, step: Any) -> Card:
        customer = row.company or row.person
        since = formats.local_date(row.stage_since, self.reader)
        days = (self.reader.today - since).days + 1
        return Card(row, url_of(row), customer.name if customer else "", days, stage.usual_days, step)

    @cached_property
    def _hints(self) -> dict[int, str]:
        texts: dict[int, list[str]] = {}
        for criterion in _criteria():
            texts.setdefault(criterion.stage_id, []).append(criterion.text)
        return {pk: ", ".join(each) for pk, each in texts.items()}

    def made(self, card: Card, macro: Any) -> str:
        """The card as its macro makes it; one that shows what another one showed is not made again."""
        step = card.step
        late = bool(step and step.due_at < self.reader.now)
        zone = getattr(self.reader.zone, "key", str(self.reader.zone))
        key = ("card", card.row.values_read, card.days, card.usual, step and step.values_read, late, self.shows_money)
        frame = (zone, self.reader.locale, self.reader.today, self.asked.context)
        found: str = kept((*key, *frame), lambda: macro(card, late, self))
        return found


def _written(row: Any) -> str:
    """Where a card stands, as it stands in an address."""
    return keyset.in_address([row.lane_at.astimezone(UTC).isoformat(), row.lane_rank, row.pk])


def _place(text: str) -> tuple[datetime, str, int]:
    try:
        at, rank, pk = keyset.of_address(text)
        known = datetime.fromisoformat(at)
        if known.tzinfo is None or type(rank) is not str or not rank.isalnum() or type(pk) is not int:
            raise ValueError
    except (ValueError, TypeError):
        raise keyset.lost() from None
    return known, rank, min(pk, keyset.LARGEST_ID)


_pipelines = Prepared(lambda: Pipeline.objects.filter(archived_at=None), ["public_id", "name"])
_stages = Prepared(
    lambda: Stage.objects.filter(archived_at=None).order_by("pipeline__position", "position", "pk"),
    ["public_id", "name", "pipeline_id", "position", "usual_days", "probability"],
)
_criteria = Prepared(lambda: ExitCriterion.objects.filter(archived_at=None), ["stage_id", "text"])
