"""The values of custom fields among the facts that a verb is given."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotAllowed, NotFound
from fairlead.core.record import nouns
from fairlead.core.schema import find
from fairlead.models.custom import CustomField, seen_fields
from fairlead.models.custom_values import Unfit, stored

# What verbs take under `custom`: {key: value}; null takes a value away, and keys that are left out stay.
Custom = dict[str, Any]


def with_custom(by: Actor, noun: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with each custom value as a change of its own; raises Invalid at custom.KEY."""
    if "custom" not in facts:
        return facts
    known, fixed = seen_fields(by, noun), access.fixed(by, nouns()[noun])
    values, errors = {name: value for name, value in facts.items() if name != "custom"}, {}
    for key, given in (facts["custom"] or {}).items():
        try:
            if key not in known:
                raise Unfit(_("There is no such field here."))
            if known[key].full_key in fixed:
                words = _("Your role does not let you change %(field)s. Nothing was changed.")
                raise NotAllowed(words % {"field": known[key]})
            values[known[key].full_key] = _kept(by, known[key], given)
        except Unfit as reason:
            errors[f"custom.{key[:60]}"] = [str(reason)]
    if errors:
        raise Invalid(errors)
    return values


def _kept(by: Actor, field: CustomField, given: Any) -> Any:
    value = stored(field, given)
    if field.kind != "link" or value is None:
        return value
    try:
        return find(field.links_to, value, by).public_id
    except NotFound:
        words = _("There is no %(noun)s with this id, or you may not see it.")
        raise Unfit(words % {"noun": field.links_to}) from None
