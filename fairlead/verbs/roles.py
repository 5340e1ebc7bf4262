"""Roles: named sets of rights, edited by those who run the house."""

from typing import Any, Literal, cast

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.access import governing
from fairlead.core.actor import ACTIONS, Actor, Grants, Level, granted
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Role, User
from fairlead.verbs.naming import free_name

Action = Literal["see", "create", "edit", "delete", "export", "merge", "assign", "mass_update", "undo"]
Rights = dict[str, dict[Action, Level]]


@verb("{by} made the role {it}", may="organisation.edit")
def create_role(by: Actor, *, name: str, grants: Rights | None = None) -> Role:
    """Make a role. `grants` is {noun: {action: none, own, team or all}}, with * for every noun that is not named.

    `money` and `private` (ways to be reached) stand beside the nouns: fields of which `see` and `edit` are granted.
    What is not granted is denied.
    """
    return create(Role, name=free_name(name, Role.objects.all()), grants=_known(grants or {}))


@verb("{by} copied the role {role} to {it}", may="organisation.edit")
def copy_role(by: Actor, role: Role, *, name: str) -> Role:
    """Make a role with the rights that another has now."""
    return create(Role, name=free_name(name, Role.objects.all()), grants=role.grants, second_factor=role.second_factor)


@verb("{by} edited the role {role}", may="organisation.edit")
def edit_role(
    by: Actor, role: Role, *, name: str | None = None, grants: Rights | None = None, version: int | None = None
) -> Role:
    """Change a role's name or its rights, for everybody who has it, from their next click on.

    `grants` replaces all rights of the role. Somebody must stay who can edit roles.
    """
    values: dict[str, Any] = {"name": free_name(name, Role.objects.all(), role)} if name is not None else {}
    values |= {"grants": _known(grants, role.grants)} if grants is not None else {}
    check_version(role, version, values)
    change(role, **values)
    return role


@verb("{by} archived the role {role}", may="organisation.edit")
def archive_role(by: Actor, role: Role) -> Role:
    """Put a role away that nobody has any more."""
    if user := User.objects.filter(role=role).order_by("-is_active", "name").first():
        raise WrongState(_("%(name)s has this role. Give them another one first.") % {"name": user.name})
    if role.archived_at is None:
        change(role, archived_at=clock.now())
    return role


@verb("{by} brought the role {role} back", may="organisation.edit")
def unarchive_role(by: Actor, role: Role) -> Role:
    """Bring an archived role back, to be given to people again."""
    change(role, archived_at=None)
    return role


def _known(grants: Rights, before: Grants | None = None) -> Grants:
    """The rights in the order of actions, without what is not granted; nouns must be ones that have rights."""
    unknown = sorted(set(grants) - {"*", *governing(), *(before or {})})
    if unknown:
        known = ", ".join(governing())
        text = _("There are no rights on %(noun)s. There are on: %(known)s.")
        raise Invalid({"grants": [text % {"noun": unknown[0][:60], "known": known}]})
    given = cast(Grants, grants)
    return {
        noun: {action: level for action in ACTIONS if (level := granted(given, action, noun)) != "none"}
        for noun in grants
    }
