"""Choosing a filter step by step: the field, how it compares, and values by the kind of the field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Refused
from fairlead.core.record import Record, nouns
from fairlead.models import Organisation, Pipeline, Source, Stage, Tag, Team, User
from fairlead.programs import days
from fairlead.programs.custom import CustomFilter, CustomKnown
from fairlead.programs.fields import Known, fields
from fairlead.programs.filters import Filter, filters, with_words
from fairlead.programs.then import field_has_history
from fairlead.web import typed
from fairlead.web.filters import MOST_CHOICES
from fairlead.web.keyset import NotUnderstood
from fairlead.web.listing import Asked
from fairlead.web.sentences import comparisons

# What few enough exist of to be listed; others are asked for by name.
LISTED = (User, Source, Stage, Pipeline, Tag, Team)
MANY_VALUES = 5
# Nothing that people ask for.
TECHNICAL = frozenset({"version", "merged_into", "phone_e164"})

Choices = list[tuple[str, str]]


@dataclass
class Picked:
    """How far somebody got with choosing a filter."""

    known: Known | None = None
    compare: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""
    found: Choices = field(default_factory=list)


def offered_fields(asked: Asked) -> list[tuple[str, Choices]]:
    """The fields to choose from as (group, [(name, label)]): the list's own, then those of what it links to."""
    groups: dict[str, Choices] = {}
    for known in fields(asked.listing.model, asked.by).values():
        told = field_has_history(asked.listing.model, known) if asked.at else True
        if told and known.name.rpartition(".")[2] not in TECHNICAL:
            via = known.title.partition(":")[0] if known.via else str(asked.listing.title)
            groups.setdefault(via, []).append((known.name, known.title))
    return [(label, sorted(each, key=lambda pair: pair[1].casefold())) for label, each in groups.items()]


def ways(asked: Asked, known: Known) -> Choices:
    """How this field can be compared, as (what follows its name, words)."""
    words, found = comparisons(known.kind), []
    for each in filters(asked.listing.model, asked.by).values():
        if each.known == known and each.ending == ".empty":
            found += [(".empty=true", str(_("is empty"))), (".empty=false", str(_("is filled in")))]
        elif each.known == known:
            found.append((each.ending, words[each.ending]))
    return found


def choices(asked: Asked, known: Known) -> Choices:
    """The values to choose from; none when the value is written."""
    if known.kind == "yes":
        return [("true", str(_("Yes"))), ("false", str(_("No")))]
    if known.choices:
        return [(value, str(label)) for value, label in known.choices if value]
    other = _linked_to(known)
    if other not in LISTED:
        return []
    mine = [("me", str(_("Me")))] if other is User else []
    return mine + [(each.public_id, each.label) for each in other.objects.visible_to(asked.by)[:MOST_CHOICES]]


def picked(asked: Asked, given: Mapping[str, Any]) -> Picked:
    """What the form says so far; a field that there is not raises NotUnderstood."""
    if name := str(given.get("edit", "")):
        return _again(asked, name)
    name = str(given.get("field", ""))
    if not name:
        return Picked()
    known = fields(asked.listing.model, asked.by).get(name)
    if known is None:
        raise NotUnderstood(_("There is no field named “%(name)s” here.") % {"name": name[:40]})
    lists = given.getlist("value") if hasattr(given, "getlist") else []
    return Picked(known, str(given.get("compare", "")), [each.strip() for each in lists if each.strip()])


def added(asked: Asked, pick: Picked, instead_of: str = "") -> str:
    """The address of the list with this filter; what is wrong with it is said in `pick.error`, and "" given back."""
    assert pick.known is not None
    ending, _same, fixed = pick.compare.partition("=")
    name = pick.known.name + ending
    by_field = filters(asked.listing.model, asked.by).get(name)
    try:
        if by_field is None:
            raise NotUnderstood(_("Choose how it compares."))
        values = [fixed] if fixed else [_read(asked, by_field, text, pick) for text in pick.values]
        if not values:
            raise NotUnderstood(_("Choose a value."))
        changes: dict[str, Any] = {**({instead_of: None} if instead_of else {}), name: values}
        url = asked.url(**changes)
        answered = Asked(asked.listing, url.partition("?")[2], asked.by, asked.reader).is_answered
        return url if answered else ""
    except typed.Unread as unread:
        pick.error = str(unread)
    except Refused as refusal:
        pick.error = refusal.text
    return ""


def _linked_to(known: Known) -> Any:
    """The noun whose records are the values of this field, if it is a link."""
    if isinstance(known, CustomKnown):
        return nouns()[known.custom.links_to] if known.custom.kind == "link" else None
    return known.field.related_model if known.kind in {"link", "links"} else None


def _again(asked: Asked, name: str) -> Picked:
    """A filter in force, to be changed."""
    by_field = asked.wide.get(name)
    if by_field is None:
        raise NotUnderstood(_("There is no filter named “%(name)s” here.") % {"name": name[:40]})
    values = asked.lists[name]
    if by_field.ending == ".empty":
        return Picked(by_field.known, f".empty={values[-1]}")
    return Picked(by_field.known, by_field.ending, _shown(asked, by_field, values))


def _shown(asked: Asked, by_field: Filter, values: Sequence[str]) -> list[str]:
    """Values as the form has them: records that are asked for by name stand there by name."""
    other = _linked_to(by_field.known)
    if other is None or other in LISTED:
        return list(values)
    return [each.label for each in other.objects.visible_to(asked.by).filter(public_id__in=values)]


def _read(asked: Asked, by_field: Filter, text: str, pick: Picked) -> str:
    """A value as it stands in an address, from what was typed."""
    kind = by_field.known.kind
    if kind in {"day", "moment"} and not days.span(text, asked.reader.today):
        return typed.day(text, asked.reader).isoformat()
    if kind == "money" and not isinstance(by_field, CustomFilter):
        amount, currency = typed.amount(text, Organisation.ours().currency, asked.reader.locale)
        return f"{amount:f} {currency}"
    if (other := _linked_to(by_field.known)) and other not in LISTED:
        return _by_name(asked, other, text, pick)
    return text


def _by_name(asked: Asked, other: Any, text: str, pick: Picked) -> str:
    """The id of the record of this name; of several the form asks which one."""
    seen = other.objects.visible_to(asked.by)
    if text.isascii() and text.isalnum() and seen.filter(public_id=text).exists():
        return text
    found: list[Record] = list(seen.filter(with_words(other, text, asked.by))[:MANY_VALUES]) if text else []
    exact = [each for each in found if each.label.casefold() == text.casefold()]
    if len(exact or found) == 1:
        return (exact or found)[0].public_id
    pick.found = [(each.public_id, each.label) for each in found]
    if found:
        raise NotUnderstood(_("There are several. Choose one."))
    words = {"text": text[:60], "noun": str(other._meta.verbose_name)}
    raise NotUnderstood(_("No %(noun)s named “%(text)s” that you can see.") % words)
