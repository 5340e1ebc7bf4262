"""Which rules can never decide: impossible ones, and those whose leads the rules before them catch.

Each fact is cut into the pieces that the conditions tell apart, so that a rule is a box of pieces. From the box of a
rule the boxes of those before it are taken away; when nothing is left, it is never reached.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from fairlead.models import Lead
from fairlead.routing.facts import plain

Box = dict[str, int]  # by dimension, a bit for each piece
MOST_PIECES = 2_000  # beyond these nothing is claimed
PAST = "\U0010ffff"
LEAST, MOST = -1, 10**9
INTERVALS = frozenset({"postal_code", "phone", "size from", "size to"})


@dataclass(frozen=True)
class Finding:
    """`by` are the places of the rules that catch all of its leads. `fallback`: unless nobody of theirs is there."""

    kind: Literal["impossible", "never", "fallback"]
    place: int
    by: tuple[int, ...] = ()


def findings(rules: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What is wrong with these rules, in their order; rules that are off are left out."""
    live = [(place, rule) for place, rule in enumerate(rules) if not rule["off"]]
    space = _Space([rule for _place, rule in live])
    before: list[tuple[int, Box, str]] = []
    found = []
    for place, rule in live:
        box = space.box(rule)
        if space.is_empty(box):
            found.append(Finding("impossible", place))
            continue
        if rule["when"] and (by := _caught(space, box, before)):
            sure = all(kind == "queue" for at, _box, kind in before if at in by)
            found.append(Finding("never" if sure else "fallback", place, by))
        if rule["to"]["kind"] != "account":  # leads without an account go on
            before.append((place, box, rule["to"]["kind"]))
    return found


def _caught(space: "_Space", box: Box, before: Sequence[tuple[int, Box, str]]) -> tuple[int, ...]:
    """The places of the rules that leave nothing of this box: one, if one does; else all that take something."""
    for place, other, _kind in before:
        if not space.without(box, other):
            return (place,)
    left, taking = [box], list[int]()
    for place, other, _kind in before:
        rest = [piece for each in left for piece in space.without(each, other)]
        if rest != left:
            taking.append(place)
        if not rest or len(rest) > MOST_PIECES:
            return tuple(taking) if not rest else ()
        left = rest
    return ()


class _Space:
    """The pieces of each dimension that these rules tell apart."""

    def __init__(self, rules: Sequence[Mapping[str, Any]]) -> None:
        marks: dict[str, set[Any]] = {}
        for rule in rules:
            for condition in rule["when"]:
                for name, said in _said(condition):
                    marks.setdefault(name, set()).update(said)
        self.pieces = {name: _pieces(name, said) for name, said in marks.items()}
        self.full = {name: (1 << len(pieces)) - 1 for name, pieces in self.pieces.items()}

    def box(self, rule: Mapping[str, Any]) -> Box:
        box: Box = {}
        for condition in rule["when"]:
            for name, mask in self._masks(condition):
                box[name] = box.get(name, self.full[name]) & mask
        return box

    def is_empty(self, box: Box) -> bool:
        """Nothing is in it: also where the least number of people would be above the most."""
        if not all(box.values()):
            return True
        if "size from" not in box or "size to" not in box:
            return False
        lowest = self.pieces["size from"][(box["size from"] & -box["size from"]).bit_length() - 1][0]
        highest = self.pieces["size to"][box["size to"].bit_length() - 1][1]
        return bool(lowest >= highest)

    def without(self, box: Box, other: Box) -> list[Box]:
        """What is left of a box, as boxes, when another one is taken away."""
        left, inside = list[Box](), dict(box)
        for name, mask in other.items():
            own = inside.get(name, self.full[name])
            if not own & mask:
                return [box]
            if own & ~mask:
                left.append(inside | {name: own & ~mask})
            inside[name] = own & mask
        return [each for each in left if not self.is_empty(each)]

    def _masks(self, condition: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
        fact, test, values = condition["fact"], condition["test"], condition["values"]
        if fact == "hours":
            yield f"hours {values[0]}", 2 if test == "is_not" else 1
        elif fact == "size":
            if test in ("at_least", "between"):
                yield "size from", self._within("size from", [(int(values[0]), MOST + 1)])
            if test in ("at_most", "between"):
                yield "size to", self._within("size to", [(LEAST, int(values[-1]) + 1)])
        else:
            if fact in INTERVALS:
                mask = self._within(fact, list(_spans(test, values)))
            else:
                mask = self._covered(fact, [_normal(fact, each) for each in values])
            yield fact, self.full[fact] & ~mask if test == "is_not" else mask

    def _within(self, name: str, spans: Sequence[tuple[Any, Any]]) -> int:
        """The pieces that lie in one of these spans, whose ends are not in them."""
        mask = 0
        for at, (start, _end) in enumerate(self.pieces[name]):
            if any(first <= start < last for first, last in spans):
                mask |= 1 << at
        return mask

    def _covered(self, fact: str, values: Sequence[str]) -> int:
        mask = 0
        for at, piece in enumerate(self.pieces[fact]):
            if any(_is_of(fact, piece, value) for value in values):
                mask |= 1 << at
        return mask


def _said(condition: Mapping[str, Any]) -> Iterator[tuple[str, Iterable[Any]]]:
    """The marks that a condition sets in its dimensions."""
    fact, test, values = condition["fact"], condition["test"], condition["values"]
    if fact == "hours":
        yield f"hours {values[0]}", ("in", "out")
    elif fact == "size":
        if test in ("at_least", "between"):
            yield "size from", [int(values[0])]
        if test in ("at_most", "between"):
            yield "size to", [int(values[-1]) + 1]
    elif fact in INTERVALS:
        yield fact, [end for span in _spans(test, values) for end in span]
    elif fact == "lead_type":
        yield fact, Lead.Type.values
    else:
        yield fact, [_normal(fact, each) for each in values]


def _pieces(name: str, said: set[Any]) -> list[Any]:
    """Spans between the marks, or the values and what is none of them."""
    if name in INTERVALS:
        least, most = (LEAST, MOST + 1) if name.startswith("size") else ("", PAST * 2)
        return list(pairwise([least, *sorted(said - {least, most}), most]))
    if name == "lead_type" or name.startswith("hours "):
        return sorted(said)
    return [*sorted(said), None]


def _spans(test: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Texts that begin with a value, or lie between two, as spans in the order of texts."""
    if test == "between":
        yield values[0], values[1] + PAST
    else:
        yield from ((value, value + PAST) for value in values)


def _normal(fact: str, value: str) -> str:
    return plain(value) if fact == "region" else value


def _is_of(fact: str, piece: str | None, value: str) -> bool:
    """Is everything of this piece what the value says? A domain has those below it, a language its regions."""
    if piece is None:
        return False
    if fact == "domain":
        return piece == value or piece.endswith(f".{value}")
    return piece == value or (fact == "language" and piece.startswith(f"{value}-"))
