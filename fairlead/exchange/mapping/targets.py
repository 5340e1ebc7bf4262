"""What a column can become: for each kind of record its fields in words, and the custom fields it has."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.exchange.mapping.guess import Own
from fairlead.exchange.mapping.words import bare
from fairlead.models import Stage
from fairlead.models.custom import live_fields

SINGULAR = {
    "people": "person",
    "companies": "company",
    "leads": "lead",
    "opportunities": "opportunity",
    "tasks": "task",
}
PLURAL = {one: many for many, one in SINGULAR.items()}
LABELS: dict[str, Any] = {
    "name": _("Name"),
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "prefix": _("Form of address"),
    "suffix": _("Name suffix"),
    "call_name": _("Called"),
    "title": _("Job title"),
    "department": _("Department"),
    "mail": _("E-mail"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "fax": _("Fax"),
    "pager": _("Pager"),
    "website": _("Website"),
    "linkedin": _("LinkedIn"),
    "social": _("Social media"),
    "company": _("Company"),
    "company_id": _("Company’s id in the other system"),
    "legal_name": _("Legal name"),
    "industry": _("Industry"),
    "employees": _("Employees"),
    "revenue": _("Revenue"),
    "tax_id": _("Tax id"),
    "parent": _("Parent company"),
    "parent_id": _("Parent company’s id"),
    "street": _("Street"),
    "city": _("City"),
    "region": _("Region"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
    "po_box": _("PO box"),
    "source": _("Source"),
    "campaign": _("Campaign"),
    "status": _("Status"),
    "rating": _("Rating"),
    "lead_type": _("Lead type"),
    "interest": _("Interest"),
    "message": _("Notes"),
    "tags": _("Tags"),
    "owner": _("Owner’s name"),
    "owner_mail": _("Owner’s e-mail"),
    "owner_id": _("Owner’s id"),
    "external_id": _("Id in the other system"),
    "record": _("Id in Fairlead"),
    "created_at": _("Created"),
    "birthday": _("Birthday"),
    "mail_opt_out": _("No e-mails"),
    "do_not_call": _("No calls"),
    "gender": _("Gender"),
    "language": _("Language"),
    "connected_on": _("Connected on"),
    "is_company": _("Is a company"),
    "is_converted": _("Was converted"),
    "is_deleted": _("Was deleted"),
    "deal": _("Opportunity"),
    "stage": _("Stage"),
    "pipeline": _("Pipeline"),
    "amount": _("Amount"),
    "currency": _("Currency"),
    "probability": _("Probability"),
    "close_date": _("Close date"),
    "next_step": _("Next step"),
    "reason": _("Reason it was won or lost"),
    "person_id": _("Person’s id in the other system"),
    "person_name": _("Person"),
    "outcome": _("Won or lost"),
    "closed_on": _("Won or lost on"),
    "is_lost": _("Is lost"),
    "recurs": _("Recurs"),
    "months": _("Months"),
    "solution": _("Solution"),
    "lead_ref": _("Lead’s id in the other system"),
    "opportunity_id": _("Opportunity’s id in the other system"),
    "is_closed": _("Is closed"),
    "is_won": _("Is won"),
    "subject": _("Task"),
    "due": _("Due"),
    "done": _("Done"),
    "due_time": _("Time"),
    "kind": _("Kind"),
}
OF_ALL = ["owner", "owner_mail", "external_id", "record", "created_at", "tags", "source", "message"]
NAMED = ["first_name", "last_name", "name", "middle_name", "suffix", "call_name", "title"]
PLACED = ["street", "city", "region", "postal_code", "country"]
REACHED = ["mail", "phone", "mobile", "fax", "website"]
STOPS = ["mail_opt_out", "do_not_call"]
# What is read of each kind of record; other meanings that are found in a file are offered there too.
USED = {
    "people": [*NAMED, *REACHED, "company", "company_id", *PLACED, "language", "birthday", *STOPS, "is_company"],
    "companies": ["company", "legal_name", *REACHED, "industry", "employees", "revenue", "tax_id", *PLACED, *STOPS],
    "leads": [
        *NAMED,
        *REACHED,
        "company",
        "company_id",
        *PLACED,
        "interest",
        "employees",
        "language",
        "lead_type",
        "campaign",
        "rating",
        "status",
        "is_converted",
        *STOPS,
    ],
    "opportunities": [
        "deal",
        "company",
        "company_id",
        "person_name",
        "person_id",
        "mail",
        "amount",
        "currency",
        "recurs",
        "months",
        "pipeline",
        "stage",
        "probability",
        "close_date",
        "outcome",
        "closed_on",
        "is_won",
        "is_lost",
        "is_closed",
        "reason",
        "interest",
        "next_step",
        "solution",
    ],
    "tasks": [
        "subject",
        "kind",
        "due",
        "due_time",
        "done",
        "closed_on",
        "outcome",
        "deal",
        "person_name",
        "company",
        "company_id",
        "person_id",
        "lead_ref",
        "opportunity_id",
        "mail",
    ],
}


def targets(noun: str, by: Actor) -> list[tuple[str, str]]:
    """The meanings and labels that the columns of a file of these records can have, custom fields last."""
    used = [*USED[noun], *OF_ALL]
    own = [(field.full_key, field.name) for field in _fields(noun) if field.full_key not in _fixed(noun, by)]
    return [(meaning, str(LABELS[meaning])) for meaning in dict.fromkeys(used)] + own


def label(meaning: str, noun: str) -> str:
    """What a meaning is called."""
    if meaning in LABELS:
        return str(LABELS[meaning])
    return next((field.name for field in _fields(noun) if field.full_key == meaning), meaning)


def custom_fields(by: Actor) -> dict[str, dict[str, str]]:
    """By what records are, their custom fields that this actor may set: meanings (x.KEY) by bare name and by key."""
    found: dict[str, dict[str, str]] = {}
    for noun in SINGULAR:
        own = [field for field in _fields(noun) if field.full_key not in _fixed(noun, by)]
        found[noun] = {field.full_key: field.full_key for field in own} | {
            bare(each.name): each.full_key for each in own
        }
        found[noun].pop("", None)
    return found


def own_fields(noun: str, by: Actor, unknown: str) -> dict[str, Own]:
    """What a draft must know of custom fields; with `unknown` create, choices are added by who may."""
    adds = unknown == "create" and access.can_any(by, "edit", "organisation")
    return {
        each.full_key: Own(each.name, each.kind, None if adds else _choices(each))
        for each in _fields(noun)
        if each.full_key not in _fixed(noun, by)
    }


def stage_names(by: Actor, unknown: str) -> frozenset[str] | None:
    """The stages that opportunities can come into, with and without their pipelines; None when others are added."""
    if unknown == "create" and access.can_any(by, "edit", "organisation"):
        return None
    live = Stage.objects.live().filter(pipeline__archived_at=None).values_list("pipeline__name", "name")
    pairs = [(pipeline.casefold(), stage.casefold()) for pipeline, stage in live]
    return frozenset(f"{pipeline}\n{stage}" for one, stage in pairs for pipeline in (one, ""))


def _choices(field: Any) -> frozenset[str]:
    return frozenset(text.casefold() for pair in field.offered for text in pair)


def _fields(noun: str) -> list[Any]:
    return list(live_fields(SINGULAR[noun]))


def _fixed(noun: str, by: Actor) -> frozenset[str]:
    return access.fixed(by, nouns()[SINGULAR[noun]])
