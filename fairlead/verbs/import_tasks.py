"""Tasks to bring in: about which record, for whom, due and done when."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.record import chunks, nouns
from fairlead.matching.known import Key, Known
from fairlead.models import Task, User, normal
from fairlead.models.task import due_moment
from fairlead.verbs.import_parts import Work
from fairlead.verbs.import_rows import Ready, RecordRow

Place = tuple[str, int]
# Where an id of the other system is looked for: what programs call "what" and "who" may be several kinds of records.
IDS = {
    "opportunity_id": ("opportunity", "company", "lead"),
    "person_id": ("person", "lead"),
    "lead_id": ("lead", "person"),
    "company_id": ("company",),
}
NAMES = (
    ("opportunity_name", "opportunity", "title"),
    ("opportunity_name", "company", "name"),  # what a task is "related to" may be either
    ("person_name", "person", "name"),
    ("company_name", "company", "name"),
)
MANY = {"person": "people", "company": "companies", "lead": "leads", "opportunity": "opportunities"}


def abouts(by: Actor, system: str, rows: dict[int, RecordRow]) -> dict[int, Place]:
    """By row number, the record that it is about: by ids, then mail address, then names that only one record has."""
    found = _by_keys(by, system, rows)
    left = {number: row for number, row in rows.items() if number not in found}
    for said, noun, column in NAMES:
        named = _named(by, noun, column, {row[said].strip() for row in left.values() if row.get(said)})  # type: ignore[literal-required]
        for number, row in left.items():
            called = named.get(str(row.get(said, "")).strip(), [])
            if len(called) == 1:
                found.setdefault(number, (noun, called[0]))
    return found


def nowhere(row: RecordRow) -> str:
    """Why a row is about no record."""
    said = [str(row[name]) for name in (*(each[0] for each in NAMES), *IDS) if row.get(name)] + row.get("mails", [])  # type: ignore[literal-required]
    if not said:
        return _("Nothing in this row says which record the task is about.")
    return _("There is no record “%(name)s”, more than one, or you may not see it.") % {"name": said[0][:60]}


def settled(work: Work, row: Ready, values: dict[str, Any], task: Task | None = None) -> dict[str, Any]:
    """The values with who does it and the moments that follow; without anybody to do it the row is refused."""
    named = work.owners.get(row.row.get("owner", "").strip().lower(), {}).get("owner_id")
    doer = _doers(work).get(named or (task.assignee_id if task else work.by.user_id))
    if doer is None:
        work.refused[row.number] = _("Say who is to do it.")
        return {}
    if due := row.row.get("due_at"):
        local = due.astimezone(doer.tz)
        values |= {"due_on": local.date(), "due_time": local.time().replace(microsecond=0)}
    day = values.get("due_on", task.due_on if task else None)
    hour = values.get("due_time", task.due_time if task else None)
    values |= {"assignee_id": doer.pk, "due_at": due_moment(day, hour, doer.tz)}
    if task is None:
        values["planned_by_id"] = work.by.user_id
    if row.row.get("done") and (task is None or task.is_open):
        values |= {
            "state": "done",
            "done_at": min(row.row.get("done_at") or values["due_at"] or clock.now(), clock.now()),
        }
    return values


def with_places(work: Work, rows: Sequence[Ready]) -> list[Ready]:
    """New tasks with what they are about and who does them, without those of which nobody knows."""
    if work.noun != "task" or not rows:
        return list(rows)
    there = abouts(work.by, work.system, {each.number: each.row for each in rows})
    done = []
    for row in rows:
        if place := there.get(row.number):
            values = row.values | {f"{place[0]}_id": place[1]}
            done.append(row._replace(values=settled(work, row, values)))
        else:
            work.refused[row.number] = nowhere(row.row)
    return [each for each in done if each.number not in work.refused]


def _doers(work: Work) -> dict[int | None, User]:
    if not work.doers:
        work.doers |= {user.pk: user for user in User.objects.active()}
    return work.doers


def _by_keys(by: Actor, system: str, rows: dict[int, RecordRow]) -> dict[int, Place]:
    wanted = {number: list(_keys(row)) for number, row in rows.items()}
    there: dict[tuple[str, Key], int] = {}
    for noun, many in MANY.items():
        keys = [[key for each, key in several if each == noun] for several in wanted.values()]
        there |= {(noun, key): pk for key, pk in Known(by, many, system).of(keys).items()}
    first = {number: next((each for each in several if each in there), None) for number, several in wanted.items()}
    return {number: (key[0], there[key]) for number, key in first.items() if key}


def _keys(row: RecordRow) -> Iterable[tuple[str, Key]]:
    for name, several in IDS.items():
        if value := row.get(name):
            yield from ((noun, ("id", str(value))) for noun in several)
    for text in row.get("mails", ()):
        if key := normal.mail(text):
            yield from ((noun, ("mail", key)) for noun in ("person", "lead", "company"))


def _named(by: Actor, noun: str, column: str, names: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for chunk in chunks(sorted(names)):
        seen = nouns()[noun].objects.visible_to(by).live()
        # one of our own columns
        # nosemgrep
        for name, pk in seen.filter(**{f"{column}__in": chunk}).values_list(column, "pk"):
            found.setdefault(name, []).append(pk)
    return found
