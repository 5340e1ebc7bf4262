"""Accounts at the organisation's sign-in provider: linked to users, made for those who come first, and unlinked.

The door has checked what the provider says before it calls these; a program cannot, so none may call them.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.errors import NotAllowed, WrongState
from fairlead.core.verb import verb
from fairlead.models import Identity, Role, Session, SignInLink, User
from fairlead.verbs.users import new_user


@verb(
    "{by} linked their account at {provider}", may="member", undo_within=None, opposite="unlink_identity", secret=True
)
def link_identity(by: Actor, *, issuer: str, subject: str, email: str = "") -> User:
    """Sign in with this account of the provider from now on."""
    user = _own(by)
    held = Identity.objects.filter(issuer=issuer, subject=subject).exclude(user=user)
    other = Identity.objects.filter(issuer=issuer, user=user).exclude(subject=subject)
    if held.exists() or other.exists():
        raise WrongState(_("Another account is linked already. An administrator can unlink it."))
    _link(user, issuer, subject, email)
    return user


@verb("{it} came in with {provider} for the first time", may="organisation.edit", undo_within=None, secret=True)
def join_with_identity(by: Actor, *, issuer: str, subject: str, email: str, name: str, role: Role) -> User:
    """Make a user of somebody whom the provider knows and who is none yet; the sign-in page alone does this."""
    if by.kind != "system":
        raise NotAllowed(_("People come in this way by signing in themselves. Invite them instead."))
    user = new_user(name=name, email=email, role=role, teams=[])
    _link(user, issuer, subject, email)
    return user


@verb(
    "{by} unlinked their account at {provider}", may="member", undo_within=None, opposite="link_identity", secret=True
)
def unlink_identity(by: Actor) -> None:
    """Sign in with the account at the provider no more."""
    user = _own(by)
    if settings.OIDC_ONLY:
        raise WrongState(_("It is the only way in here. Nothing was changed."))
    _unlink(user)


@verb("{by} unlinked the account of {user} at {provider}", may="organisation.edit", undo_within=None, secret=True)
def reset_identity(by: Actor, user: User) -> User:
    """Unlink a user's account at the provider, after it was made anew there for example; all their sessions end."""
    if by.kind == "token":
        raise NotAllowed(_("A token cannot do this. Do it in the browser."))
    _unlink(user)
    Session.objects.filter(user=user).delete()
    return user


def _own(by: Actor) -> User:
    if by.door != "web" or by.user_id is None:
        raise NotAllowed(_("How you sign in is changed in the browser alone. Open Settings there."))
    own: User = User.objects.select_for_update().get(pk=by.user_id)
    return own


def _link(user: User, issuer: str, subject: str, email: str) -> None:
    made = Identity.objects.get_or_create(user=user, issuer=issuer, subject=subject, defaults={"email": email})[1]
    SignInLink.open_for(user, SignInLink.Purpose.INVITATION).delete()
    current().step.always = made
    current().step.labels["provider"] = settings.OIDC_LABEL


def _unlink(user: User) -> None:
    if not Identity.objects.filter(user=user).delete()[0]:
        raise WrongState(_("No account is linked. Nothing was changed."))
    current().step.always = True
    current().step.labels["provider"] = settings.OIDC_LABEL
