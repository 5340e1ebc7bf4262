"""Who else sells what we sell: the organisation's list, and who is a rival for which opportunity."""

from typing import Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Competitor, Opportunity, Rival
from fairlead.verbs.naming import free_name


class CompetitorFacts(TypedDict, total=False):
    strengths: str
    weaknesses: str
    answer: str


@verb("{by} added the competitor {it}", may="organisation.create")
def create_competitor(by: Actor, *, name: str, **facts: Unpack[CompetitorFacts]) -> Competitor:
    """Add a competitor to the organisation's list, with strengths, weaknesses and our answer."""
    return create(Competitor, name=free_name(name, Competitor.objects.live()), **facts)


@verb("{by} edited the competitor {competitor}", may="edit")
def edit_competitor(
    by: Actor,
    competitor: Competitor,
    *,
    name: str | None = None,
    version: int | None = None,
    **facts: Unpack[CompetitorFacts],
) -> Competitor:
    """Change what is known of a competitor; every opportunity shows it."""
    values: dict[str, object] = dict(facts)
    if name is not None:
        values["name"] = free_name(name, Competitor.objects.live(), competitor)
    check_version(competitor, version, values)
    change(competitor, **values)
    return competitor


@verb("{by} archived the competitor {competitor}", may="edit")
def archive_competitor(by: Actor, competitor: Competitor) -> Competitor:
    """Take a competitor off the list; opportunities that name it keep it."""
    if competitor.archived_at is None:
        change(competitor, archived_at=clock.now())
    return competitor


@verb("{by} brought the competitor {competitor} back", may="edit")
def unarchive_competitor(by: Actor, competitor: Competitor) -> Competitor:
    """Put an archived competitor back on the list."""
    if competitor.archived_at is not None:
        change(competitor, name=free_name(competitor.name, Competitor.objects.live(), competitor), archived_at=None)
    return competitor


@verb("{by} listed {it} as a competitor for {opportunity}", may="edit")
def add_rival(
    by: Actor,
    opportunity: Opportunity,
    *,
    competitor: Competitor | None = None,
    new_competitor: str = "",
    note: str = "",
) -> Rival:
    """List a competitor for an opportunity; `new_competitor` is the name of one that is not on the list yet."""
    against = competitor or named(new_competitor)
    there = Rival.objects.filter(opportunity=opportunity, competitor=against).first()
    if there is None:
        return create(Rival, opportunity=opportunity, competitor=against, note=note)
    if note:
        change(there, note=note)
    return there


@verb("{by} noted on the competitor {rival}", may="edit")
def edit_rival(by: Actor, rival: Rival, *, note: str, version: int | None = None) -> Rival:
    """Change what is noted of a competitor for this opportunity."""
    check_version(rival, version, {"note": note})
    change(rival, note=note)
    return rival


@verb("{by} took the competitor {rival} off {it}", may="edit")
def remove_rival(by: Actor, rival: Rival) -> Opportunity:
    """Take a competitor off an opportunity; it stays on the organisation's list."""
    opportunity: Opportunity = rival.opportunity
    remove(rival)
    return opportunity


def named(name: str) -> Competitor:
    """The competitor of this name, whatever its case; put on the list when there is none."""
    plain = " ".join(name.split())
    if not plain:
        raise Invalid({"competitor": [_("Say which competitor it is.")]})
    return Competitor.objects.live().filter(name__iexact=plain).first() or create(Competitor, name=plain)
