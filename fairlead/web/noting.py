"""What the composer reads from a text, as chips: solid ones will happen, hollow ones are offered."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.models import Opportunity
from fairlead.reading.said import Noted, Step, bare, read_note, read_task
from fairlead.reading.when.finding import Found
from fairlead.web import formats
from fairlead.web.contacts import crowded
from fairlead.web.formats import Reader
from fairlead.web.typed import seen_by

OUTCOMES = {
    "reached": gettext_lazy("Reached"),
    "voicemail": gettext_lazy("Voicemail left"),
    "no_answer": gettext_lazy("No answer"),
}
STOPS = {
    "phone": gettext_lazy("No more calls to %(name)s"),
    "mail": gettext_lazy("No more mail to %(name)s"),
    "any": gettext_lazy("Do not contact %(name)s"),
}
# What a chip may set, by the kind of what is written.
TAKEN = frozenset(
    {"outcome", "happened_at", "next_step", "next_on", "next_time", "next_kind", "hand_to", "hand_over", "hand_on"}
    | {"hand_time", "hand_kind", "close_on", "stop"}
)
TAKEN_BY_TASKS = frozenset({"title", "due_on", "due_time", "kind", "assignee", "repeats"})


@dataclass(frozen=True)
class Chip:
    """`facts` are the verb's arguments; `on`: it happens unless it is taken away."""

    name: str
    text: str
    facts: dict[str, Any]
    on: bool = True
    icon: str = ""

    @property
    def value(self) -> str:
        return json.dumps(self.facts, default=str)


@dataclass(frozen=True)
class Reading:
    chips: Sequence[Chip]
    pieces: Sequence[tuple[str, bool]]


def read(kind: str, text: str, record: Any, reader: Reader, team: Iterable[Any]) -> Reading:
    """The chips of a text, and the text in pieces of which some are dates."""
    seen, names = seen_by(reader), {each.public_id: each.name for each in team}
    noted = read_note(text, seen, names)
    if kind == "task":
        chips = list(_of_task(read_task(text, seen, names), record, reader, names)) if text.strip() else []
    else:
        chips = list(_of_entry(kind, noted, record, reader, names))
    return Reading(chips, list(_pieces(text, noted.marks)))


def taken(kind: str, given: Any) -> dict[str, Any]:
    """What the chips that were on say, as the verb's arguments; anything else in them is left out."""
    allowed = TAKEN_BY_TASKS if kind == "task" else TAKEN if kind == "call" else TAKEN - {"outcome"}
    facts: dict[str, Any] = {}
    for name in given.getlist("fx"):
        try:
            said = json.loads(given.get(f"fx_{name}", "{}")[:2000])
        except ValueError:
            said = {}
        facts |= {key: value for key, value in said.items() if key in allowed} if isinstance(said, dict) else {}
    return facts


def _of_entry(kind: str, noted: Noted, record: Any, reader: Reader, names: dict[str, str]) -> Iterator[Chip]:
    if kind == "call" and noted.outcome:
        yield Chip("outcome", str(OUTCOMES[noted.outcome]), {"outcome": noted.outcome}, icon="phone")
    if noted.happened:
        yield _happened(noted.happened, reader)
    if noted.following:
        yield from _next(noted.following, record, reader)
    if noted.handed:
        yield _handed(noted.handed, reader, names)
    if noted.close_on and isinstance(record, Opportunity) and record.is_open:
        text = _("Close date %(day)s") % {"day": formats.plain_date(noted.close_on, reader)}
        yield Chip("close", text, {"close_on": noted.close_on}, on=False, icon="pipeline")
    whom = _person(record)
    if noted.stop and whom is not None:
        yield Chip("stop", str(STOPS[noted.stop]) % {"name": whom}, {"stop": noted.stop}, on=False, icon="stop")


def _of_task(step: Step, record: Any, reader: Reader, names: dict[str, str]) -> Iterator[Chip]:
    facts: dict[str, Any] = {"title": step.title, "kind": step.kind}
    if step.on:
        facts |= {"due_on": step.on} | ({"due_time": step.at} if step.at else {})
        yield Chip("due", f"{step.title} · {_when(step.on, step.at, reader)}", facts, icon="cal")
        yield from _instead("due_on", step, record, reader)
    if step.to:
        yield Chip("who", _("For %(name)s") % {"name": names[step.to]}, {"assignee": step.to, "title": step.title})


def _happened(found: Found, reader: Reader) -> Chip:
    moment = datetime.combine(found.on, found.at or time(12), reader.zone)
    text = _("Happened %(when)s") % {"when": _when(found.on, found.at, reader)}
    return Chip("happened", text, {"happened_at": moment.isoformat()}, icon="clock")


def _next(step: Step, record: Any, reader: Reader) -> Iterator[Chip]:
    title = named(step.title, record)
    facts: dict[str, Any] = {"next_step": title, "next_on": step.on, "next_kind": step.kind}
    facts |= {"next_time": step.at} if step.at else {}
    assert step.on is not None
    yield Chip("next", f"{title} · {_when(step.on, step.at, reader)}", facts, on=step.sure, icon="cal")
    yield from _instead("next_on", step, record, reader)


def _handed(step: Step, reader: Reader, names: dict[str, str]) -> Chip:
    facts: dict[str, Any] = {"hand_to": step.to, "hand_over": step.title, "hand_kind": step.kind}
    facts |= {"hand_on": step.on} if step.on else {}
    facts |= {"hand_time": step.at} if step.at else {}
    when = f" · {_when(step.on, step.at, reader)}" if step.on else ""
    return Chip("hand", f"{names[step.to]}: {step.title}{when}", facts, icon="team")


def _instead(name: str, step: Step, record: Any, reader: Reader) -> Iterator[Chip]:
    """On a day without work, the next working day is offered; on one that is a contact too many, a calmer one."""
    assert step.on is not None
    better = reader.plus_workdays(step.on, 0)
    if too_many := crowded(record, step.kind, better, reader):
        count, better = too_many
        text = _("%(day)s is calmer: %(count)s contacts in 7 days already")
        text %= {"day": formats.short_date(better, reader), "count": count}
        yield Chip("instead", text, {name: better}, on=False, icon="clock")
    elif better != step.on:
        text = _("%(day)s instead") % {"day": formats.short_date(better, reader)}
        yield Chip("instead", text, {name: better}, on=False)


def named(title: str, record: Any) -> str:
    """A title that is only a verb, with the name of whom it is about."""
    whom = _person(record) or getattr(record, "customer", None) or record
    if not title:
        return _("Follow up with %(name)s") % {"name": whom}
    if not bare(title):
        return title
    if title.casefold().endswith(" again"):
        return _("Call %(name)s again") % {"name": whom} if title.casefold() == "try again" else f"{title}: {whom}"
    return f"{title} {whom}"


def _person(record: Any) -> Any:
    return record if record.noun() in {"person", "company"} else getattr(record, "person", None)


def _when(on: date, at: time | None, reader: Reader) -> str:
    return formats.day(on, reader) + (f", {formats.clock(at, reader)}" if at else "")


def _pieces(text: str, marks: Sequence[Found]) -> Iterator[tuple[str, bool]]:
    place = 0
    for each in marks:
        yield text[place : each.start], False
        yield text[each.start : each.end], True
        place = each.end
    yield text[place:], False
