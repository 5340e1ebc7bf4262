"""What a list was asked, so that it can be asked again later: by a run, with the rights of then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any
from urllib.parse import parse_qsl

from babel import Locale
from django.db.models import F
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest, NotAllowed
from fairlead.core.record import Record, nouns
from fairlead.models import User
from fairlead.programs import listing
from fairlead.programs.fields import Known, fields
from fairlead.programs.filters import sorts

LONGEST = 20_000


@dataclass(frozen=True)
class Shown:
    """A column that a list shows: of several fields the first with a value, or a number counted by the database."""

    head: str
    known: tuple[Known, ...] = ()
    counted: Any = None


@dataclass(frozen=True)
class Question:
    """The rows of a list in no order, its order, the columns that it shows, and its filters in words."""

    model: type[Record]
    records: Any
    order: Sequence[Any]
    shown: Sequence[Shown]
    sentence: str = ""

    def ids(self, by: Actor, action: str) -> Any:
        """The ids of its rows on which the actor may do this, in its order."""
        return self.records.reached_by(by, action).order_by(*self.order).values_list("pk", flat=True)


@dataclass(frozen=True)
class Asker:
    """Who asked: with which rights, and by which clock and locale they read."""

    by: Actor
    zone: tzinfo
    locale: Locale


Ask = Callable[[Asker, str, str], Question]
# How pages read their addresses stands with the pages; `fairlead.apps` puts it here.
PAGES: dict[str, Ask] = {}


def asked(asker: Asker, facts: Mapping[str, Any]) -> Question:
    """The question in a run's payload: its noun, its query, and whether a page or the API reads that."""
    if not access.can_any(asker.by, "see", facts["noun"]):
        raise NotAllowed(_("Your role does not allow this list. Ask an administrator."))
    if len(facts["query"]) > LONGEST:
        raise BadRequest(_("This query is too long."))
    ask = PAGES["list"] if facts.get("as_page") else of_programs
    return ask(asker, facts["noun"], facts["query"])


def asker_of(by: Actor) -> Asker:
    user = User.objects.get(pk=by.user_id)
    return Asker(by, user.tz, Locale.parse(user.locale, sep="-"))


def of_programs(asker: Asker, noun: str, query: str) -> Question:
    """A list as GET /api/v1/… reads its query; every field is shown."""
    given, model, by = _given(query), nouns()[noun], asker.by
    found, sort = listing.question(model, by, given)
    known = sorts(model, by)[sort.removeprefix("-")] if sort else None
    order = in_order(known.field.name, down=sort.startswith("-"), nullable=known.field.null) if known else ["-pk"]
    words = " & ".join(f"{name}={value}" for name, values in given.lists() for value in values if name != "sort")
    shown = [Shown(name, (each,)) for name, each in fields(model, by).items() if not each.via]
    return Question(model, known.ordered(found) if known else found, order, shown, words)


def in_order(name: str, *, down: bool = False, nullable: bool = True) -> list[Any]:
    """Rows without a value come last, whichever way the order runs; ties go by id."""
    sign = "-" if down else ""
    if not nullable:
        return [f"{sign}{name}", f"{sign}pk"]
    column = F(name)
    return [column.desc(nulls_last=True) if down else column.asc(nulls_last=True), f"{sign}pk"]


def _given(query: str) -> "MultiValueDict[str, str]":
    try:
        pairs = parse_qsl(query.removeprefix("?"), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise BadRequest(_("This query cannot be read.")) from None
    given: MultiValueDict[str, str] = MultiValueDict()
    for name, value in pairs:
        if "\x00" in name + value:
            raise BadRequest(_("There is a character here that cannot be read (NUL)."))
        if name not in ("limit", "cursor", "fields"):
            given.appendlist(name, value)
    return given
