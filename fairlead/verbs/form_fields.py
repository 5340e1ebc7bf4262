"""The fields of a form: added, edited, moved and taken away."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Form
from fairlead.models.custom import fields_of
from fairlead.models.form import BECOMES, FIELD_KINDS, FieldKind
from fairlead.reading.answers import TRAP, is_origin
from fairlead.reading.phrases import phrases

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_FIELDS, MOST_CHOICES = 60, 100
ROOM = {"label": 200, "hint": 500, "value": 500}
USUAL = {"email": "email", "phone": "phone", "long": "message"}  # what a kind becomes when nothing is said


class ChoiceOf(TypedDict, total=False):
    """One without a `key` gets one, made of its name."""

    key: str
    name: str


@verb("{by} added “{label}” to {form}", may="organisation.edit")
def add_form_field(
    by: Actor,
    form: Form,
    *,
    label: str,
    kind: FieldKind = "text",
    key: str = "",
    hint: str = "",
    required: bool = False,
    becomes: str = "",
    choices: list[ChoiceOf] | None = None,
    value: str = "",
) -> Form:
    """Add a field at the end of a form. `becomes`: a fact of the lead, custom.KEY, origin or extra."""
    target = becomes or _becomes(form, kind)
    made = {"key": key or _unused(label, form), "kind": kind, "label": label, "hint": hint, "required": required}
    made |= {"becomes": target, "value": value, "choices": _choices(choices or _those_of(target), [])}
    return _set(form, [*form.fields, made])


@verb("{by} edited “{key}” of {form}", may="organisation.edit")
def edit_form_field(
    by: Actor,
    form: Form,
    *,
    key: str,
    label: str | None = None,
    hint: str | None = None,
    required: bool | None = None,
    becomes: str | None = None,
    choices: list[ChoiceOf] | None = None,
    value: str | None = None,
) -> Form:
    """Change what a field says, whether it must be filled in, and what its answers become from now on."""
    field = _field(form, key)
    given = {"label": label, "hint": hint, "required": required, "becomes": becomes, "value": value}
    changed = field | {name: each for name, each in given.items() if each is not None}
    if choices is not None:
        changed["choices"] = _choices(choices, field["choices"])
    return _set(form, [changed if each["key"] == key else each for each in form.fields])


@verb("{by} moved “{key}” of {form}", may="organisation.edit")
def move_form_field(by: Actor, form: Form, *, key: str, before: str = "") -> Form:
    """Put a field before another one; without one, at the end."""
    field = _field(form, key)
    rest = [each for each in form.fields if each["key"] != key]
    if key != before:
        at = rest.index(_field(form, before)) if before else len(rest)
        rest.insert(at, field)
        _set(form, rest)
    return form


@verb("{by} took “{key}” from {form}", may="organisation.edit")
def remove_form_field(by: Actor, form: Form, *, key: str) -> Form:
    """Take a field from a form; what was answered to it stays with its submissions."""
    field = _field(form, key)
    return _set(form, [each for each in form.fields if each is not field])


def _set(form: Form, fields: Sequence[dict[str, Any]]) -> Form:
    change(form, fields=_checked(fields))
    form.demand_fit()
    return form


def _checked(fields: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields, if each is one; raises Invalid."""
    if len(fields) > MOST_FIELDS:
        raise Invalid({"fields": [_("A form has up to %(most)s fields.") % {"most": MOST_FIELDS}]})
    for each in fields:
        _check(each)
    if len({each["key"] for each in fields}) < len(fields):
        raise Invalid({"key": [_("There is a field with this key already.")]})
    return [_plain(each) for each in fields]


def _check(field: dict[str, Any]) -> None:
    if not str(field["label"]).strip():
        raise Invalid({"label": [_("A field needs a label.")]})
    for name, room in ROOM.items():
        if len(str(field[name])) > room:
            raise Invalid({name: [_("There is room for %(most)s characters.") % {"most": room}]})
    key = field["key"]
    if not KEY.fullmatch(key) or key == TRAP or is_origin(key):
        raise Invalid({"key": [_("A key has small letters, digits and _, begins with a letter, and is no utm_ mark.")]})
    if field["kind"] not in FIELD_KINDS:
        raise Invalid({"kind": [_("There is no such kind of field.")]})
    if field["kind"] in {"choice", "choices"} and not field["choices"]:
        raise Invalid({"choices": [_("Write the choices.")]})
    _known_target(field["becomes"])


def _known_target(becomes: str) -> None:
    custom = becomes.startswith("custom.") and becomes.removeprefix("custom.") in fields_of("lead")
    if becomes not in BECOMES and not custom:
        text = _("It cannot become “%(target)s”. It can become: %(known)s, or custom.KEY of a field of leads.")
        raise Invalid({"becomes": [text % {"target": becomes[:40], "known": ", ".join(BECOMES)}]})


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    texts = {"label": " ".join(field["label"].split()), "hint": field["hint"].strip(), "value": field["value"].strip()}
    chosen = field["kind"] in {"choice", "choices"}
    return field | texts | {"choices": field["choices"] if chosen else []}


def _field(form: Form, key: str) -> dict[str, Any]:
    found = form.field(key)
    if found is None:
        raise Invalid({"key": [_("This form has no field with the key %(key)s.") % {"key": key[:40]}]})
    return found


def _choices(given: Sequence[ChoiceOf], before: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The choices in this order, each with a key; one of a name that was there keeps its key."""
    known = {each["name"].casefold(): each["key"] for each in before}
    kept: dict[str, str] = {}
    for each in given:
        name = " ".join(each.get("name", "").split())
        if not name or len(name) > 80:
            raise Invalid({"choices": [_("A choice has a name of up to 80 characters.")]})
        key = each.get("key") or known.get(name.casefold()) or _key(name, set(kept))
        if key in kept or not KEY.fullmatch(key):
            raise Invalid({"choices": [_("%(name)s is there twice, or its key is none.") % {"name": name}]})
        kept[key] = name
    if len(kept) > MOST_CHOICES:
        raise Invalid({"choices": [_("Write up to %(most)s choices.") % {"most": MOST_CHOICES}]})
    return [{"key": key, "name": name} for key, name in kept.items()]


def _those_of(becomes: str) -> list[ChoiceOf]:
    """The choices of the custom field that the answer becomes."""
    custom = fields_of("lead").get(becomes.removeprefix("custom.")) if becomes.startswith("custom.") else None
    return [{"name": name} for _key, name in custom.offered] if custom else []


def _becomes(form: Form, kind: str) -> str:
    """What a kind usually becomes, if no other field of the form does yet."""
    usual = USUAL.get(kind, "origin" if kind == "hidden" else "extra")
    return "extra" if usual in USUAL.values() and form.asks_for(usual) else usual


def _unused(label: str, form: Form) -> str:
    return _key(label, {each["key"] for each in form.fields} | {TRAP})


def _key(name: str, taken: set[str]) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_0123456789")[:30].strip("_") or "field"
    plain = f"{plain}_field" if is_origin(plain) else plain
    return (
        plain
        if plain not in taken
        else next(made for number in range(2, len(taken) + 3) if (made := f"{plain}_{number}") not in taken)
    )


def usual_fields(kind: str, language: str) -> list[dict[str, Any]]:
    """What a new form of this kind asks, in its language."""
    needed = NEEDED[kind]
    return [_asked(key, kind, language, required=key in needed) for key in ASKED[kind]]


def _asked(key: str, kind: str, language: str, *, required: bool) -> dict[str, Any]:
    label = phrases(language)["label_trial" if (kind, key) == ("trial", "message") else f"label_{key}"]
    base = {"key": key, "label": label, "kind": KINDS.get(key, "text"), "becomes": key, "required": required}
    return base | {"hint": "", "choices": [], "value": ""}


KINDS = {"email": "email", "phone": "phone", "message": "long"}
ASKED = {
    "contact": ("name", "email", "phone", "company_name", "message"),
    "trial": ("name", "email", "company_name", "phone", "message"),
    "event": ("name", "email", "company_name", "phone"),
}
NEEDED = {
    "contact": {"name", "email", "message"},
    "trial": {"name", "email", "company_name"},
    "event": {"name", "email"},
}
