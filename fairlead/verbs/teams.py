"""Teams and who is in them."""

from typing import Unpack

from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Schedule, Team, User
from fairlead.verbs.naming import free_name


class TeamFacts(TypedDict, total=False):
    schedule: Schedule | None


@verb("{by} made the team {it}", may="organisation.edit")
def create_team(by: Actor, *, name: str, schedule: Schedule | None = None) -> Team:
    """Make a team. Without a schedule of its own it works by the organisation's."""
    return create(Team, name=free_name(name, Team.objects.all()), schedule=schedule)


@verb("{by} edited the team {team}", may="organisation.edit")
def edit_team(
    by: Actor, team: Team, *, name: str | None = None, version: int | None = None, **facts: Unpack[TeamFacts]
) -> Team:
    """Change a team's name or schedule."""
    values = dict(facts) | ({"name": free_name(name, Team.objects.all(), team)} if name is not None else {})
    check_version(team, version, values)
    change(team, **values)
    return team


@verb("{by} put {user} into {team}", may="organisation.edit")
def join_team(by: Actor, team: Team, *, user: User) -> Team:
    """Put a user into a team; one who is in it stays."""
    change(user, teams=sorted({*_teams(user), team.pk}))
    return team


@verb("{by} took {user} out of {team}", may="organisation.edit")
def leave_team(by: Actor, team: Team, *, user: User) -> Team:
    """Take a user out of a team. What they own stays theirs and the team's."""
    change(user, teams=sorted({*_teams(user)} - {team.pk}))
    return team


def _teams(user: User) -> list[int]:
    return list(user.teams.values_list("pk", flat=True))
