"""Second factors: an authenticator app, passkeys, recovery codes, and which roles need one. No secret is in an event.

One's own are set up in the browser alone: a token must not be able to change how its user signs in.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid, NotAllowed, NotFound, WrongState
from fairlead.core.resource import Secret
from fairlead.core.verb import verb
from fairlead.models import Authenticator, Passkey, RecoveryCode, Role, Session, User
from fairlead.models.second_factor import forget_second_factors, has_second_factor, step_of


@dataclass
class RecoveryCodes:
    """Codes that each sign in once when the second factor is not at hand; shown this once."""

    codes: list[Secret] = field(default_factory=list)


@verb("{by} set up an authenticator app", may="member", undo_within=None, secret=True)
def add_authenticator(by: Actor, *, secret: str, code: str, session: str = "") -> RecoveryCodes:
    """Sign in with an app's codes besides the password; `code` proves that the app has the secret.

    Your other sessions end, except the one with the public id `session`. An earlier app is replaced. The first
    second factor brings recovery codes.
    """
    user, step = _own(by), step_of(secret, code)
    if step is None:
        raise Invalid({"code": [_("This is not the code of now. Wait for the next one and type that.")]})
    Authenticator.keep(user, secret, step)
    return _added(user, session)


@verb("{by} removed their authenticator app", may="member", undo_within=None, secret=True)
def remove_authenticator(by: Actor) -> None:
    """Sign in without the app from now on."""
    user = _own(by)
    current().step.always = Authenticator.objects.filter(user=user).delete()[0] > 0
    _still_enough(user)


@verb("{by} added the passkey {name}", may="member", undo_within=None, secret=True)
def add_passkey(
    by: Actor, *, name: str, credential: str, public_key: str, sign_count: int = 0, session: str = ""
) -> RecoveryCodes:
    """Sign in with a passkey from now on, alone or after the password; the door has checked it.

    Your other sessions end, except the one with the public id `session`. The first second factor brings recovery codes.
    """
    user = _own(by)
    if Passkey.objects.filter(credential=credential).exists():
        raise WrongState(_("This passkey is here already. Nothing was changed."))
    facts = {"credential": credential, "public_key": public_key, "sign_count": sign_count}
    Passkey.objects.create(user=user, name=name, **facts)
    return _added(user, session)


@verb("{by} removed the passkey {name}", may="member", undo_within=None, secret=True)
def remove_passkey(by: Actor, *, passkey: str) -> None:
    """Let one of your own passkeys, by its public id, sign in no more."""
    user = _own(by)
    found = Passkey.objects.filter(user=user, public_id=passkey).first()
    if found is None:
        raise NotFound(_("There is no such passkey of yours."))
    found.delete()
    current().step.labels["name"] = found.name
    current().step.always = True
    _still_enough(user)


@verb("{by} made new recovery codes", may="member", undo_within=None, secret=True)
def renew_recovery_codes(by: Actor) -> RecoveryCodes:
    """Ten new recovery codes; the earlier ones work no more."""
    user = _own(by)
    if not has_second_factor(user):
        raise WrongState(_("Recovery codes stand in for a second factor. Set one up first."))
    current().step.always = True
    return _codes(user)


@verb("{by} signed in with a recovery code", may="member", undo_within=None, secret=True)
def spend_recovery_code(by: Actor, *, code: str) -> None:
    """Use up one of your own recovery codes."""
    if not RecoveryCode.spend(_own(by), code):
        raise Invalid({"code": [_("This code does not work. It may be used up.")]})
    current().step.always = True


@verb("{by} removed the second factor of {user}", may="organisation.edit", undo_within=None, secret=True)
def reset_second_factor(by: Actor, user: User) -> User:
    """Let a user who lost phone and recovery codes sign in without them; all their sessions end."""
    if by.kind == "token":
        raise NotAllowed(_("A token cannot do this. Do it in the browser."))
    current().step.always = forget_second_factors(user) > 0
    Session.objects.filter(user=user).delete()
    return user


@verb("{by} changed whether {role} needs a second factor", may="organisation.edit")
def require_second_factor(by: Actor, role: Role, *, required: bool) -> Role:
    """Ask a second factor of everybody with this role; who has none sets one up at the next click."""
    change(role, second_factor=required)
    return role


def _own(by: Actor) -> User:
    if by.door != "web" or by.user_id is None:
        raise NotAllowed(_("How you sign in is changed in the browser alone. Open Settings there."))
    own: User = User.objects.select_for_update().get(pk=by.user_id)
    return own


def _added(user: User, session: str) -> RecoveryCodes:
    current().step.always = True
    Session.objects.filter(user=user).exclude(public_id=session).delete()
    return RecoveryCodes() if RecoveryCode.objects.filter(user=user).exists() else _codes(user)


def _codes(user: User) -> RecoveryCodes:
    return RecoveryCodes([Secret(code) for code in RecoveryCode.issue(user)])


def _still_enough(user: User) -> None:
    """After a removal: a role that needs a second factor keeps one, and codes without a factor open nothing."""
    if has_second_factor(user):
        return
    if user.role.second_factor:
        raise WrongState(_("Your role needs a second factor. Set up another one first."))
    RecoveryCode.objects.filter(user=user).delete()
