"""Who acts, through which door, and what they may."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal["user", "token", "visitor", "system"]
Level = Literal["none", "own", "team", "all"]
Grants = Mapping[str, Mapping[str, Level]]

ACTIONS = ("see", "create", "edit", "delete", "export", "merge", "assign", "mass_update", "undo")
LEVELS: tuple[Level, ...] = ("none", "own", "team", "all")
READING = frozenset({"see", "export"})
# Kinds of fields on which roles grant seeing and editing, beside the right on the record: amounts, ways to be reached.
CLASSES = ("money", "private")
OF_CLASSES = ("see", "edit")


@dataclass(frozen=True)
class Actor:
    """The one who acts. `grants` is {noun or "*": {action: level}}; what is not granted is denied."""

    kind: Kind
    door: str
    label: str
    user_id: int | None = None
    token_id: int | None = None
    team_ids: frozenset[int] = frozenset()
    teammate_ids: frozenset[int] = frozenset()
    grants: Grants = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    cause: str = ""

    def level(self, action: str, noun: str) -> Level:
        """How far this actor's right to `action` on `noun` reaches: none, own, team or all."""
        if self.kind == "system":
            return "all"
        if self.scopes is not None and noun not in CLASSES and not self._in_scope(action, noun):
            return "none"
        return granted(self.grants, action, noun)

    @cached_property
    def rights(self) -> Hashable:
        """All that says how far this actor's rights reach, but who they are: the same for all who may the same."""
        return self.kind, self.door, self.scopes, self.team_ids, self.teammate_ids, repr(self.grants)

    def _in_scope(self, action: str, noun: str) -> bool:
        assert self.scopes is not None
        return covers(self.scopes, f"{noun}.{action}")


def covers(scopes: frozenset[str], scope: str) -> bool:
    """Do these scopes reach as far as this one: read or write, alone (for every noun) or of a noun, or an action?"""
    noun, dot, action = scope.rpartition(".")
    wide = "read" if action in READING | {"read"} else "write"
    return bool(scopes & ({scope, wide, f"{noun}.{wide}"} if dot else {scope}))


def granted(grants: Grants, action: str, noun: str) -> Level:
    """How far these grants reach; what is not granted is denied, and a noun named in them takes nothing from `*`."""
    return grants.get(noun, grants.get("*", {})).get(action, "none")


def system(cause: str, door: str = "system", label: str = "Fairlead") -> Actor:
    """The product itself, acting for a stated cause (a rule, a track, an import, the demo)."""
    return Actor(kind="system", door=door, label=label, cause=cause)
