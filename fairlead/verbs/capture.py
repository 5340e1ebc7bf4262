"""Capture: what arrives is kept as it came, and becomes a lead, once. Nobody is merged with anybody."""

from dataclasses import dataclass
from typing import Any, Unpack

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import create
from fairlead.core.verb import verb
from fairlead.models import Activity, Company, Endpoint, ExactKey, Lead, Organisation, Person, Team, User
from fairlead.models.owned import Owned
from fairlead.verbs.custom_values import with_custom
from fairlead.verbs.leads import LeadFacts, with_phone
from fairlead.verbs.outgoing import tell_colleague
from fairlead.verbs.ownership import given_to
from fairlead.verbs.routing import Placed, Router, carry_out, keep
from fairlead.verbs.track_triggers import lead_came


@verb("{by} captured {it}", may="lead.create")
def capture_lead(
    by: Actor,
    *,
    name: str = "",
    owner: User | None = None,
    team: Team | None = None,
    endpoint: Endpoint | None = None,
    **facts: Unpack[LeadFacts],
) -> Lead:
    """Take an inquiry: linked to the one person, or else company, with its mail address or phone number.

    If exactly one open lead of the same type has it, the inquiry joins that one: nothing is overwritten, its owner is
    told, and that lead is the answer. Where several have it, none is linked, and the lead is a possible duplicate.
    A new lead without `owner` goes where the lead rules say; `endpoint` is where it arrived.
    """
    one_at_a_time()
    values = with_phone(with_custom(by, "lead", {"name": name, **facts}))
    found = likely(values)
    given = found.links | {
        noun: value for noun, value in values.items() if value is not None or noun not in found.links
    }
    router = Router(current().at)
    placed = router.place(given, endpoint=endpoint.pk if endpoint else None, owner=owner.pk if owner else None)
    known = _joined(found, values, placed)
    if known is not None:
        _join(known, values)
        return known
    lead = create(Lead, **given | _owned(owner, team, placed) | {"possible_duplicate": found.doubtful})
    keep(lead, placed)
    router.done()
    carry_out(lead, placed, arrived=True)
    lead_came(by, lead)
    return lead


@dataclass(frozen=True)
class Likely:
    """Who has the mail address or number of a lead to be: what it is linked to, and open leads of its type.

    `doubtful`: several have it, so that none of them is linked.
    """

    links: dict[str, Any]
    leads: list[Lead]
    doubtful: bool


def likely(values: dict[str, Any]) -> Likely:
    """Who may already be known with these facts, the number among them in E.164."""
    keys = Lead(**{field: values.get(field, "") for field in ("email", "phone_e164")}).exact_keys()
    leads = holding(Lead, keys, state="open", lead_type=values.get("lead_type", Lead.Type.INQUIRY))
    people = holding(Person, keys)
    companies = [] if people else holding(Company, keys)
    links = {"person": people[0]} if len(people) == 1 else {"company": companies[0]} if len(companies) == 1 else {}
    return Likely(links, leads, max(len(leads), len(people), len(companies)) > 1)


def one_at_a_time() -> None:
    """Of two inquiries at the same moment, the second one sees what the first became."""
    ours = Organisation.ours()
    if ours.pk:
        current().hold([ours])


def holding(model: type[Owned], keys: list[tuple[str, str]], **conditions: Any) -> list[Any]:
    """Up to two live records of this noun that have one of these keys."""
    wanted = [Q(kind=kind, value=value) for kind, value in keys if value]
    if not wanted:
        return []
    either = wanted[0]
    for each in wanted[1:]:
        either |= each
    ids = ExactKey.objects.filter(either, noun=model.noun()).values("record_id")
    live = model._base_manager.filter(pk__in=ids, archived_at=None, merged_into=None, **conditions)
    return list(live.order_by("pk")[:2])


def _joined(found: Likely, values: dict[str, Any], placed: Placed | None) -> Lead | None:
    """The open lead that this is a further inquiry of: of its type, or of the type that a rule makes it."""
    lead_type = placed.values.get("lead_type") if placed else None
    if len(found.leads) != 1 and lead_type and lead_type != values.get("lead_type"):
        found = likely(values | {"lead_type": lead_type})
    return found.leads[0] if len(found.leads) == 1 else None


def _owned(owner: User | None, team: Team | None, placed: Placed | None) -> dict[str, Any]:
    """Whose it is, and what a rule says of it besides. Without an owner, its team is the one that was told."""
    if owner is not None:
        return {"tags": placed.tags, **placed.values, **given_to(owner)} if placed else given_to(owner)
    found = {"tags": placed.tags, **placed.values} if placed else {"owner_id": None}
    return found if team is None or found["owner_id"] else found | {"team_id": team.pk}


def _join(lead: Lead, values: dict[str, Any]) -> None:
    """A further inquiry of who has an open lead: it shows on its timeline, and the owner is told once a day."""
    act = current()
    text = "\n".join(str(values[name]) for name in ("interest", "message") if values.get(name))
    said = _("Further inquiry: %(text)s") % {"text": text} if text else _("Further inquiry, without a message")
    create(Activity, lead=lead, kind="note", direction="in", text=said, happened_at=act.at, logged_at=act.at)
    if lead.owner is not None:
        subject = _("%(name)s has asked again") % {"name": lead}
        tell_colleague(lead.owner, subject, said, key=f"inquiry:{lead.pk}:{act.at:%Y-%m-%d}")
