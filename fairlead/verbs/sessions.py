"""Ending one's own sessions."""

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.verb import verb
from fairlead.models import Session, User


@verb("{by} ended a session", may="member", undo_within=None)
def end_session(by: Actor, *, session: str) -> None:
    """End one of your own sessions by its public id; whoever uses that browser is signed out."""
    ended, _each = Session.objects.filter(user=_own(by), public_id=session).delete()
    current().step.always = ended > 0


@verb("{by} ended their other sessions", may="member", undo_within=None)
def end_other_sessions(by: Actor, *, keep: str = "") -> None:
    """End all your own sessions but the one with the public id `keep`."""
    ended, _each = Session.objects.filter(user=_own(by)).exclude(public_id=keep).delete()
    current().step.always = ended > 0


def _own(by: Actor) -> User:
    own: User = User.objects.get(pk=by.user_id)
    return own
