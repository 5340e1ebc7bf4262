"""A list in groups: each with its count, its worth (value × duration) by currency and the address of its rows.

Up to MOST records are counted in one statement. Of more, each group is counted on its own and only up to MOST. No more
than MOST_GROUPS are shown; then the page says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_skeleton
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from fairlead.models import Opportunity, Pipeline, Stage, money
from fairlead.programs.custom import CustomKnown
from fairlead.programs.days import months_on
from fairlead.programs.fields import Known, fields
from fairlead.programs.filters import filters
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked

MOST, MOST_GROUPS, MONTHS = 10_000, 200, 12


@dataclass(frozen=True)
class Group:
    """One group; `totals` are (amount, currency)."""

    label: str
    url: str
    count: int
    totals: list[tuple[Decimal, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Groups:
    """The first groups of a list; `complete`: all of these were counted to the end, `more`: there are others."""

    shown: list[Group]
    complete: bool = True
    more: bool = False


def groups(asked: Asked) -> Groups:
    """The groups of this list."""
    known = asked.group
    if known is None:
        return Groups([])
    if asked.count(MOST) > MOST:
        return Groups(list(_one_by_one(asked, known)), complete=False, more=_has_more(asked, known))
    return _at_once(asked, known)


def _at_once(asked: Asked, known: Known) -> Groups:
    totals = asked.listing.model is Opportunity and "amount" in fields(Opportunity, asked.by)
    by_key: dict[Any, tuple[int, list[tuple[Decimal, str]]]] = {}
    for row in _counted(asked, known, totals):
        count, sums = by_key.get(row["key"], (0, []))
        found = [(money.from_minor(row["total"], row["currency"]), row["currency"])] if totals and row["total"] else []
        by_key[row["key"]] = (count + row["number"], sums + found)
    labels = _labels(asked, known, list(by_key))
    merged: dict[tuple[str, str], tuple[int, list[tuple[Decimal, str]]]] = {}
    for key, (count, sums) in by_key.items():
        before = merged.get(labels[key], (0, []))
        merged[labels[key]] = (before[0] + count, _added(before[1], sums))
    in_order = [(label, _url(asked, known, value), *merged[label, value]) for label, value in _sorted(known, merged)]
    return Groups([Group(*each) for each in in_order[:MOST_GROUPS]], more=len(in_order) > MOST_GROUPS)


def _counted(asked: Asked, known: Known, totals: bool) -> Any:
    """Rows of key, number and, with totals, currency and total."""
    records = asked.records.order_by()
    if known.kind == "moment":
        records = records.annotate(key=TruncMonth(known.column, tzinfo=asked.reader.zone))
    elif known.kind == "day":
        records = records.annotate(key=TruncMonth(known.column))
    else:
        column = known.column if isinstance(known, CustomKnown) else known.field.attname
        records = known.ordered(records).annotate(key=F(column))
    names = ("key", "currency") if totals else ("key",)
    found = records.values(*names).annotate(number=Count("pk"))
    return found.annotate(total=Sum("total_minor")) if totals else found


def _added(one: list[tuple[Decimal, str]], other: list[tuple[Decimal, str]]) -> list[tuple[Decimal, str]]:
    found: dict[str, Decimal] = {}
    for amount, currency in [*one, *other]:
        found[currency] = found.get(currency, Decimal(0)) + amount
    return [(amount, currency) for currency, amount in sorted(found.items())]


def _labels(asked: Asked, known: Known, keys: list[Any]) -> dict[Any, tuple[str, str]]:
    """Each key as people read it, with its value in an address; what is linked but not seen shares one line."""
    if known.kind == "link":
        other: Any = known.field.related_model
        seen = {
            each.pk: (each.label, each.public_id) for each in other.objects.visible_to(asked.by).filter(pk__in=keys)
        }
        return {key: seen.get(key, (str(_("Not yours to see")), "")) if key else (_none(), EMPTY) for key in keys}
    return {key: _plain(known, key, asked.reader) for key in keys}


EMPTY = "empty"


def _none() -> str:
    return str(_("None"))


def _plain(known: Known, key: Any, reader: Reader) -> tuple[str, str]:
    if key is None or key == "":
        return _none(), EMPTY
    if known.kind == "yes":
        return (str(_("Yes")), "true") if key else (str(_("No")), "false")
    if known.kind == "choice":
        return str(dict(known.choices).get(str(key), key)), str(key)
    if known.kind == "text":
        return str(key), str(key)
    return _month(key, reader)


def _month(key: date, reader: Reader) -> tuple[str, str]:
    return format_skeleton("yMMMM", key, locale=reader.locale), f"{key:%Y-%m}"


def _sorted(known: Known, found: Any) -> list[tuple[str, str]]:
    """Choices in their own order, months in time, names by letter; nothing comes last."""
    order = {value: at for at, value in enumerate(_in_order(known))}
    timely = known.kind in {"day", "moment"}
    return sorted(
        found,
        key=lambda pair: (pair[1] in ("", EMPTY), order.get(pair[1], 0), pair[1] if timely else pair[0].casefold()),
    )


def _in_order(known: Known) -> list[str]:
    """Values that have an order of their own: choices, and stages or pipelines."""
    if known.kind == "link" and known.field.related_model in (Stage, Pipeline):
        stages: Any = known.field.related_model
        return list(stages.objects.values_list("public_id", flat=True))
    return [value for value, _label in known.choices]


def _url(asked: Asked, known: Known, value: str) -> str:
    """The address of one group's rows; empty for what cannot be asked for."""
    if not value:
        return ""
    if value == EMPTY:
        empty = f"{known.name}.empty"
        return asked.url(**{"group": None, empty: "true"}) if empty in filters(asked.listing.model, asked.by) else ""
    return asked.url(**{"group": None, known.name: value})


def _one_by_one(asked: Asked, known: Known) -> Iterator[Group]:
    """Each group counted up to MOST, by the filter that its address has."""
    for label, changes in _each(asked, known):
        url = asked.url(**{"group": None, **changes})
        found = Asked(asked.listing, url.partition("?")[2], asked.by, asked.reader).count(MOST)
        if found:
            yield Group(label, url, found)


def _each(asked: Asked, known: Known) -> Iterator[tuple[str, dict[str, str]]]:
    if known.kind == "yes":
        yield from ((str(_("Yes")), {known.name: "true"}), (str(_("No")), {known.name: "false"}))
    elif known.kind == "choice":
        yield from ((str(label), {known.name: value}) for value, label in known.choices if value)
    elif known.kind == "link":
        for each in _linked(asked, known)[:MOST_GROUPS]:
            yield each.label, {known.name: each.public_id}
    elif known.kind == "text":
        yield from ((text, {known.name: text}) for text in _texts(asked, known)[:MOST_GROUPS])
    else:
        yield from _months(asked, known)
    if known.field.null or (known.field.blank and known.kind in ("choice", "text")):
        yield _none(), {f"{known.name}.empty": "true"}


def _has_more(asked: Asked, known: Known) -> bool:
    if known.kind == "text":
        return len(_texts(asked, known)) > MOST_GROUPS
    return known.kind == "link" and _linked(asked, known)[MOST_GROUPS : MOST_GROUPS + 1].exists()


def _linked(asked: Asked, known: Known) -> Any:
    other: Any = known.field.related_model
    return other.objects.visible_to(asked.by).order_by("pk")


def _texts(asked: Asked, known: Known) -> list[str]:
    """The values that the newest records have."""
    newest = asked.records.order_by("-pk").values_list(known.column, flat=True)[:MOST]
    return sorted({text for text in newest if text}, key=str.casefold)


def _months(asked: Asked, known: Known) -> Iterator[tuple[str, dict[str, str]]]:
    """The months around today, and what lies before and after them."""
    this = asked.reader.today.replace(day=1)
    months = [months_on(this, number) for number in range(-MONTHS, MONTHS + 1)]
    yield str(_("Earlier")), {f"{known.name}.lt": f"{months[0]:%Y-%m}"}
    for month in months:
        label, value = _month(month, asked.reader)
        yield label, {known.name: value}
    yield str(_("Later")), {f"{known.name}.gt": f"{months[-1]:%Y-%m}"}
