"""A filter over a field of the registry, said as a sentence: "Value is at least €5,000"."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_skeleton
from babel.lists import format_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core.actor import Actor
from fairlead.models import User
from fairlead.models.custom_values import linked
from fairlead.programs import days
from fairlead.programs.custom import CustomFilter
from fairlead.programs.filters import Filter, amount
from fairlead.web import custom, formats
from fairlead.web.formats import Reader
from fairlead.web.keyset import NotUnderstood

LONGEST = 60
TIMES = {"day", "moment", "time"}


def sentence(filter: Filter, texts: Sequence[str], by: Actor, reader: Reader) -> str:
    """What this filter with these values says; a link to what the reader may not see raises NotUnderstood."""
    label, ending = filter.known.title, filter.ending
    if ending == ".empty":
        words = _("%(label)s is empty") if texts[-1].lower() in {"true", "1", "yes"} else _("%(label)s is filled in")
        return words % {"label": label}
    return _pattern(filter) % {"label": label, "value": either(_values(filter, texts, by, reader), reader)}


def comparisons(kind: str) -> dict[str, str]:
    """The words for what may follow a field of this kind, by ending."""
    timely = kind in TIMES
    return {
        "": str(_("is")),
        ".not": str(_("is not")),
        ".contains": str(_("contains")),
        ".starts": str(_("begins with")),
        ".gte": str(_("is on or after") if timely else _("is at least")),
        ".gt": str(_("is after") if timely else _("is more than")),
        ".lte": str(_("is on or before") if timely else _("is at most")),
        ".lt": str(_("is before") if timely else _("is less than")),
        ".empty": str(_("is empty or filled in")),
    }


def either(words: Sequence[str], reader: Reader) -> str:
    """A, B or C."""
    return str(format_list(list(words), style="or", locale=reader.locale))


def _pattern(filter: Filter) -> str:
    quoted = "“%(value)s”" if filter.ending in {".contains", ".starts"} else "%(value)s"
    if filter.ending == "" and filter.known.kind in {"day", "moment"}:
        return "%(label)s: %(value)s"
    return f"%(label)s {comparisons(filter.known.kind)[filter.ending]} {quoted}"


def _values(filter: Filter, texts: Sequence[str], by: Actor, reader: Reader) -> list[str]:
    known = filter.known
    if isinstance(filter, CustomFilter) and known.kind != "day":
        return _custom(filter, texts if filter.lookup == "in" else texts[-1:], by, reader)
    if known.kind in {"link", "links"}:
        return _labels(filter, texts, by)
    texts = texts if filter.lookup == "in" else texts[-1:]
    if known.kind == "choice":
        words = dict(known.choices)
        return [str(words.get(text, text)) for text in texts]
    return [_value(known.kind, filter.name, text, reader)[:LONGEST] for text in texts]


def _custom(filter: CustomFilter, texts: Sequence[str], by: Actor, reader: Reader) -> list[str]:
    field = filter.known.custom
    if field.kind in {"text", "link"}:
        links = linked(((field, text) for text in texts), by)
        return [custom.words(field, text, reader, links)[:LONGEST] for text in texts]
    return [custom.words(field, filter._value(text), reader, {})[:LONGEST] for text in texts]


def _value(kind: str, name: str, text: str, reader: Reader) -> str:
    if kind == "yes":
        return str(_("yes") if text.lower() in {"true", "1", "yes", "on", "y", "t"} else _("no"))
    if kind == "money":
        number, currency = amount(name, text)
        return formats.exact_money(number, currency, reader)
    if kind == "number":
        return formats.count(int(text), reader) if text.lstrip("+-").isdecimal() else text
    return day_words(text, reader) if kind in {"day", "moment"} else text


def day_words(text: str, reader: Reader) -> str:
    """A day as filters name it: today, 30 days ago, this month, Dec 2026, 1 Dec 2026."""
    if away := days.distance(text):
        return _away(*away)
    if known := days.period(text):
        return str(_(" ".join(known)))
    if not (found := days.span(text, reader.today)):
        return _moment(text, reader)
    if days.is_month(text):
        return format_skeleton("yMMM", found[0], locale=reader.locale)
    return str(_(text.lower())) if text.lower() in days.NAMED else formats.plain_date(found[0], reader)


def _moment(text: str, reader: Reader) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{formats.plain_date(at, reader)}, {formats.clock(at, reader)}" if at.tzinfo else text


def _away(number: int, unit: str) -> str:
    size = abs(number)
    length = {
        "d": ngettext("%(n)s day", "%(n)s days", size),
        "w": ngettext("%(n)s week", "%(n)s weeks", size),
        "m": ngettext("%(n)s month", "%(n)s months", size),
        "y": ngettext("%(n)s year", "%(n)s years", size),
    }[unit] % {"n": size}
    return str(_("%(length)s ago") if number < 0 else _("%(length)s from today")) % {"length": length}


def _labels(filter: Filter, texts: Sequence[str], by: Actor) -> list[str]:
    """The names of what is linked to; something that the reader may not see is the same as something that is not."""
    other: Any = filter.field.related_model
    ids = [text for text in texts if text.isascii() and text.isalnum()]
    found = {each.public_id: each.label for each in other.objects.visible_to(by).filter(public_id__in=ids)}
    if other is User:
        found["me"] = str(_("me"))
    if unseen := [text for text in texts if text not in found]:
        raise NotUnderstood(
            _("This list has no “%(value)s” under %(filter)s, or you may not see it. Choose another value.")
            % {"value": unseen[0][:LONGEST], "filter": str(filter.known.title).lower()}
        )
    return [found[text] for text in texts]
