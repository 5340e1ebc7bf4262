"""The line of a pipeline on an opportunity: how long it was in each stage, read from the events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from fairlead.core.event import Event
from fairlead.models import Opportunity, Stage
from fairlead.web import formats
from fairlead.web.formats import Reader


@dataclass(frozen=True)
class Stay:
    """A time spent in a stage; `end` None: still there."""

    stage_id: int
    start: datetime
    end: datetime | None


def stage_line(
    opportunity: Opportunity, stages: list[Stage], reader: Reader, *, may_edit: bool, until: date | None = None
) -> list[dict[str, Any]]:
    """The stages for ui.stages: what was, with days; where it is, with day and usual days; what is to come.

    `until` is the day on which it was closed, after which no day counts any more.
    """
    stays = _stays(opportunity)
    if until is not None and stays:
        stays[-1] = replace(stays[-1], end=datetime.combine(until + timedelta(days=1), time(), reader.zone))
    at = next(number for number, stage in enumerate(stages) if stage.pk == opportunity.stage_id)
    post = f"/opportunities/{opportunity.public_id}/move-stage?stage=" if _movable(opportunity, may_edit) else ""
    return [
        {
            "name": stage.name,
            "note": _note(opportunity, stage, number - at, stage == stages[-1], stays, reader),
            "state": "done" if number < at or opportunity.state == "won" else "at" if number == at else "",
            "post": post and number != at and post + stage.public_id,
            "fill": _fill(opportunity, stage, reader) if number == at and opportunity.is_open else None,
        }
        for number, stage in enumerate(stages)
    ]


def beside_stage(opportunity: Opportunity, stages: list[Stage]) -> tuple[Stage | None, Stage | None]:
    """The stage before and the stage after, where there is one."""
    at = next(number for number, stage in enumerate(stages) if stage.pk == opportunity.stage_id)
    return stages[at - 1] if at else None, stages[at + 1] if at + 1 < len(stages) else None


def _movable(opportunity: Opportunity, may_edit: bool) -> bool:
    return may_edit and opportunity.is_open and opportunity.archived_at is None


def _note(opportunity: Opportunity, stage: Stage, distance: int, last: bool, stays: list[Stay], reader: Reader) -> str:
    if distance == 0 and opportunity.is_open:
        return _("Day %(day)s, usually %(usual)s") % {"day": _day(opportunity, reader), "usual": stage.usual_days}
    if distance <= 0 or opportunity.state == "won":
        return _past([stay for stay in stays if stay.stage_id == stage.pk], reader) or _("Skipped")
    if not opportunity.is_open:
        return ""
    return _("Won or lost") if last else _("Usually %(days)s") % {"days": formats.plural(stage.usual_days, _("day"))}


def _past(stays: list[Stay], reader: Reader) -> str:
    """ "3 to 6 Nov · 4 days": the last stay, and the days of all of them."""
    if not stays:
        return ""
    last = stays[-1]
    days = len({day for stay in stays for day in _days(stay, reader)})
    start, end = _on(last.start, reader), _end(last, reader)
    same_month = (start.year, start.month) == (end.year, end.month)
    first = str(start.day) if same_month else formats.written("MMMd", start, reader.locale)
    until = formats.written("MMMd", end, reader.locale)
    when = until if start == end else _("%(first)s to %(until)s") % {"first": first, "until": until}
    return f"{when} · {formats.plural(days, _('day'))}"


def _day(opportunity: Opportunity, reader: Reader) -> int:
    return (reader.today - _on(opportunity.stage_since, reader)).days + 1


def _fill(opportunity: Opportunity, stage: Stage, reader: Reader) -> int:
    """How much of the usual days is used, in percent."""
    return round(100 * _day(opportunity, reader) / max(stage.usual_days, 1))


def _on(moment: datetime, reader: Reader) -> date:
    return formats.local_date(moment, reader)


def _end(stay: Stay, reader: Reader) -> date:
    """The last day of a stay: the day before it moved on, unless it came and went on one day."""
    if stay.end is None:
        return reader.today
    return max(_on(stay.start, reader), _on(stay.end, reader) - timedelta(days=1))


def _days(stay: Stay, reader: Reader) -> Iterable[int]:
    return range(_on(stay.start, reader).toordinal(), _end(stay, reader).toordinal() + 1)


def _stays(opportunity: Opportunity) -> list[Stay]:
    """Each move as the events tell it; one that was undone is taken back by its own event."""
    moves: list[tuple[datetime, int]] = []
    events = Event.objects.filter(links__kind="opportunity", links__record_id=opportunity.pk).order_by("id")
    staged = events.annotate(text=Cast("changes", TextField())).filter(text__contains='"stage": ')
    for at, changes in staged.values_list("at", "changes"):
        for noun, pk, op, _before, after in changes:
            if (noun, pk) == ("opportunity", opportunity.pk) and op != "remove" and "stage" in after:
                moves.append((at, after["stage"]))
    ends: list[datetime | None] = [*(at for at, _stage in moves[1:]), None]
    return [Stay(stage, at, end) for (at, stage), end in zip(moves, ends, strict=False)]
