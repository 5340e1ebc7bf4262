"""One `visible_to` and one `can`: every door asks these, nobody asks anything else."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import ACTIONS, CLASSES, OF_CLASSES, Actor
from fairlead.core.errors import NotAllowed

if TYPE_CHECKING:
    from fairlead.core.record import Row

NOBODY = Q(pk__in=[])


def reach(by: Actor, action: str, model: "type[Row]") -> Q:
    """The condition for rows of `model` on which `by` may do `action`."""
    governed = model.governed(by, action)
    if governed is not None:
        return governed
    level = by.level(action, model.access_noun())
    if level == "all":
        return Q()
    return NOBODY if level == "none" else model.within(by, level)


def can(by: Actor, action: str, record: "Row") -> bool:
    """May `by` do `action` on this record? Asks the database only when the right is limited to own or team."""
    condition = reach(by, action, type(record))
    if condition == NOBODY:
        return False
    return not condition or type(record)._base_manager.filter(condition, pk=record.pk).exists()


def can_any(by: Actor, action: str, noun: str) -> bool:
    """May `by` do `action` on at least some of this noun (to show a button, to create)?"""
    return by.level(action, noun) != "none"


def hidden(by: Actor, model: "type[Row]") -> frozenset[str]:
    """The fields of this noun that the actor may not read."""
    return _withheld(by, "see", model)


def fixed(by: Actor, model: "type[Row]") -> frozenset[str]:
    """The fields of this noun that the actor may not change: what they may not read neither."""
    return _withheld(by, "edit", model) | _withheld(by, "see", model)


def conceals(by: Actor) -> bool:
    """Does this actor's role hide any class of fields?"""
    return any(by.level("see", kind) == "none" for kind in CLASSES)


def _withheld(by: Actor, action: str, model: "type[Row]") -> frozenset[str]:
    withheld = {kind for kind in CLASSES if by.level(action, kind) == "none"}
    return frozenset(name for name, kind in model.classes().items() if kind in withheld) if withheld else frozenset()


def governing() -> list[str]:
    """What roles grant rights on: nouns (every other noun is governed as one of these), and classes of fields."""
    from fairlead.core.record import rows

    return sorted({model.access_noun() for model in rows().values()} | set(CLASSES))


def actions_on(noun: str) -> tuple[str, ...]:
    """What can be granted on a noun, or on a class of fields."""
    return OF_CLASSES if noun in CLASSES else ACTIONS


def demand(by: Actor, may: str, record: "Row | None", given: Collection[str] = ()) -> None:
    """Raise NotAllowed unless `by` may do what a verb declares, with the arguments it is given.

    `may` is an action on the verb's record ("edit"), an action on a noun ("person.create"),
    "member" (any user for themselves) or "anyone" (visitors too: the verb checks its own token).
    """
    if may == "anyone" or by.kind == "system":
        return
    if may == "member":
        allowed = by.user_id is not None and (by.scopes is None or "write" in by.scopes)
    elif "." in may:
        noun, action = may.split(".")
        allowed = can_any(by, action, noun)
    else:
        allowed = record is not None and can(by, may, record)
    if not allowed:
        raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."), may=may)
    if record is not None and (names := fixed(by, type(record)).intersection(given)):
        text = _("Your role does not allow you to change %(names)s. Nothing was changed. Ask an administrator.")
        raise NotAllowed(text % {"names": ", ".join(sorted(names))}, may=may)
