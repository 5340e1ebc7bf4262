"""The four lists: which columns, quick filters, quick sorts and shipped views each has."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.models import (
    Campaign,
    Company,
    Endpoint,
    Lead,
    Opportunity,
    Person,
    Queue,
    Source,
    Stage,
    Submission,
    Tag,
)
from fairlead.models.owned import lacking
from fairlead.models.search import holding
from fairlead.models.suppression import in_force
from fairlead.web.columns import Column
from fairlead.web.filters import Day, Filter, Linked, Marks, Narrowed, Offer, OneOf, Option, Owner, Words
from fairlead.web.formats import Reader
from fairlead.web.keyset import Order
from fairlead.web.listing import Listing, Shipped


def planned() -> list[Option]:
    return [
        Option("none", _("missing"), lambda by, reader: lacking(reader.today), _("No next step")),
        Option("late", _("overdue"), lambda by, reader: Q(next_step_at__lt=reader.now), _("Next step is overdue")),
        Option("set", _("planned"), lambda by, reader: Q(next_step_at__isnull=False), _("Next step is planned")),
        Option("parked", _("parked"), lambda by, reader: waiting(reader.today), _("Parked")),
    ]


def waiting(today: date) -> Q:
    """Without a next step on purpose, until a day."""
    return Q(next_step_at=None, parked_until__gt=today)


def archived() -> list[Option]:
    return [Option("yes", _("archived"), lambda by, reader: Q(archived_at__isnull=False), _("Archived"))]


def doubtful() -> list[Option]:
    return [
        Option("yes", _("marked"), lambda by, reader: Q(possible_duplicate=True), _("Possible duplicate")),
        Option("no", _("not marked"), lambda by, reader: Q(possible_duplicate=False), _("No possible duplicate")),
    ]


def answered() -> list[Option]:
    waiting = Q(responded_at=None, respond_by__isnull=False)
    return [
        Option("waiting", _("to answer"), lambda by, reader: waiting, _("Nobody has answered yet")),
        Option("late", _("late"), lambda by, reader: waiting & Q(respond_by__lt=reader.now), _("The answer is late")),
        Option("given", _("answered"), lambda by, reader: Q(responded_at__isnull=False), _("Answered")),
    ]


def suppressed() -> list[Option]:
    def held(by: Actor, reader: Reader) -> Q:
        return Q(pk__in=in_force(reader.now).filter(person__isnull=False).values("person_id"))

    return [
        Option("no", _("allowed"), lambda by, reader: ~held(by, reader), _("Contact is allowed")),
        Option("yes", _("do not contact"), held, _("Do not contact")),
    ]


def people_of(by: Actor) -> Any:
    """How many people of a company the reader sees."""
    people: Any = Person.objects.visible_to(by).live().filter(company=OuterRef("pk"))
    counted = people.order_by().values("company").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def shared(noun: str) -> list[Filter]:
    """The filters that every list has."""
    return [
        Linked("tag", _("Tag"), column="tags", model=Tag),
        Day("created_after", _("Created after"), column="created_at"),
        Day("created_before", _("Created before"), column="created_at", after=False),
        Day("contact_after", _("Last contact after"), column="last_contact_at"),
        Day("contact_before", _("Last contact before"), column="last_contact_at", after=False),
        Marks("archived", _("Archived"), make=archived),
        Words("q", _("Words"), noun=noun),
    ]


def source() -> Linked:
    return Linked("source", _("Source"), column="source", model=Source, none=_("not known"))


NEXT = Marks("next", _("Next step"), make=planned, daily=frozenset({"none", "parked"}))
CREATED = Order("created_at")
CONTACT = Order("last_contact_at", nullable=True)
NEXT_STEP = Order("next_step_at", nullable=True)

PEOPLE = Listing(
    model=Person,
    title=_("People"),
    one=_("person"),
    many=_("people"),
    columns=[
        Column("name", _("Name"), "name", ("name",)),
        Column("company", _("Company"), fields=("company",)),
        Column("phone", _("Phone"), fields=("phone",)),
        Column("contact", _("Last contact"), "contact", ("last_contact_at",)),
        Column("next", _("Next step"), "next", ("next_step_at",)),
        Column("owner", _("Owner"), fields=("owner",)),
    ],
    filters=[
        Owner("owner", _("Owner")),
        NEXT,
        Marks("contact", _("Contact"), make=suppressed),
        source(),
        *shared("person"),
    ],
    sorts={"name": Order("name"), "created": CREATED, "contact": CONTACT, "next": NEXT_STEP},
    sort="name",
    views=[
        Shipped(_("All"), {}),
        Shipped(_("Mine"), {"owner": "me"}),
        Shipped(_("Next step overdue"), {"next": "late"}),
        Shipped(_("Do not contact"), {"contact": "yes"}),
        Shipped(_("Archived"), {"archived": "yes"}),
    ],
)

COMPANIES = Listing(
    model=Company,
    title=_("Companies"),
    one=_("company"),
    many=_("companies"),
    columns=[
        Column("name", _("Name"), "name", ("name",)),
        Column("website", _("Website"), fields=("website",)),
        Column("people", _("People"), end=True, counted=people_of),
        Column("contact", _("Last contact"), "contact", ("last_contact_at",)),
        Column("next", _("Next step"), "next", ("next_step_at",)),
        Column("owner", _("Owner"), fields=("owner",)),
    ],
    filters=[Owner("owner", _("Owner")), NEXT, source(), *shared("company")],
    sorts={"name": Order("name"), "created": CREATED, "contact": CONTACT, "next": NEXT_STEP},
    sort="name",
    views=[
        Shipped(_("All"), {}),
        Shipped(_("Mine"), {"owner": "me"}),
        Shipped(_("Next step overdue"), {"next": "late"}),
        Shipped(_("Archived"), {"archived": "yes"}),
    ],
)

LEADS = Listing(
    model=Lead,
    title=_("Leads"),
    one=_("lead"),
    many=_("leads"),
    columns=[
        Column("name", _("Name"), "name", ("name",)),
        Column("company", _("Company"), fields=("company_name",)),
        Column("type", _("Type"), fields=("lead_type",)),
        Column("source", _("Source"), fields=("source",)),
        Column("next", _("Next step"), fields=("next_step_at",)),
        Column("owner", _("Owner"), fields=("owner",)),
        Column("created", _("Age"), "created", ("created_at",)),
        Column("state", _("State"), fields=("state",)),
    ],
    filters=[
        OneOf("state", _("State"), column="state", choices=tuple(Lead.State.choices), preset="open"),
        Owner("owner", _("Owner")),
        Linked("queue", _("Queue"), column="queue", model=Queue, none=_("none")),
        OneOf("type", _("Type"), column="lead_type", choices=tuple(Lead.Type.choices)),
        source(),
        Linked("campaign", _("Campaign"), column="campaign", model=Campaign, none=_("not known")),
        OneOf("rating", _("Rating"), column="rating", choices=tuple(Lead.Rating.choices)),
        Marks("doubt", _("Possible duplicate"), make=doubtful),
        Marks("answer", _("Answer"), make=answered),
        NEXT,
        *shared("lead"),
    ],
    sorts={"name": Order("name"), "created": CREATED, "left": Order("respond_by", nullable=True)},
    sort="-created",
    views=[
        Shipped(_("Open"), {}),
        Shipped(_("Mine"), {"owner": "me"}),
        Shipped(_("Nobody’s"), {"owner": "none"}),
        Shipped(_("No next step"), {"next": "none"}),
        Shipped(_("Parked"), {"next": "parked"}),
        Shipped(_("Hot"), {"rating": "hot"}),
        Shipped(_("By type"), {"group": "lead_type"}),
        Shipped(_("By source"), {"group": "source"}),
        Shipped(_("By campaign"), {"group": "campaign"}),
        Shipped(_("By interest"), {"group": "interest"}),
        Shipped(_("By rating"), {"group": "rating"}),
        Shipped(_("Possible duplicates"), {"doubt": "yes"}),
        Shipped(_("All"), {"state": "any"}),
    ],
    laid_out="/leads",
)

# The same leads, to be worked through.
INBOX = replace(
    LEADS,
    columns=[
        Column("name", _("Name"), "name", ("name",)),
        Column("company", _("Company"), fields=("company_name",)),
        Column("interest", _("Interest"), fields=("interest",)),
        Column("type", _("Type"), fields=("lead_type",)),
        Column("source", _("Source"), fields=("source",)),
        Column("owner", _("Owner"), fields=("owner",)),
        Column("created", _("Age"), "created", ("created_at",)),
        Column("left", _("Time left"), "left", ("respond_by",)),
        Column("answered", _("Responded"), fields=("responded_at",)),
        Column("doubt", _("Possible duplicate"), fields=("possible_duplicate",)),
    ],
    views=[
        Shipped(_("Open"), {}),
        Shipped(_("To answer"), {"answer": "waiting", "sort": "left"}),
        Shipped(_("Mine"), {"owner": "me"}),
        Shipped(_("Nobody’s"), {"owner": "none"}),
        Shipped(_("Inquiries"), {"type": "inquiry"}),
        Shipped(_("Free trials"), {"type": "trial"}),
        Shipped(_("Events"), {"type": "event"}),
        Shipped(_("Phone calls"), {"type": "call"}),
        Shipped(_("Lists"), {"type": "list"}),
        Shipped(_("Possible duplicates"), {"doubt": "yes"}),
    ],
)

OPPORTUNITIES = Listing(
    model=Opportunity,
    title=_("Opportunities"),
    one=_("opportunity"),
    many=_("opportunities"),
    columns=[
        Column("title", _("Title"), "title", ("title",)),
        Column("customer", _("Customer"), fields=("company", "person")),
        Column("stage", _("Stage"), fields=("stage",)),
        Column("value", _("Value"), fields=("amount",), end=True),
        Column("close", _("Close date"), "close", ("close_on",)),
        Column("next", _("Next step"), "next", ("next_step_at",)),
        Column("owner", _("Owner"), fields=("owner",)),
    ],
    filters=[
        OneOf("state", _("State"), column="state", choices=tuple(Opportunity.State.choices), preset="open"),
        Linked("stage", _("Stage"), column="stage", model=Stage),
        Owner("owner", _("Owner")),
        NEXT,
        source(),
        Day("close_after", _("Close date after"), column="close_on", moments=False),
        Day("close_before", _("Close date before"), column="close_on", after=False, moments=False),
        *shared("opportunity"),
    ],
    sorts={
        "title": Order("title"),
        "created": CREATED,
        "close": Order("close_on", nullable=True),
        "next": NEXT_STEP,
    },
    sort="close",
    views=[
        Shipped(_("Open"), {}),
        Shipped(_("Mine"), {"owner": "me"}),
        Shipped(_("No next step"), {"next": "none"}),
        Shipped(_("Parked"), {"next": "parked"}),
        Shipped(_("Won"), {"state": "won"}),
        Shipped(_("Lost"), {"state": "lost"}),
        Shipped(_("By stage"), {"group": "stage"}),
        Shipped(_("By owner"), {"group": "owner"}),
        Shipped(_("By month"), {"group": "close_on"}),
        Shipped(_("By source"), {"group": "source"}),
    ],
    laid_out="/pipeline",
)


@dataclass(frozen=True)
class Sent(Filter):
    """By the words of its lead, by its key, or by its own id."""

    kind: str = "search"
    steady: bool = False

    def read(self, value: str, offer: Offer, by: Actor, reader: Reader) -> Narrowed:
        leads: Any = Lead.objects.visible_to(by).filter(holding(by, "lead", value))
        condition = Q(lead__in=leads) | Q(key=value[:200]) | Q(public_id=value[:12])
        return Narrowed(lambda by, reader: condition, _("Contains “%(text)s”") % {"text": value[:60]})


SUBMISSIONS = Listing(
    model=Submission,  # type: ignore[arg-type]  # nobody owns one
    title=_("Submissions"),
    one=_("submission"),
    many=_("submissions"),
    columns=[
        Column("received", _("Received"), "received", ("received_at",)),
        Column("endpoint", _("Endpoint"), fields=("endpoint",)),
        Column("lead", _("Lead"), fields=("lead",)),
        Column("state", _("State"), fields=("state",)),
        Column("reason", _("Reason"), fields=("reason",)),
    ],
    filters=[
        OneOf("state", _("State"), column="state", choices=tuple(Submission.State.choices)),
        Linked("endpoint", _("Endpoint"), column="endpoint", model=Endpoint),
        Day("received_after", _("Received after"), column="received_at"),
        Day("received_before", _("Received before"), column="received_at", after=False),
        Sent("q", _("Words")),
    ],
    sorts={"received": Order("received_at")},
    sort="-received",
    views=[
        Shipped(_("All"), {}),
        Shipped(_("Processed"), {"state": "processed"}),
        Shipped(_("Unusable"), {"state": "unusable"}),
        Shipped(_("Failed"), {"state": "failed"}),
        Shipped(_("Spam"), {"state": "spam"}),
    ],
)

LISTINGS: dict[str, Listing] = {each.model.noun(): each for each in (PEOPLE, COMPANIES, LEADS, OPPORTUNITIES)}


def listing_of(record: Record) -> Listing:
    return LISTINGS[record.noun()]
