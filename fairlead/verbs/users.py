"""The people who work with Fairlead: the first administrator, invitations, roles, leaving and coming back."""

from datetime import timedelta

from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Organisation, Role, Session, SignInLink, Team, User, normal
from fairlead.verbs.links import mail_link
from fairlead.verbs.organisation import set_up
from fairlead.verbs.passwords import checked, demand_passwords

INVITED_FOR = timedelta(days=7)


@verb("{it} set up Fairlead as its first administrator", may="anyone", undo_within=None, secret=True)
def first_administrator(
    by: Actor,
    *,
    secret: str,
    name: str,
    email: str,
    password: str,
    organisation: str,
    country: str = "GB",
    currency: str = "GBP",
    zone: str = "Europe/London",
) -> User:
    """Make the first administrator and the organisation, once, with the secret that was printed at the first start."""
    if SignInLink.use(secret, SignInLink.Purpose.FIRST_ADMIN) is None or User.objects.exists():
        raise WrongState(_("This link was used or is too old. Restart Fairlead to print a new one."))
    set_up(by, name=organisation, country=country, currency=currency, zone=zone)
    user = new_user(name=name, email=email, role=Role.objects.get(name="Administrator"), teams=[])
    user.keep_password(checked(password, user))
    return user


@verb("{by} invited {it}", may="organisation.edit")
def invite_user(
    by: Actor, *, name: str, email: str, role: Role, teams: list[Team] | None = None, mail: bool = True
) -> User:
    """Add somebody who works with Fairlead, and mail them a link to choose a password; it works for 7 days.

    Without `mail` they come in by a sign-in link instead.
    """
    user = new_user(name=name, email=email, role=role, teams=teams or [])
    if mail:
        mail_link(by, user, SignInLink.Purpose.INVITATION, valid=INVITED_FOR)
    return user


@verb("{by} invited {user} again", may="organisation.edit", undo_within=None)
def invite_again(by: Actor, user: User) -> User:
    """Mail a new invitation to somebody who has not chosen a password yet; the earlier link ends."""
    if not user.is_active or user.has_usable_password():
        raise WrongState(_("%(name)s needs no invitation. Mail a sign-in link instead.") % {"name": user.name})
    SignInLink.open_for(user, SignInLink.Purpose.INVITATION).delete()
    mail_link(by, user, SignInLink.Purpose.INVITATION, valid=INVITED_FOR)
    current().step.always = True
    return user


@verb("{it} accepted the invitation", may="anyone", undo_within=None, secret=True)
def accept_invitation(by: Actor, *, secret: str, password: str, name: str = "") -> User:
    """Choose a password with the secret of an invitation; the name may be put right."""
    demand_passwords()
    link = SignInLink.use(secret, SignInLink.Purpose.INVITATION)
    user = link.user if link else None
    if not isinstance(user, User) or not user.is_active:
        raise WrongState(_("This invitation was used or is too old. Ask for a new one."))
    change(user, name=name.strip() or user.name)
    user.keep_password(checked(password, user))
    current().step.always = True
    return user


@verb("{by} made {user} {role}", may="organisation.edit")
def change_role(by: Actor, user: User, *, role: Role) -> User:
    """Give a user another role, from their next click on. The last administrator stays one."""
    change(user, role=_usable(role))
    return user


@verb("{by} signed {user} out everywhere", may="organisation.edit", undo_within=None)
def sign_out_everywhere(by: Actor, user: User) -> User:
    """End all sessions of a user, after a lost laptop for example. They can sign in again."""
    current().step.always = Session.objects.filter(user=user).delete()[0] > 0
    return user


@verb("{by} deactivated {user}", may="organisation.edit")
def deactivate_user(by: Actor, user: User) -> User:
    """Sign a user out everywhere and let them in no more; what they own and did stays."""
    if user.pk == by.user_id:
        raise WrongState(_("You cannot deactivate yourself. Ask another administrator."))
    change(user, is_active=False)
    Session.objects.filter(user=user).delete()
    SignInLink.objects.filter(user=user, used_at=None).delete()
    return user


@verb("{by} let {user} in again", may="organisation.edit")
def reactivate_user(by: Actor, user: User) -> User:
    """Let a deactivated user sign in again, with the password they had."""
    change(user, is_active=True)
    return user


def new_user(*, name: str, email: str, role: Role, teams: list[Team]) -> User:
    ours = Organisation.ours()
    facts = {"role": _usable(role), "teams": teams, "zone": ours.zone, "locale": ours.locale}
    return create(User, name=name.strip(), email=_free(email), **facts)


def _usable(role: Role) -> Role:
    if role.archived_at is not None:
        raise WrongState(_("The role %(role)s is put away. Bring it back first.") % {"role": role.name})
    return role


def _free(email: str) -> str:
    """The address in its normal form, when nobody signs in with it yet."""
    address = normal.mail(email)
    if not address:
        raise Invalid({"email": [_("This is not an e-mail address. Write it like ines@example.com.")]})
    if (taken := User.objects.filter(email=address).first()) is not None:
        raise Invalid({"email": [_("%(name)s has this address already.") % {"name": taken.name}]})
    return address
