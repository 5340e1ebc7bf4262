"""The people who work at Northgate IT."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from fairlead.core.actor import Actor
from fairlead.models import Role, Team, User
from fairlead.verbs.teams import create_team
from fairlead.verbs.users import invite_user

ZONE = ZoneInfo("Europe/London")


class Colleague(NamedTuple):
    name: str
    role: str
    team: str


COLLEAGUES = [
    Colleague("Sam Whitlock", "Seller", "Sales"),
    Colleague("Noah Bennett", "Seller", "Sales"),
    Colleague("Lena Kaur", "Seller", "Sales"),
    Colleague("Mira Holt", "Manager", "Sales"),
    Colleague("Dele Okafor", "Delivery", "Technical"),
    Colleague("Iris Blum", "Administrator", "Office"),
]


def join(by: Actor) -> dict[str, Actor]:
    """Add the colleagues with their teams; returns each as an actor, by first name in lower case."""
    teams = {name: create_team(by, name=name) for name in dict.fromkeys(each.team for each in COLLEAGUES)}
    roles = {role.name: role for role in Role.objects.all()}
    users = [_add(by, each, roles[each.role], teams[each.team]) for each in COLLEAGUES]
    return {first_name(user): user.actor("web") for user in users}


def first_name(user: User) -> str:
    return user.name.split()[0].lower()


def _add(by: Actor, colleague: Colleague, role: Role, team: Team) -> User:
    email = f"{colleague.name.split()[0].lower()}@northgate.example"
    return invite_user(by, name=colleague.name, email=email, role=role, teams=[team], mail=False)
