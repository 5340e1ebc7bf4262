"""Passwords, and the links that are mailed to those who cannot sign in with one. Neither is ever in an event."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.objections import objections
from fairlead.core.verb import verb
from fairlead.models import Session, SignInLink, User, normal
from fairlead.verbs.links import mail_link

LINK_FOR = timedelta(minutes=20)
MOST_LINKS = 3


@verb("{by} changed their password", may="member", undo_within=None, secret=True)
def set_password(by: Actor, *, password: str, current_password: str = "") -> User:
    """Change your own password. Your other sessions end; the caller keeps its own.

    The current password is asked for, unless there is none yet. A token cannot: it would open more than itself.
    """
    if by.kind == "token":
        raise NotAllowed(_("A token cannot do this. Do it in the browser."))
    demand_passwords()
    user = User.objects.get(pk=by.user_id)
    if user.has_usable_password() and not user.check_password(current_password):
        raise Invalid({"current_password": [_("This is not your current password.")]})
    return _set(user, password)


@verb("{it} set a new password by a mailed link", may="anyone", undo_within=None, secret=True)
def reset_password(by: Actor, *, secret: str, password: str) -> User:
    """Set a new password with the secret of a mailed link; all sessions end."""
    demand_passwords()
    link = SignInLink.use(secret, SignInLink.Purpose.RESET)
    user = link.user if link else None
    if not isinstance(user, User) or not user.is_active:
        raise WrongState(_("This link was used or is too old. Ask for a new one."))
    return _set(user, password)


@verb("A sign-in link was asked for", may="anyone", undo_within=None)
def ask_for_link(by: Actor, *, email: str) -> None:
    """Mail a link that signs in, if somebody has this address; the answer never says whether."""
    demand_passwords()
    user = User.objects.active().filter(email=normal.mail(email)).first()
    if user is not None:
        _mail_if_few(by, user, SignInLink.Purpose.SIGN_IN)


@verb("{by} asked for a link to set a password", may="member", undo_within=None)
def ask_for_password_link(by: Actor) -> None:
    """Mail yourself a link to set a new password without the old one."""
    demand_passwords()
    _mail_if_few(by, User.objects.get(pk=by.user_id), SignInLink.Purpose.RESET)


def demand_passwords() -> None:
    """Refuse what belongs to passwords and mailed links where people come in by the provider alone."""
    if settings.OIDC_ONLY:
        raise WrongState(_("Passwords are switched off here. Sign in with %(it)s.") % {"it": settings.OIDC_LABEL})


def checked(password: str, user: User) -> str:
    """The password, when it is long enough, uncommon, and unlike the user's name and address."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid({"password": objections(error)}) from None
    return password


def _set(user: User, password: str) -> User:
    user.keep_password(checked(password, user))
    current().step.about.append(user)
    current().step.always = True
    Session.objects.filter(user=user).delete()
    SignInLink.objects.filter(user=user, used_at=None).delete()
    return user


def _mail_if_few(by: Actor, user: User, purpose: SignInLink.Purpose) -> None:
    """At most a few open links at a time, so that nobody's mailbox is flooded by strangers."""
    if SignInLink.open_for(user, purpose).count() < MOST_LINKS:
        mail_link(by, user, purpose, valid=LINK_FOR)
