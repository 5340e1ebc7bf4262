"""Events as the lines of a timeline: newest first, by day, steps of one act together, what was taken back marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.event import Event, timeline
from fairlead.core.history import many_as_of, restored
from fairlead.core.prepared import AT_ONCE, Prepared, padded
from fairlead.core.record import Link, Record
from fairlead.core.undo import undoable
from fairlead.core.verb import Part
from fairlead.models import Activity, Task
from fairlead.programs.timeline import spoken
from fairlead.web import formats
from fairlead.web.addresses import url_of_ref
from fairlead.web.changes import Words, changes
from fairlead.web.formats import Reader

SIZE = 30
READS = 8
LAST = 2**63 - 1
NO_ACT = UUID(int=0)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
Cursor = tuple[datetime, int]
Told = list[tuple[datetime, Event]]


def in_words(parts: list[Part], reader: Reader) -> list[Part]:
    """The parts of a sentence with its days as the reader writes them; names of records stay as they are."""
    return [part if part.ref else replace(part, text=formats.day_in_words(part.text, reader)) for part in parts]


@dataclass(frozen=True)
class Piece:
    """A piece of a sentence: words, or a name that leads to its page."""

    text: str
    url: str = ""


@dataclass
class Line:
    """One line: who, what they did (in parts, some of them links), what was said, what can be taken back."""

    event: Event
    at: datetime
    icon: str
    who: str
    parts: list[Piece]
    strong: bool = False
    note: str = ""
    body: str = ""
    quoted: bool = False
    entry: Activity | None = None
    then: list[str] = field(default_factory=list)
    changes: list[dict[str, str]] = field(default_factory=list)
    undone: bool = False
    undo: str = ""
    correct: str = ""

    @property
    def sentence(self) -> str:
        return self.who + "".join(piece.text for piece in self.parts)


@dataclass
class Page:
    """A page of a timeline: days as (heading, lines), and where the older ones begin."""

    days: list[tuple[str, list[Line]]]
    older: str


class Teller:
    """Tells the events on a record to one reader."""

    def __init__(
        self,
        record: Record,
        by: Actor,
        reader: Reader,
        *,
        may_edit: bool,
        currency: str,
        as_of: datetime | None = None,
    ) -> None:
        self.record, self.by, self.reader = record, by, reader
        self.may_edit, self.currency, self.as_of = may_edit, currency, as_of

    def page(self, links: Sequence[Link], *, only: str = "all", before: str = "") -> Page:
        """The newest lines, or those before a cursor; `only` is all, talk (what people said) or changes (the rest)."""
        found, older = _read(links, only, _cursor(before), self.as_of)
        self.entries = self._entries({pk for _at, event in found if (pk := _entry(event))})
        self.undone = undone({event.act for _at, event in found}, self.as_of)
        self.words = Words((event for _at, event in found), self.by, self.reader, self.currency)
        return Page(self._days(found), f"{older[0].isoformat()}~{older[1]}" if older else "")

    def _entries(self, ids: set[int]) -> dict[int, Activity]:
        """The entries as they read now, or read then."""
        found = {entry.pk: entry for some in padded(ids) for entry in _activities(*some)}
        if self.as_of is None:
            return found
        then = many_as_of(list(found.values()), self.as_of)
        return {pk: restored(Activity, pk, values) for pk, values in then.items() if values is not None}

    def _days(self, found: Told) -> list[tuple[str, list[Line]]]:
        days: dict[str, list[Line]] = {}
        roots: dict[tuple[UUID, str], Line] = {}
        for at, event in sorted(found, key=lambda pair: (pair[0], -pair[1].step), reverse=True):
            heading = formats.long_day(at, self.reader)
            root = roots.get((event.act, heading)) if event.cause is not None else None
            if root is not None:
                root.then.append(self._next(event))
                continue
            line = self._line(at, event)
            roots[(event.act, heading)] = line
            days.setdefault(heading, []).append(line)
        return list(days.items())

    def _line(self, at: datetime, event: Event) -> Line:
        sentence = self._sentence(event)
        parts = [part for part in sentence if part.word != "by"]
        who = event.by_label if len(parts) < len(sentence) else ""  # some sentences begin with somebody else
        line = Line(event, at, _icon(event), who, self._from_here(parts))
        line.strong, line.body = _strong(event), _outcome(event)
        line.changes = changes(event, self.words)
        line.undone = event.act in self.undone
        if pk := _entry(event):
            self._said(line, self.entries.get(pk), event)
        if self._may_undo(event) and not line.undone:
            line.undo = f"/acts/{event.act}/undo"
        return line

    def _said(self, line: Line, entry: Activity | None, event: Event) -> None:
        """The entry as it reads now; one that was taken back as it was written."""
        after = next(after for noun, _pk, op, _before, after in event.changes if (noun, op) == ("activity", "create"))
        said = entry or Activity(**{name: after[name] for name in ("kind", "direction", "outcome", "text", "minutes")})
        line.entry, line.icon, line.body = said, said.kind, said.text
        line.parts = self._spoken(said, event)
        if entry is not None and self.may_edit:
            line.correct = f"/activities/{entry.public_id}/edit"
        line.quoted = said.direction == "in"
        minutes = [_("%(count)s min") % {"count": said.minutes}] if said.minutes else []
        line.note = ", ".join([*minutes, *([said.get_outcome_display()] if said.outcome else [])])

    def _spoken(self, said: Activity, event: Event) -> list[Piece]:
        """What an entry tells: whom on a person's page, about what on another's."""
        ref = event.refs.get("about")
        here = ref == [self.record.noun(), self.record.public_id]
        person = getattr(self.record, "person", None) if here else None
        name = Piece(str(event.labels.get("about", "")), url_of_ref((ref[0], ref[1])) if ref else "")
        if here:
            whom = self.record if self.record.noun() == "person" else person
            name = Piece(whom.label if whom else "", url_of_ref(("person", person.public_id)) if person else "")
        if here and said.kind == "note":
            name = Piece("")
        about = not here and bool(ref) and ref[0] == "opportunity"
        return [Piece(_phrase(said, named=bool(name.text), about=about)), *([Piece(" "), name] if name.text else [])]

    def _sentence(self, event: Event) -> list[Part]:
        """Its sentence in parts, with days as the reader writes them."""
        return in_words(spoken(event, self.by), self.reader)

    def _from_here(self, parts: list[Part]) -> list[Piece]:
        """The sentence as read on this record's page, which is not named again but called it; who called is named."""
        me, short = (self.record.noun(), self.record.public_id), self.record.noun() != "person"
        told = []
        for part in parts:
            here = part.ref == me and part.word not in {"it", "about"}
            text = _("it") if here and short else part.text or (_("nobody") if part.word else "")
            told.append(Piece(text, "" if part.ref == me else url_of_ref(part.ref)))
        return told

    def _next(self, event: Event) -> str:
        """A further step of the act: a task with its day, else its sentence."""
        for noun, _pk, op, _before, after in event.changes:
            if (noun, op) == ("task", "create"):
                return f"{after['title']}, {_due(after, self.reader)}" if after["due_on"] else after["title"]
        return _capital("".join(part.text for part in self._sentence(event) if part.word != "by").strip())

    def _may_undo(self, event: Event) -> bool:
        own = event.by_user_id is not None and event.by_user_id == self.by.user_id
        reach = self.by.level("undo", self.record.access_noun())
        theirs = reach == "all" or (reach == "team" and event.by_user_id in self.by.teammate_ids)
        return self.may_edit and (own or theirs) and undoable(event)


def _read(
    links: Sequence[Link], only: str, before: Cursor | None, as_of: datetime | None = None
) -> tuple[Told, Cursor | None]:
    found: Told = []
    if as_of is not None and before is None:
        before = as_of, LAST
    size = SIZE if only == "all" else SIZE * 4
    for _number in range(READS):
        batch = timeline(links, before=before, size=size)
        for number, (at, event) in enumerate(batch[:size], 1):
            before = (at, event.pk)
            if as_of is not None and event.at > as_of:  # written later, of an earlier day
                continue
            if only == "all" or (only == "talk") == bool(_entry(event)):
                found.append((at, event))
            if len(found) == SIZE:
                return found, before if number < len(batch) else None
        if len(batch) <= size:
            return found, None
    return found, before


def undone(acts: set[UUID], as_of: datetime | None = None) -> set[UUID]:
    """Which of these acts are taken back and still are (or were): an undo that was itself undone does not count."""
    if not acts:
        return set()
    undoing = [row for some in padded(acts, NO_ACT) for row in _undoing(as_of or LATEST, *some)]
    again = undone({act for act, _undoes in undoing}, as_of)
    return {undoes for act, undoes in undoing if undoes and act not in again}


_activities = Prepared(
    # those that a timeline shows, whose record the reader sees
    # nosemgrep
    lambda *ids: Activity.objects.filter(pk__in=ids),
    [column.attname for column in Activity._meta.concrete_fields if not column.primary_key],
    *[int] * AT_ONCE,
)
_undoing = Prepared(
    lambda at, *acts: Event.objects.filter(undoes__in=acts, at__lte=at).values_list("act", "undoes"),
    (),
    datetime,
    *[UUID] * AT_ONCE,
)


def _entry(event: Event) -> int | None:
    """The activity that this event wrote down, if it did."""
    return next((pk for noun, pk, op, *_rest in event.changes if (noun, op) == ("activity", "create")), None)


def _icon(event: Event) -> str:
    if event.undoes:
        return "undo"
    kinds = {noun: op for noun, _pk, op, *_rest in event.changes}
    fields = {name for _noun, _pk, op, before, _after in event.changes if op == "change" for name in before}
    if "closure" in kinds or "stage" in fields or fields >= {"state", "done_at"}:
        return "check"
    known = {"task": "today", "file": "file", "suppression": "stop"}
    if found := [sign for noun, sign in known.items() if noun in kinds]:
        return found[0]
    signs = {"tags": "tag", "owner": "team", "collaborators": "team", "parked_until": "snooze", "archived_at": "close"}
    if found := [sign for name, sign in signs.items() if name in fields]:
        return found[0]
    return "plus" if "create" in kinds.values() else "set"


def _strong(event: Event) -> bool:
    """Does the sale move by it?"""
    return not event.undoes and any(
        noun == "closure" or (noun == "opportunity" and op == "change" and "stage" in before)
        for noun, _pk, op, before, _after in event.changes
    )


def _phrase(said: Activity, *, named: bool, about: bool) -> str:
    """The verb of an entry, with the preposition that its name takes."""
    inward = said.direction == "in"
    bare = {
        "call": _("took a call") if inward else _("called"),
        "mail": _("got an e-mail") if inward else _("sent an e-mail"),
        "meeting": _("had a meeting"),
        "note": _("wrote a note"),
    }
    to = {
        "call": _("took a call from") if inward else _("called"),
        "mail": _("got an e-mail from") if inward else _("e-mailed"),
        "meeting": _("met"),
        "note": _("wrote a note on"),
    }
    if not named:
        return bare[said.kind]
    return _("%(deed)s about") % {"deed": bare[said.kind]} if about else to[said.kind]


def _outcome(event: Event) -> str:
    """What came of a task, what was noted at a closing, and why a sale moved on with gaps."""
    for noun, _pk, op, _before, after in event.changes:
        if noun == "task" and op == "change" and after.get("outcome"):
            return str(after["outcome"])
        if noun == "gap" and op == "create":
            return f"{after['reason']} ({', '.join(after['missing'])})"
        if noun == "closure" and op == "create" and after.get("note"):
            return str(after["note"])
    return ""


def _due(after: dict[str, Any], reader: Reader) -> str:
    task = Task(
        due_on=Task._meta.get_field("due_on").to_python(after["due_on"]),
        due_time=Task._meta.get_field("due_time").to_python(after["due_time"]),
    )
    assert task.due_on is not None
    on = formats.day(task.due_on, reader)
    return f"{on}, {formats.clock(task.due_time, reader)}" if task.due_time else on


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _cursor(text: str) -> Cursor | None:
    moment, _tilde, pk = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(pk)) if at.tzinfo and len(pk) < 19 else None
    except ValueError:
        return None
