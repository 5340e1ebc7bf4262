"""Mail of ours that came back: its address is not written to any more, and the tracks of whoever has it stand still."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.outbox import Outbox
from fairlead.models import Submission
from fairlead.reading.bounces import Bounce, is_gone
from fairlead.verbs.outgoing import OURSELVES, promise_of
from fairlead.verbs.suppressions import suppress_address

# A full mailbox, or a server that refuses what we write: not for good, but not again tomorrow either.
FOR_A_WHILE = timedelta(days=7)


def note_bounce(by: Actor, submission: Submission, bounce: Bounce) -> dict[str, Any] | None:
    """What the submission becomes; None when no mail of ours came back, whoever says so."""
    row = promise_of(bounce.of)
    if row is None:
        return None
    came_back(by, row, bounce.status, bounce.said)
    words = {"address": row.payload["to"], "said": bounce.said or bounce.status}
    reason = _("A mail to %(address)s came back: %(said)s") % words
    key = submission.key or f"bounce:{row.pk}"
    return {"key": key, "lead": None, "state": Submission.State.PROCESSED, "reason": reason[:300]}


def came_back(by: Actor, row: Outbox, status: str, said: str) -> None:
    """A mail was given up: its address is suppressed, for good if it is not there any more; our own people's is not."""
    if row.payload["purpose"] in OURSELVES:
        return
    until = None if is_gone(status) else clock.now() + FOR_A_WHILE
    reason = _("Mail to it came back: %(said)s") % {"said": said or status}
    suppress_address(by, address=row.payload["to"], channel="mail", reason=reason[:200], until=until, because="bounce")
