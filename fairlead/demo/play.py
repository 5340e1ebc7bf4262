"""The demo world as a play: who acts, and every deed with its moment, performed in that order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.demo.days import Days

Facts = dict[str, Any]


@dataclass
class Play:
    """`actors` by first name; `made` are the records so far, by name."""

    days: Days
    actors: dict[str, Actor] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    deeds: list[tuple[datetime, int, Callable[[], Any]]] = field(default_factory=list)

    def at(self, moment: datetime, deed: Callable[..., Any], *arguments: Any, **more: Any) -> None:
        """Plan a deed; two of the same moment happen in the order in which they were planned."""
        self.deeds.append((moment, len(self.deeds), partial(deed, *arguments, **more)))

    def perform(self) -> None:
        for moment, _number, deed in sorted(self.deeds, key=lambda each: each[:2]):
            with clock.at(moment):
                deed()


def some(facts: Facts, *names: str) -> Facts:
    """Those of the facts that are given."""
    return {name: facts[name] for name in names if name in facts}
