"""What a file says of tasks: when they are due, whether they are done, and what they are about."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from fairlead.exchange.reading import values

DONE = frozenset(
    {"completed", "complete", "done", "closed", "finished", "erledigt", "abgeschlossen", "terminé", "hecho"}
)
KINDS = {
    "call": ("call", "phone", "phone call", "anruf", "telefonat", "appel", "llamada"),
    "mail": ("mail", "email", "e-mail", "e-mail senden", "courriel", "correo"),
    "meeting": ("meeting", "event", "appointment", "lunch", "termin", "besprechung", "réunion", "reunión"),
}
NAMED = {
    "subject": "title", "company": "company_name", "deal": "opportunity_name", "lead_ref": "lead_id",
    "closed_on": "done_at", "due_moment": "due_at", "due": "due_on",
}  # fmt: skip
KEPT = ("person_id", "person_name", "company_id", "opportunity_id", "kind", "due_time", "done", "outcome")
ZONED = re.compile(r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})\s*$")


def taker(meaning: str, order: Any) -> Callable[[Any, str], None] | None:
    """What is done with a cell of this meaning; None for what other records have too."""
    order = "dmy" if order in ("", "?") else order
    takers: dict[str, Callable[[Any, str], None]] = {
        "due": partial(_due, order),
        "due_time": _hour,
        "done": partial(_done, order),
        "closed_on": partial(_ended, order),
    }
    return takers.get(meaning)


def complete(facts: dict[str, Any], against: list[str], doubts: list[str]) -> None:
    if "name" in facts:
        facts.setdefault("person_name", facts.pop("name"))
    if "kind" in facts:
        said = facts["kind"].casefold()
        facts["kind"] = next((name for name, words in KINDS.items() if said in words), "todo")
    if facts.get("message") and facts.get("done") and len(facts["message"]) <= 300:
        facts.setdefault("outcome", facts["message"])
    elif facts.get("message"):
        doubts.append(_("A task has no notes here; those of the file are left out."))
    if len(facts.get("outcome", "")) > 300:
        against.append(_("What came of it is longer than 300 signs."))


def facts_of(facts: Mapping[str, Any], mails: list[str]) -> dict[str, Any]:
    """The facts under the names that the verb knows."""
    row = {name: facts[name] for name in KEPT if facts.get(name)}
    row |= {name: facts[said] for said, name in NAMED.items() if facts.get(said)}
    return row | ({"mails": mails} if mails else {})


def _due(order: Any, made: Any, text: str) -> None:
    """A moment with its zone is one; without one, day and time are as the assignee's clock shows."""
    found = values.moment(text, order)
    if found is None:
        made.against.append(_("%(text)s is not a day that can be read.") % {"text": text[:40]})
    elif not isinstance(found, datetime):
        made.facts["due"] = found
    elif ZONED.search(text):
        made.facts["due_moment"] = found
    else:
        made.facts["due"] = found.date()
        if found.time() != time():
            made.facts.setdefault("due_time", found.time())


def _hour(made: Any, text: str) -> None:
    found = values.moment(f"2000-01-01 {text}")
    if isinstance(found, datetime):
        made.facts["due_time"] = found.time()
    else:
        made.doubts.append(_("%(text)s is not a time that can be read.") % {"text": text[:40]})


def _done(order: Any, made: Any, text: str) -> None:
    day = values.moment(text, order)
    made.facts["done"] = bool(values.yes(text)) or text.casefold() in DONE or day is not None
    if day is not None and not values.yes(text):
        _ended(order, made, text)


def _ended(order: Any, made: Any, text: str) -> None:
    found: datetime | date | None = values.moment(text, order)
    if found is not None:
        made.facts["done"] = True
        made.facts["closed_on"] = found if isinstance(found, datetime) else datetime.combine(found, time(), UTC)
