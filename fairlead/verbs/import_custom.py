"""The custom fields of rows to bring in: as they are kept, with choices that are added when that was asked for."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Invalid, NotFound
from fairlead.core.schema import find
from fairlead.models.custom import CustomField, seen_fields
from fairlead.models.custom_values import Unfit, stored
from fairlead.verbs.custom import edit_field
from fairlead.verbs.import_parts import Work
from fairlead.verbs.import_rows import Ready


def with_own_fields(work: Work, rows: Sequence[Ready], unknown: str) -> list[Ready]:
    """The rows with their custom values among their columns; those whose values do not fit say why."""
    if not any(each.row.get("custom") for each in rows):
        return list(rows)
    fixed = access.fixed(work.by, work.model)
    known = {key: each for key, each in seen_fields(work.by, work.noun).items() if each.full_key not in fixed}
    if unknown == "create" and access.can_any(work.by, "edit", "organisation"):
        known |= _with_choices(work, rows, known)
    return [_kept(work, each, known) if each.row.get("custom") else each for each in rows]


def _kept(work: Work, row: Ready, known: dict[str, CustomField]) -> Ready:
    values, refusal = dict[str, Any](), row.refusal
    for key, given in row.row["custom"].items():
        try:
            if key not in known:
                raise Unfit(_("there is no such field here, or you may not change it"))
            values[key] = _stored(work, known[key], given)
        except Unfit as reason:
            name = known[key].name if key in known else key[:60]
            refusal = refusal or f"{name}: {reason}"
    custom = {key: value for key, value in values.items() if value is not None}
    # what it is found by holds its custom texts too, which are known only now
    return row._replace(refusal=refusal, values=row.values | {"custom": custom}, lookup=None)


def _stored(work: Work, field: CustomField, given: Any) -> Any:
    value = stored(field, given)
    if field.kind != "link" or value is None:
        return value
    try:
        return find(field.links_to, value, work.by).public_id
    except (NotFound, Invalid):
        raise Unfit(_("there is no such record, or you may not see it")) from None


def _with_choices(work: Work, rows: Sequence[Ready], known: dict[str, CustomField]) -> dict[str, CustomField]:
    """Fields with the choices that rows have and they had not."""
    found: dict[str, CustomField] = {}
    for key, field in known.items():
        if field.kind not in ("choice", "choices"):
            continue
        offered = {text.casefold() for pair in field.offered for text in pair}
        new: dict[str, str] = {}
        for text in _texts(rows, key):
            if text.casefold() not in offered:
                new.setdefault(text.casefold(), text[:80])
        if new:
            choices: list[Any] = [{"key": each, "name": name} for each, name in field.offered]
            choices += [{"name": name} for name in new.values()]
            found[key] = edit_field(work.by, field, choices=choices)
    return found


def _texts(rows: Iterable[Ready], key: str) -> Iterable[str]:
    for each in rows:
        given = each.row.get("custom", {}).get(key)
        for text in given if isinstance(given, list) else [given]:
            if isinstance(text, str) and text.strip():
                yield text.strip()
