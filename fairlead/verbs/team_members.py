"""Who of us works on an opportunity, and as what."""

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Opportunity, TeamMember, User
from fairlead.verbs.notices import tell
from fairlead.verbs.ownership import add_collaborator, remove_collaborator


@verb("{by} asked {user} to work on {opportunity}", may="edit")
def add_team_member(by: Actor, opportunity: Opportunity, *, user: User, role: str = "") -> TeamMember:
    """Pull a colleague in, with a role such as technical; they see the opportunity from now on, and are told."""
    there = TeamMember.objects.filter(opportunity=opportunity, user=user).first()
    if there is not None:
        change(there, role=_plain(role))
        return there
    if user.pk != opportunity.owner_id:
        add_collaborator(by, opportunity, helper=user)
    member = create(TeamMember, opportunity=opportunity, user=user, role=_plain(role))
    tell(by, user, "team", opportunity, member.role.lower())
    return member


@verb("{by} made {team_member} {role}", may="edit")
def edit_team_member(by: Actor, team_member: TeamMember, *, role: str, version: int | None = None) -> TeamMember:
    """Change what a colleague is on an opportunity."""
    check_version(team_member, version, {"role": _plain(role)})
    change(team_member, role=_plain(role))
    return team_member


@verb("{by} took {team_member} off {it}", may="edit")
def remove_team_member(by: Actor, team_member: TeamMember) -> Opportunity:
    """End a colleague's work on an opportunity."""
    opportunity: Opportunity = team_member.opportunity
    user = team_member.user
    remove(team_member)
    remove_collaborator(by, opportunity, helper=user)
    return opportunity


def _plain(role: str) -> str:
    return " ".join(role.split())
