"""A phrase with a date, typed where one searches: it opens the composer of whom it names, with the phrase in it."""

from typing import Any

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import NotFound
from fairlead.core.schema import find
from fairlead.models.search import search
from fairlead.reading.said import Step, named_in, read_task
from fairlead.web import formats, noting
from fairlead.web.addresses import PAGES, url_of
from fairlead.web.formats import Reader
from fairlead.web.typed import seen_by

MOST = 3


class Phrase:
    """What was typed, read by the grammar of dates. `step` is None where it says no day to come."""

    def __init__(self, text: str, reader: Reader) -> None:
        self.text, self.reader = " ".join(text.split()), reader
        step = read_task(self.text, seen_by(reader), {})
        self.step: Step | None = step if step.on and step.on >= reader.today else None

    @property
    def when(self) -> str:
        assert self.step is not None and self.step.on is not None
        day = formats.day(self.step.on, self.reader)
        return day + (f", {formats.clock(self.step.at, self.reader)}" if self.step.at else "")

    def offers(self, by: Actor, here: str = "") -> list[dict[str, Any]]:
        """Whom it may be about, at most four: those it names, and the record that one is on, by its address."""
        if self.step is None or not access.can_any(by, "create", "task"):
            return []
        on_page = _at(here, by)
        found = [*_named(named_in(self.step.title), by), *([on_page] if on_page else [])]
        return [self._offer(each) for each in dict.fromkeys(found) if access.can(by, "edit", each)]

    def _offer(self, record: Any) -> dict[str, Any]:
        assert self.step is not None
        undated = self.step.title.casefold() != self.text.casefold()
        title = _as_called(self.step.title, record.label) if undated else noting.named("", record)
        text = _as_called(self.text, title) if undated else f"{title} {self.text[:1].lower()}{self.text[1:]}"
        query = urlencode({"kind": "task", "text": text[:300]})
        return {
            "icon": {"call": "phone", "mail": "mail", "meeting": "cal"}.get(self.step.kind, "today"),
            "label": f"{title} · {self.when}",
            "note": record.label,
            "url": f"{url_of(record)}?{query}#log",
        }


def _as_called(text: str, name: str) -> str:
    """The text with the words of a name written as the name has them: call priya, of Priya Raman, is call Priya."""
    known = {word.casefold(): word for word in name.split() if len(word) > 2}
    return " ".join(known.get(word.casefold(), word) for word in text.split())


def unaddressed(phrase: Phrase) -> str:
    """What to add to a phrase that has a day, but names nobody."""
    return _("%(when)s. Add whom it is about: a name or a company.") % {"when": phrase.when}


def _named(candidates: list[str], by: Actor) -> list[Any]:
    """Those whom the first candidate that means anybody means: who is called so before who only belongs there."""
    for each in candidates:
        if found := search(by, each, most=MOST):
            return sorted(found, key=lambda record: each.casefold() not in record.label.casefold())[:MOST]
    return []


def _at(address: str, by: Actor) -> Any:
    plural, _slash, rest = address.split("?")[0].strip("/").partition("/")
    if plural not in PAGES or not rest:
        return None
    try:
        record: Any = find(PAGES[plural], rest.partition("-")[0], by)
    except NotFound:
        return None
    return None if record.archived_at else record
