"""Events newest first, narrowed by several things at once: each page is read along one index, and only so far.

The rarest of what is asked is walked, the rest is checked on the way. A page walks at most `FURTHEST` events: when
these do not fill it, it says where the next page goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from fairlead.core.event import read_moment
from fairlead.core.record import Link

FURTHEST = 5_000
COLUMNS = {"person": "by_user_id", "verb": "verb", "door": "door"}
Place = tuple[datetime, int]  # an event's moment and its id
Sql = tuple[str, list[Any]]
Condition = tuple[str, Any]  # one of COLUMNS, or kinds or record, with its value
NOTHING: Condition = ("", None)


@dataclass(frozen=True)
class Narrowing:
    """What is asked of the events; what is None or empty narrows nothing."""

    person: int | None = None
    verb: str = ""
    door: str = ""
    kinds: tuple[str, ...] = ()
    record: Link | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[Condition]:
        asked = {name: getattr(self, name) for name in ("record", *COLUMNS, "kinds")}
        return [(name, value) for name, value in asked.items() if value not in (None, "", ())]


def newest(asked: Narrowing, size: int, after: Place | None = None) -> tuple[list[Place], Place | None]:
    """The newest `size` events that fit, and where the next page goes on; None when there can be no more."""
    span = _span(asked, after)
    walked, others = _rarest(asked.conditions, span)
    walk, values = _walk(walked, span, FURTHEST if others else size)
    sql = f"SELECT w.at, w.id FROM ({walk}) AS w"  # noqa: S608 (no value is in any of these texts)
    checks = [_check(each, walked) for each in others]
    if checks:
        sql += f" WHERE {' AND '.join(text for text, _values in checks)}"
        sql += f" ORDER BY w.at DESC, w.id DESC LIMIT {size}"
    found = _rows(sql, [*values, *(value for _text, given in checks for value in given)])
    if len(found) == size:
        return found, found[-1]
    return found, _end(walk, values) if others else None


# --- which of them is walked -------------------------------------------------------------------------------------


def _rarest(conditions: Sequence[Condition], span: Sql) -> tuple[Condition | None, list[Condition]]:
    """The condition that holds for the fewest events, counted only so far, and the others."""
    if len(conditions) < 2 or conditions[0][0] == "record":
        return (conditions[0] if conditions else None), list(conditions[1:])
    counts = {name: _count(_walk((name, value), span, FURTHEST)) for name, value in conditions}
    walked = min(conditions, key=lambda each: counts[each[0]])
    return walked, [each for each in conditions if each is not walked]


def _count(walk: Sql) -> int:
    with connection.cursor() as cursor:
        # put together from pieces of this module; everything asked is a parameter
        # nosemgrep
        cursor.execute(f"SELECT count(*) FROM ({walk[0]}) AS w", walk[1])  # noqa: S608
        return int(cursor.fetchone()[0])


def _end(walk: str, values: Sequence[Any]) -> Place | None:
    """Where a walk stopped that did not come to its end."""
    last = _rows(f"SELECT w.at, w.id FROM ({walk}) AS w ORDER BY w.at, w.id LIMIT 1", values)  # noqa: S608
    return last[0] if last and _count((walk, list(values))) == FURTHEST else None


# --- the pieces of a statement -----------------------------------------------------------------------------------


def _walk(condition: Condition | None, span: Sql, most: int) -> Sql:
    """The newest `most` events of one condition."""
    name, value = condition or NOTHING
    between, values = span
    if name == "record":
        return _of_record(between, most), [*value, *values]
    if name == "kinds":
        return _of_kinds(len(value), between, most), [each for kind in value for each in (kind, *values)]
    equal = f"{COLUMNS[name]} = %s" if name else "1 = 1"
    text = f"SELECT at, id, verb, door, by_user_id FROM fairlead_event WHERE {equal}{between}"  # noqa: S608
    return f"{text} ORDER BY at DESC, id DESC LIMIT {most}", [value, *values] if name else values


def _of_record(between: str, most: int) -> str:
    """All of one record's: these are few, and one index finds them."""
    links = "SELECT at, event_id AS id FROM fairlead_eventlink WHERE kind = %s AND record_id = %s"
    newest = f"ORDER BY at DESC, id DESC LIMIT {most}"
    return f"WITH linked AS MATERIALIZED ({links}) SELECT at, id FROM linked WHERE 1 = 1{between} {newest}"  # noqa: S608


def _of_kinds(kinds: int, between: str, most: int) -> str:
    """Each kind along the index, then the newest of all; an event may be linked with several records of a kind."""
    links = "SELECT DISTINCT at, event_id AS id FROM fairlead_eventlink WHERE kind = %s"
    one = f"{links}{between.replace('id)', 'event_id)')} ORDER BY at DESC, event_id DESC LIMIT {most}"
    each = " UNION ".join([f"SELECT * FROM ({one}) AS one"] * kinds)  # noqa: S608
    return f"SELECT at, id FROM ({each}) AS k ORDER BY at DESC, id DESC LIMIT {most}"  # noqa: S608


def _check(condition: Condition, walked: Condition | None) -> Sql:
    """Does it hold for the event `w`? The plus keeps both databases from looking the whole event up by its id."""
    name, value = condition
    if name == "kinds":
        places = ", ".join(["%s"] * len(value))
        link = f"l.kind IN ({places}) AND l.at = w.at AND +l.event_id = w.id"
        return f"EXISTS (SELECT 1 FROM fairlead_eventlink l WHERE {link})", list(value)  # noqa: S608
    column = COLUMNS[name]
    if walked and walked[0] in COLUMNS:
        return f"w.{column} = %s", [value]
    event = f"e.{column} = %s AND e.at = w.at AND +e.id = w.id"
    return f"EXISTS (SELECT 1 FROM fairlead_event e WHERE {event})", [value]  # noqa: S608


def _span(asked: Narrowing, after: Place | None) -> Sql:
    """Between which moments, as the end of a condition."""
    text, values = "", list[Any]()
    for compared, moment in ((">=", asked.since), ("<=", asked.until)):
        if moment is not None:
            text, values = f"{text} AND at {compared} %s", [*values, _written(moment)]
    if after is not None:
        text, values = f"{text} AND (at, id) < (%s, %s)", [*values, _written(after[0]), after[1]]
    return text, values


def _rows(sql: str, values: Sequence[Any]) -> list[Place]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(read_moment(at), pk) for at, pk in cursor.fetchall()]


def _written(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
