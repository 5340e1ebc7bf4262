"""The tools that only read: finding, one record, a list, a timeline."""

from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Literal, Self

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field

from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest
from fairlead.core.record import Record, nouns
from fairlead.core.resource import link, resource, visible
from fairlead.core.schema import Text, checked, find
from fairlead.mcp.untrusted import marked, marked_timeline
from fairlead.models.search import search
from fairlead.programs import listing
from fairlead.programs.timeline import timeline_of

Answer = dict[str, Any]
Noun = Annotated[Text, Field(description="What kind of record: person, company, lead, opportunity, task, activity, …")]
Id = Annotated[Text, Field(description="The record's id, as every answer gives it")]
Value = bool | int | float | Text
Limit = Annotated[int, Field(ge=1, le=listing.MOST)]


class Read(BaseModel, ABC):
    """What is asked, checked; `answer` reads within the rights of the actor."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    @classmethod
    def asked(cls, arguments: dict[str, Any]) -> Self:
        return checked(cls, arguments)

    @abstractmethod
    def answer(self, by: Actor) -> Answer: ...


class Search(Read):
    """Find people, companies, leads and opportunities by fragments of name, mail address or phone number.
    Answers noun, id and label of each."""

    text: Text
    kinds: list[Literal["person", "company", "lead", "opportunity"]] = ["person", "company", "lead", "opportunity"]
    limit: Annotated[int, Field(ge=1, le=50)] = 8

    def answer(self, by: Actor) -> Answer:
        found = search(by, self.text, kinds=tuple(dict.fromkeys(self.kinds)), most=self.limit)
        seen = visible(found, by)
        return {"items": marked([link(record, seen) for record in found])}


class GetRecord(Read):
    """Read one record with all its fields. A record that was merged answers as the one it went into."""

    noun: Noun
    id: Id

    def answer(self, by: Actor) -> Answer:
        found: Answer = marked(resource(find(_model(self.noun).noun(), self.id, by), by))
        return found


class ListRecords(Read):
    """List records of one kind, newest first unless sorted. Filters are {"field": value or [values]}; a field may
    end in .not, .gt, .gte, .lt, .lte, .contains, .starts or .empty, as in {"state": "open", "owner": "me",
    "due_on.lte": "2026-12-04"}. A name that does not exist is answered with those that do. `next` is the cursor
    of the next page."""

    noun: Noun
    filters: dict[Text, Value | list[Value]] = {}
    words: Annotated[Text, Field(description="Only those that hold all these words")] = ""
    sort: Annotated[Text, Field(description="A field, with - before it for the other way round")] = ""
    archived: Literal["no", "only", "all"] = "no"
    fields: Annotated[list[Text], Field(description="Only these fields")] = []
    limit: Limit = 25
    cursor: Text = ""

    def answer(self, by: Actor) -> Answer:
        given = {name: value if isinstance(value, list) else [value] for name, value in self.filters.items()}
        taken = given.keys() & {*listing.PAGING, "q"}
        if taken:
            raise BadRequest(_("%(name)s is no filter.") % {"name": min(taken)})
        asked: dict[str, list[str]] = {name: [_text(each) for each in values] for name, values in given.items()}
        asked |= {"limit": [str(self.limit)], "archived": [self.archived]}
        more = {"q": self.words, "sort": self.sort, "fields": ",".join(self.fields), "cursor": self.cursor}
        asked |= {name: [value] for name, value in more.items() if value}
        page = listing.read(_model(self.noun), by, MultiValueDict(asked))
        return {"items": marked(page["items"]), "next": page["next"]}


class Timeline(Read):
    """What happened to a record, newest first: who did what, when, through which door, every value before and after.
    Items that say undoable can be taken back with undo and their act. `next` is the cursor of older ones."""

    noun: Noun
    id: Id
    limit: Limit = 25
    cursor: Text = ""

    def answer(self, by: Actor) -> Answer:
        asked = {"limit": [str(self.limit)]} | ({"cursor": [self.cursor]} if self.cursor else {})
        page = timeline_of(find(_model(self.noun).noun(), self.id, by), by, MultiValueDict(asked))
        return page | {"items": marked_timeline(page["items"])}


READS: dict[str, type[Read]] = {
    "search": Search,
    "get_record": GetRecord,
    "list_records": ListRecords,
    "timeline": Timeline,
}


def _model(word: str) -> type[Record]:
    """A noun by its name, or by the word for many of them."""
    for name, model in nouns().items():
        if word in {name, model.plural()}:
            return model
    text = _("There is no kind of record named %(name)s.") % {"name": word[:100]}
    raise BadRequest(text, known=sorted(nouns()))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
