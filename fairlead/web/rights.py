"""Rights in words, for the pages that show and edit them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.access import governing
from fairlead.core.actor import CLASSES, LEVELS, Actor, Grants, granted
from fairlead.core.explain import Counts, Right, Shift, rights, shifts
from fairlead.core.record import rows
from fairlead.models import User
from fairlead.models.user import actors

ACTION_WORDS: dict[str, Any] = {
    "see": gettext_lazy("See"),
    "create": gettext_lazy("Create"),
    "edit": gettext_lazy("Edit"),
    "delete": gettext_lazy("Delete"),
    "export": gettext_lazy("Export"),
    "merge": gettext_lazy("Merge"),
    "assign": gettext_lazy("Assign"),
    "mass_update": gettext_lazy("Change many"),
    "undo": gettext_lazy("Undo"),
}
LEVEL_WORDS: dict[str, Any] = {
    "none": gettext_lazy("None"),
    "own": gettext_lazy("Own"),
    "team": gettext_lazy("Team"),
    "all": gettext_lazy("All"),
}
ACTION_CHOICES = list(ACTION_WORDS.items())
LEVEL_CHOICES = list(LEVEL_WORDS.items())
NOUN_WORDS: dict[str, Any] = {
    "*": gettext_lazy("Everything else"),
    "absence": gettext_lazy("Time off"),
    "money": gettext_lazy("Amounts of money"),
    "private": gettext_lazy("Ways to be reached (e-mail, phone, address)"),
    "organisation": gettext_lazy("Organisation and settings"),
}


@dataclass(frozen=True)
class GridRow:
    """A noun's line of the grid; one that is not `named` follows the line of everything else."""

    noun: str
    label: str
    named: bool
    levels: Mapping[str, str]

    def choices(self, action: str) -> list[tuple[str, Any]]:
        """A class of fields is seen or not, on all records that are seen."""
        if self.noun not in CLASSES:
            return LEVEL_CHOICES
        granted = self.levels[action]
        return [("all" if granted == "none" else granted, _("Yes")), ("none", _("No"))]


@dataclass(frozen=True)
class Effect:
    """What one person gains and loses by a change of their role."""

    user: User
    gains: list[Shift]
    losses: list[Shift]


def grid(grants: Grants) -> list[GridRow]:
    return [
        GridRow(
            noun,
            noun_in_words(noun),
            noun in grants,
            {action: granted(grants, action, noun) for action in access.actions_on(noun)},
        )
        for noun in ["*", *sorted({*governing(), *grants} - {"*"}, key=noun_in_words)]
    ]


def from_grid(given: Mapping[str, str], before: Grants) -> Grants:
    """The rights as the grid's form sent them; raises ValueError for a level that does not exist."""
    lines = ["*", *(noun for noun in {*governing(), *before} - {"*"} if f"named.{noun}" in given)]
    found = {
        noun: {action: given.get(f"{noun}.{action}", "none") for action in access.actions_on(noun)} for noun in lines
    }
    if unknown := {level for levels in found.values() for level in levels.values()} - set(LEVELS):
        raise ValueError(unknown)
    return found  # type: ignore[return-value]


def effects(people: Iterable[User], grants: Grants) -> list[Effect]:
    """What these people gain and lose when their role grants this."""
    counts, found = Counts(), []
    users = list(people)
    for user, now in zip(users, actors(users, "web"), strict=True):
        changed = shifts(now, replace(now, grants=grants), counts)
        gains = [shift for shift in changed if shift.gains]
        found.append(Effect(user, gains, [shift for shift in changed if not shift.gains]))
    return found


def rights_by_noun(by: Actor) -> list[tuple[str, list[Right]]]:
    """All that somebody may, as (noun, its rights in the order of actions)."""
    lines: dict[str, list[Right]] = {}
    for right in rights(by, Counts()):
        lines.setdefault(noun_in_words(right.noun), []).append(right)
    return sorted(lines.items())


def noun_in_words(noun: str) -> str:
    if noun in NOUN_WORDS or noun not in rows():
        return str(NOUN_WORDS.get(noun) or capfirst(noun))
    return str(capfirst(rows()[noun]._meta.verbose_name_plural or noun))


def way_in_words(way: str, role: str) -> str:
    words = {"owner": _("Owner"), "helper": _("Helps with it"), "team": _("Team"), "queue": _("May claim it")}
    return words.get(way) or _("Role %(role)s: all") % {"role": role}
