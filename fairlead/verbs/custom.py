"""Custom fields: made, edited, put in order, archived."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NotRequired, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.outbox import declare, later
from fairlead.core.verb import verb
from fairlead.models import CustomField, Organisation

Noun = Literal["person", "company", "lead", "opportunity", "task"]
Kind = Literal["text", "number", "money", "date", "choice", "choices", "yes_no", "link"]
FieldClass = Literal["normal", "money", "private"]
MOST, MOST_CHOICES, MOST_FILTERABLE = 300, 200, 40
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

# Its index and its words in the search rows follow the definition in the background.
FOLLOW = declare("follow_custom_field")


class Choice(TypedDict):
    key: NotRequired[str]
    name: str


class FieldFacts(TypedDict, total=False):
    hint: str
    field_class: FieldClass
    filterable: bool


@verb("{by} added the field {it}", may="organisation.edit")
def create_field(
    by: Actor,
    *,
    noun: Noun,
    name: str,
    kind: Kind,
    key: str = "",
    choices: list[str] | None = None,
    links_to: Literal["person", "company", "lead", "opportunity"] | None = None,
    currency: str = "",
    **facts: Unpack[FieldFacts],
) -> CustomField:
    """Add a field to every record of a noun. Its key, by which programs know it, and its kind never change.

    `choices` are the names to choose from, `links_to` the noun of a link; amounts are in `currency`, which is the
    organisation's unless said.
    """
    others = list(CustomField.objects.filter(of_noun=noun))
    if sum(each.is_live for each in others) >= MOST:
        words = _("There are %(most)s fields of this kind of record already. Archive one first.")
        raise WrongState(words % {"most": MOST})
    values: dict[str, Any] = {"of_noun": noun, "kind": kind, "name": _free(name, others)}
    values |= {"key": _key(key, name, others)}
    values |= {"choices": _choices([{"name": each} for each in choices or []])} if _is_chosen(kind) else {}
    values |= {"links_to": _linked(links_to)} if kind == "link" else {}
    values |= {"currency": (currency or Organisation.ours().currency).upper()} if kind == "money" else {}
    if facts.get("filterable"):
        _room_to_filter(others)
    field = create(CustomField, position=max((each.position + 1 for each in others), default=0), **values, **facts)
    _follow(field)
    return field


@verb("{by} edited the field {field}", may="organisation.edit")
def edit_field(
    by: Actor,
    field: CustomField,
    *,
    name: str | None = None,
    choices: list[Choice] | None = None,
    version: int | None = None,
    **facts: Unpack[FieldFacts],
) -> CustomField:
    """Change what a field is called, its choices, its hint, who sees it, and whether lists can be narrowed by it.

    `choices` replaces them: those with a `key` keep their values under a new name, those left out stay on the
    records that have them and are offered no more.
    """
    others = list(CustomField.objects.filter(of_noun=field.of_noun).exclude(pk=field.pk))
    values: dict[str, Any] = dict(facts)
    values |= {"name": _free(name, others)} if name is not None else {}
    values |= {"choices": _choices(choices, field.choices)} if choices is not None and _is_chosen(field.kind) else {}
    check_version(field, version, values)
    if values.get("filterable") and not field.filterable:
        _room_to_filter(others)
    was = field.field_class
    if change(field, **values) and ("filterable" in values or field.field_class != was):
        _follow(field)
    return field


@verb("{by} moved the field {field}", may="organisation.edit")
def move_field(by: Actor, field: CustomField, *, before: CustomField | None = None) -> CustomField:
    """Put a field before another one of its noun; without one, behind all others."""
    if before and before.of_noun != field.of_noun:
        raise Invalid({"before": [_("This field belongs to another kind of record.")]})
    order = [each for each in CustomField.objects.filter(of_noun=field.of_noun) if each.pk != field.pk]
    place = next((at for at, each in enumerate(order) if before and each.pk == before.pk), len(order))
    if before is None or before.pk != field.pk:
        order.insert(place, field)
        assign([(each, {"position": at}) for at, each in enumerate(order)])
    return field


@verb("{by} archived the field {field}", may="organisation.edit")
def archive_field(by: Actor, field: CustomField) -> CustomField:
    """Put a field away. Its values stay, and are there again when it is brought back."""
    if field.is_live:
        change(field, archived_at=clock.now())
        _follow(field)
    return field


@verb("{by} brought the field {field} back", may="organisation.edit")
def unarchive_field(by: Actor, field: CustomField) -> CustomField:
    """Bring an archived field back with its values."""
    if not field.is_live:
        _free(field.name, CustomField.objects.filter(of_noun=field.of_noun).exclude(pk=field.pk))
        change(field, archived_at=None)
        _follow(field)
    return field


@verb("{by} had the index of {field} built", may="organisation.edit")
def index_field(by: Actor, field: CustomField) -> CustomField:
    """Build the index anew that makes lists narrowed by this field quick; it happens in the background."""
    if not field.filterable:
        raise WrongState(_("Lists cannot be narrowed by this field, so it has no index."))
    _follow(field)
    return field


def _follow(field: CustomField) -> None:
    later(FOLLOW.name, {"field": field.pk})


def _free(name: str, others: Iterable[CustomField]) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid({"name": [_("A field needs a name.")]})
    if any(each.is_live and each.name.casefold() == name.casefold() for each in others):
        raise Invalid({"name": [_("There is a field of this name already.")]})
    return name


def _key(given: str, name: str, others: Sequence[CustomField]) -> str:
    """The key that was asked for, or one made of the name that no other field of the noun has or had."""
    taken = {each.key for each in others}
    if given:
        if not KEY.fullmatch(given):
            raise Invalid({"key": [_("A key has small letters, digits and _, and begins with a letter.")]})
        if given in taken:
            raise Invalid({"key": [_("There is a field with this key already, or there was one.")]})
        return given
    return _unused(_plain(name) or "field", taken)


def _unused(key: str, taken: set[str]) -> str:
    if key not in taken:
        return key
    return next(made for number in range(2, len(taken) + 3) if (made := f"{key[:36]}_{number}") not in taken)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", letters).strip("_0123456789")[:40].strip("_")


def _is_chosen(kind: str) -> bool:
    return kind in {"choice", "choices"}


def _choices(given: Sequence[Choice], before: Sequence[dict[str, Any]] = ()) -> list[dict[str, Any]]:
    """The choices in this order; those that were there and are left out are kept aside."""
    known = {each["key"]: each for each in before}
    by_name = {each["name"].casefold(): each["key"] for each in before}
    kept: dict[str, str] = {}
    for each in given:
        name = " ".join(each["name"].split())
        if not name or len(name) > 80 or "," in name:
            raise Invalid({"choices": [_("A choice has a name of up to 80 characters, without a comma.")]})
        key = each.get("key") or by_name.get(name.casefold()) or _unused(_plain(name) or "choice", {*known, *kept})
        if key in kept or name.casefold() in {other.casefold() for other in kept.values()}:
            raise Invalid({"choices": [_("%(name)s is there twice.") % {"name": name}]})
        if each.get("key") and key not in known:
            raise Invalid({"choices": [_("There is no choice with the key %(key)s.") % {"key": key[:40]}]})
        kept[key] = name
    if not 0 < len(kept) <= MOST_CHOICES:
        raise Invalid({"choices": [_("Write 1 to %(most)s choices.") % {"most": MOST_CHOICES}]})
    gone = [{"key": key, "name": each["name"], "gone": True} for key, each in known.items() if key not in kept]
    return [{"key": key, "name": name} for key, name in kept.items()] + gone


def _linked(noun: str | None) -> str:
    if noun is None:
        raise Invalid({"links_to": [_("Say to which kind of record it links.")]})
    return noun


def _room_to_filter(others: Sequence[CustomField]) -> None:
    """Each index makes every change of a record a little slower."""
    if sum(each.filterable and each.is_live for each in others) >= MOST_FILTERABLE:
        words = _("Lists of this kind can be narrowed by %(most)s fields already. Take it from another one first.")
        raise WrongState(words % {"most": MOST_FILTERABLE})
