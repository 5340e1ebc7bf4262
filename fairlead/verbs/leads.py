"""Adding and editing leads."""

from datetime import datetime
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Activity, Campaign, Company, Lead, Organisation, Person, Source, User, normal
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.ownership import given_to, owned_by
from fairlead.verbs.routing import CLOCK, Router, carry_out, keep
from fairlead.verbs.track_triggers import lead_came

LeadType = Literal["inquiry", "trial", "event", "call", "list"]
Rating = Literal["", "hot", "warm", "cold"]


class LeadFacts(TypedDict, total=False):
    company_name: str
    title: str
    email: str
    phone: str
    website: str
    company_size: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    language: str
    lead_type: LeadType
    interest: str
    rating: Rating
    message: str
    source: Source | None
    campaign: Campaign | None
    origin: dict[str, str]
    possible_duplicate: bool
    person: Person | None
    company: Company | None
    respond_by: datetime | None
    custom: Custom


@verb("{by} added the lead {it}", may="lead.create")
def create_lead(by: Actor, *, name: str = "", owner: User | None = None, **facts: Unpack[LeadFacts]) -> Lead:
    """Add a lead with whatever is known of it; nothing is required. Without `owner`, the lead rules say whose it is."""
    values = with_phone(with_custom(by, "lead", dict(facts)))
    router = Router(current().at)
    placed = router.place(values, adder=by, owner=owner.pk if owner else None)
    given: dict[str, Any] = {"tags": placed.tags, **placed.values} if placed else owned_by(by)
    given |= given_to(owner) if owner else {}
    if values.get("respond_by") is not None:
        given = {name: value for name, value in given.items() if name not in CLOCK}
    lead = create(Lead, name=name, **values | given)
    keep(lead, placed)
    router.done()
    carry_out(lead, placed, arrived=False)
    lead_came(by, lead)
    return lead


@verb("{by} edited {lead}", may="edit")
def edit_lead(
    by: Actor, lead: Lead, *, name: str | None = None, version: int | None = None, **facts: Unpack[LeadFacts]
) -> Lead:
    """Change facts of a lead. With `version`, a field that somebody else changed since is a conflict."""
    values = with_custom(by, "lead", dict(facts)) | ({"name": name} if name is not None else {})
    check_version(lead, version, values)
    if values.get("respond_by") not in (None, lead.respond_by):
        values |= {"respond_from": clock.now(), "warned": 0, "clock_of": ""}
    change(lead, **with_phone(values))
    return lead


def answered(activity: Activity) -> None:
    """Stop the lead's response clock when this contact is a human answer: reached or voicemail, mail out, meeting."""
    lead = activity.lead
    if lead is None or lead.responded_at or not _is_answer(activity):
        return
    change(lead, responded_at=max(activity.happened_at, lead.created_at) if activity.happened_at else clock.now())


def with_phone(values: dict[str, Any]) -> dict[str, Any]:
    """The facts in normal form, with the number in E.164 when there is one among them."""
    if text := values.get("language"):
        values["language"] = normal.language(text)
        if not values["language"]:
            raise Invalid({"language": [_("Write a language by its letters, like de or de-at.")]})
    if "phone" in values:
        values["phone_e164"] = normal.phone(values["phone"], values.get("country") or Organisation.ours().country)
    return values


def _is_answer(activity: Activity) -> bool:
    """Who rang us and was talked to is answered; a mail or a voicemail of theirs is no answer of ours."""
    if activity.kind == "call":
        return activity.outcome == "reached" or (activity.outcome == "voicemail" and activity.direction == "out")
    return activity.kind != "note" and activity.direction == "out"
