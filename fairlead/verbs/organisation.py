"""Setting up the organisation and keeping its facts."""

from datetime import time
from typing import Literal, Unpack

from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Organisation, Role, Schedule, Source
from fairlead.models.schedule import WEEKDAYS
from fairlead.models.user import DEFAULT_ROLES
from fairlead.verbs.first_pipeline import add_first_pipeline
from fairlead.verbs.first_tracks import add_first_tracks
from fairlead.verbs.lead_rules import add_first_rules
from fairlead.verbs.reasons import add_first_reasons

SOURCES = [
    "Web form", "Phone", "Referral", "Word of mouth", "Trade show", "Search", "Map search", "Yellow pages", "E-mail",
    "Purchased list",
]  # fmt: skip


class OrganisationFacts(TypedDict, total=False):
    name: str
    country: str
    currency: str
    zone: str
    locale: str
    quiet_from: time | None
    quiet_until: time | None
    touches_week: int | None
    touches_month: int | None
    overdue_then: Literal["tell", "queue", "reassign"]


@verb("{by} set up {it}", may="organisation.edit", undo_within=None)
def set_up(by: Actor, *, demo: bool = False, **facts: Unpack[OrganisationFacts]) -> Organisation:
    """Set up the organisation: roles, hours, a pipeline, sources, reasons and tracks; a second call changes nothing."""
    if (ours := Organisation.objects.first()) is not None:
        return ours
    for name, grants in DEFAULT_ROLES.items():
        create(Role, name=name, grants=grants)
    hours = {"zone": facts.get("zone", "Europe/London"), "country": facts.get("country", "GB")}
    schedule = create(Schedule, name="Working hours", hours=WEEKDAYS, **hours)
    add_first_pipeline()
    for name in SOURCES:
        create(Source, name=name)
    add_first_reasons()
    add_first_tracks(by)
    add_first_rules()
    return create(Organisation, schedule=schedule, demo=demo, **{"name": "Fairlead", **facts})


@verb("{by} changed the organisation’s settings", may="edit")
def edit_organisation(
    by: Actor, organisation: Organisation, *, version: int | None = None, **facts: Unpack[OrganisationFacts]
) -> Organisation:
    """Change the organisation's name, country, currency, time zone or locale."""
    check_version(organisation, version, dict(facts))
    change(organisation, **facts)
    return organisation


@verb("{by} added the source {it}", may="organisation.create")
def create_source(by: Actor, *, name: str) -> Source:
    """Add a source for leads; an existing one of that name is returned."""
    return Source.objects.filter(name__iexact=name.strip()).first() or create(Source, name=name.strip())
