"""The forms that add a record: their fields, and from what was typed to a verb's input."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.models import Campaign, CustomField, Lead, Opportunity, Organisation, Source, Stage
from fairlead.models.custom import seen_fields
from fairlead.models.custom_values import LONGEST
from fairlead.web import custom, typed
from fairlead.web.formats import Reader

Choices = list[tuple[str, Any]]
# Fields whose verb takes them in another shape: (its argument, the shape).
SHAPES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "mail": ("mails", lambda value: [value]),
    "phone": ("phones", lambda value: [value]),
}


@dataclass(frozen=True)
class Field:
    """One input. `picks` names the noun whose records are chosen by their name; `more` puts it behind More.

    One of kind "link" is not seen: the address brought a record of the noun it is named after, which `fills` another.
    """

    name: str
    label: Any
    kind: str = "text"
    most: int = 200
    required: Any = ""
    more: bool = False
    picks: str = ""
    fills: str = ""
    watched: bool = False
    help: Any = ""
    choices: Callable[[Actor], Choices] = lambda by: []
    custom: CustomField | None = None


@dataclass(frozen=True)
class Shown:
    """A field as one reader sees it."""

    field: Field
    choices: Choices


@dataclass
class Entry:
    """What was typed, kept whatever becomes of it."""

    values: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


@dataclass
class Read:
    """A verb's input, what is wrong by field, and what has to be chosen: {field: choices}."""

    raw: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    asks: dict[str, Choices] = field(default_factory=dict)


@dataclass(frozen=True)
class Form:
    noun: str
    verb: str
    title: Any
    one: Any
    icon: str
    key: str
    fields: Sequence[Field]
    # At least one of these must be there; empty: what is required says so itself.
    one_of: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return f"/{nouns()[self.noun].plural()}/new"

    @property
    def list_url(self) -> str:
        return f"/{nouns()[self.noun].plural()}"

    def shown(self, by: Actor) -> list[Shown]:
        return [Shown(each, each.choices(by)) for each in self.fields]

    def entry(self, given: Mapping[str, str]) -> Entry:
        names = {each.name for each in self.fields} | {f"{each.name}_is" for each in self.fields if each.picks}
        return Entry({name: given[name].strip() for name in names if name in given})

    def read(self, entry: Entry, by: Actor, reader: Reader) -> Read:
        """What was typed as the verb's input, with messages where it cannot be."""
        read = Read()
        for each in self.fields:
            text = entry[each.name]
            try:
                _check(each, text, by)
                if each.picks:
                    _pick(each, entry, by, read)
                elif text:
                    _value(self, each, text, by, reader, read)
            except typed.Unread as error:
                read.errors[each.name] = str(error)
        if self.one_of and not any(entry[name] for name in self.one_of):
            read.errors[self.one_of[0]] = _("Write a name, a company, an e-mail address or a phone number.")
        return read

    def by_field(self, errors: Mapping[str, list[str]]) -> dict[str, str]:
        """A verb's messages, at the fields of this form."""
        names = {SHAPES[each.name][0]: each.name for each in self.fields if each.name in SHAPES}
        known = {each.name for each in self.fields}
        errors = {custom.by_form_name(name): texts for name, texts in errors.items()}
        placed = {names.get(name.partition(".")[0], name): " ".join(texts) for name, texts in errors.items()}
        return {name if name in known else self.fields[0].name: text for name, text in placed.items()}


def form_of(noun: str, by: Actor) -> Form:
    """The form that adds one of this noun, with the custom fields that this reader may fill, behind More."""
    fixed = access.fixed(by, nouns()[noun])
    own = [each for each in seen_fields(by, noun).values() if each.full_key not in fixed]
    return replace(FORMS[noun], fields=[*FORMS[noun].fields, *(_custom_field(each) for each in own)])


def _custom_field(field: CustomField) -> Field:
    kind = {"choice": "select", "yes_no": "select", "date": "date", "number": "number", "money": "money"}
    return Field(
        custom.name_of(field),
        field.name,
        kind.get(field.kind, "text"),
        LONGEST,
        more=True,
        help=custom.hint(field),
        choices=lambda by: custom.options(field),
        custom=field,
    )


def _check(field: Field, text: str, by: Actor) -> None:
    if "\x00" in text:
        raise typed.Unread(_("This text has a character that cannot be stored. Type it again."))
    if field.required and not text:
        raise typed.Unread(str(field.required))
    if len(text) > field.most:
        words = _("This is %(length)s characters long. There is room for %(most)s.")
        raise typed.Unread(words % {"length": len(text), "most": field.most})
    if field.kind == "select" and text not in {value for value, _label in field.choices(by)} | {""}:
        raise typed.Unread(_("This choice is not there any more. Choose another one."))


def _jsonable(value: Any) -> Any:
    """Exactly, as a call's fingerprint is made of JSON."""
    return str(value) if isinstance(value, Decimal) else value


def _value(form: Form, field: Field, text: str, by: Actor, reader: Reader, read: Read) -> None:
    if field.custom:
        read.raw.setdefault("custom", {})[field.custom.key] = _jsonable(custom.given(field.custom, text, by, reader))
        return
    # A lead keeps one mail and one phone as they were given.
    name, shape = (field.name, str) if form.noun == "lead" else SHAPES.get(field.name, (field.name, str))
    if field.kind == "date":
        read.raw[name] = typed.day(text, reader).isoformat()
    elif field.kind == "money":
        amount, read.raw["currency"] = typed.amount(text, Organisation.ours().currency, reader.locale)
        read.raw[name] = str(amount)
    elif field.kind == "number":
        if not text.isdecimal() or len(text) > 9:
            raise typed.Unread(_("“%(text)s” is no whole number.") % {"text": text[:40]})
        read.raw[name] = int(text)
    else:
        read.raw[name] = shape(text)


# --- records chosen by their name --------------------------------------------------------------------------------


def _pick(field: Field, entry: Entry, by: Actor, read: Read) -> None:
    """The record of this name. When there is none, or more than one, the reader chooses: one of them, new, or none."""
    text, choice = entry[field.name], entry[f"{field.name}_is"]
    if not text:
        return
    found = {each.public_id: each for each in _of_name(field.picks, text, by)}
    if choice in found:
        read.raw[field.name] = choice
    elif choice == "new" and access.can_any(by, "create", field.picks):
        read.raw[f"new_{field.name}"] = text
    elif choice == "none":
        return
    elif len(found) == 1:
        read.raw[field.name] = next(iter(found))
    else:
        read.asks[field.name] = _asked(field, text, list(found.values()), by)
        words = _("There are %(number)s of this name.") if found else _("Nothing of this name is here yet.")
        read.errors[field.name] = f"{words % {'number': len(found)} if found else words} {_('Choose what you mean.')}"


def _of_name(noun: str, text: str, by: Actor) -> list[Any]:
    model: Any = nouns()[noun]
    plain = " ".join(text.split())
    found = model.objects.visible_to(by).live().filter(name__in={text, plain, plain.title()})
    return list(found.order_by("pk")[:6])


def _asked(field: Field, text: str, found: list[Any], by: Actor) -> Choices:
    new: Choices = []
    if access.can_any(by, "create", field.picks):
        words = {"name": text, "noun": nouns()[field.picks]._meta.verbose_name}
        new = [("new", _("Add “%(name)s” as a new %(noun)s") % words)]
    choices = [(each.public_id, _which(each)) for each in found]
    return [*choices, *new, ("none", _("Save without it"))]


def _which(record: Any) -> str:
    """The name with what tells it from others of the same name."""
    more = getattr(record, "website", "") or getattr(record, "title", "") or f"{record.created_at:%Y-%m-%d}"
    return f"{record.label} ({more})"


# --- the four forms ----------------------------------------------------------------------------------------------


def _sources(by: Actor) -> Choices:
    return [("", _("Not known")), *((each.public_id, each.name) for each in Source.objects.visible_to(by))]


def _campaigns(by: Actor) -> Choices:
    return [("", _("None")), *((each.public_id, each.name) for each in Campaign.objects.visible_to(by))]


def _ratings(by: Actor) -> Choices:
    return [("", "–"), *Lead.Rating.choices]


def _stages(by: Actor) -> Choices:
    found: Any = Stage.objects.visible_to(by).order_by("pipeline__position", "position")
    return [(each.public_id, each.name) for each in found]


NAME = gettext_lazy("Name")
MAIL = Field("mail", gettext_lazy("E-mail"), "email", 320, watched=True)
PHONE = Field("phone", gettext_lazy("Phone"), "tel", 60, watched=True)
SOURCE = Field("source", gettext_lazy("Source"), "select", more=True, choices=_sources)
ABOUT = Field("about", gettext_lazy("About"), "textarea", 20_000, more=True)

FORMS: dict[str, Form] = {
    "person": Form(
        noun="person",
        verb="create_person",
        title=gettext_lazy("New person"),
        one=gettext_lazy("person"),
        icon="people",
        key="P",
        fields=[
            Field("name", NAME, required=gettext_lazy("Write a name."), watched=True),
            Field("company", gettext_lazy("Company"), picks="company"),
            MAIL,
            PHONE,
            Field("title", gettext_lazy("Job title"), most=150, more=True),
            Field("call_name", gettext_lazy("Call name"), most=100, more=True, help=gettext_lazy("What to call them.")),
            SOURCE,
            ABOUT,
        ],
    ),
    "company": Form(
        noun="company",
        verb="create_company",
        title=gettext_lazy("New company"),
        one=gettext_lazy("company"),
        icon="company",
        key="C",
        fields=[
            Field("name", NAME, required=gettext_lazy("Write a name."), watched=True),
            Field("website", gettext_lazy("Website"), most=300, watched=True),
            PHONE,
            Field("mail", gettext_lazy("E-mail"), "email", 320, watched=True, more=True),
            Field("legal_name", gettext_lazy("Legal name"), more=True),
            Field("industry", gettext_lazy("Industry"), most=100, more=True),
            Field("employees", gettext_lazy("Employees"), "number", 9, more=True),
            Field("tax_id", gettext_lazy("Tax id"), most=40, more=True),
            SOURCE,
            ABOUT,
        ],
    ),
    "lead": Form(
        noun="lead",
        verb="create_lead",
        title=gettext_lazy("New lead"),
        one=gettext_lazy("lead"),
        icon="leads",
        key="L",
        one_of=("name", "company_name", "email", "phone"),
        fields=[
            Field("company", gettext_lazy("Company"), "link", 12, fills="company_name"),
            Field("person", gettext_lazy("Person"), "link", 12, fills="name"),
            Field("name", NAME),
            Field("company_name", gettext_lazy("Company")),
            Field("email", gettext_lazy("E-mail"), "email", 320, watched=True),
            PHONE,
            Field("interest", gettext_lazy("Interest"), help=gettext_lazy("What they asked for.")),
            Field("lead_type", gettext_lazy("Type"), "select", choices=lambda by: list(Lead.Type.choices)),
            Field("title", gettext_lazy("Job title"), most=150, more=True),
            Field("website", gettext_lazy("Website"), most=300, more=True),
            SOURCE,
            Field("campaign", gettext_lazy("Campaign"), "select", more=True, choices=_campaigns),
            Field("rating", gettext_lazy("Rating"), "select", more=True, choices=_ratings),
            Field("message", gettext_lazy("Message"), "textarea", 20_000, more=True),
        ],
    ),
    "opportunity": Form(
        noun="opportunity",
        verb="create_opportunity",
        title=gettext_lazy("New opportunity"),
        one=gettext_lazy("opportunity"),
        icon="pipeline",
        key="O",
        fields=[
            Field("title", gettext_lazy("Title"), required=gettext_lazy("Write a title.")),
            Field("company", gettext_lazy("Company"), picks="company"),
            Field("amount", gettext_lazy("Value"), "money", 40, help=gettext_lazy("Such as 38,400 or £38.4k.")),
            Field("close_on", gettext_lazy("Close date"), "date", 40),
            Field("person", gettext_lazy("Person"), picks="person", more=True),
            Field("stage", gettext_lazy("Stage"), "select", more=True, choices=_stages),
            Field(
                "recurs",
                gettext_lazy("Recurs"),
                "select",
                more=True,
                choices=lambda by: list(Opportunity.Recurs.choices),
            ),
            SOURCE,
            ABOUT,
        ],
    ),
}
