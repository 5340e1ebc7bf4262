"""Do not contact: asked for, and lifted."""

from datetime import datetime
from typing import Literal

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.verb import verb
from fairlead.models import Company, Organisation, Person, Suppression
from fairlead.models.suppression import address_key, in_force, plain_address
from fairlead.verbs.track_pauses import pause_by_address, pause_tracks

Channel = Literal["any", "mail", "phone", "post"]
Why = Literal["do_not_contact", "unsubscribe", "bounce"]


@verb("{by} marked {record} as do not contact: {reason}", may="edit")
def suppress(
    by: Actor, record: Person | Company, *, reason: str, channel: Channel = "any", until: datetime | None = None
) -> Suppression:
    """Keep everybody from contacting a person or a company, on one channel or all, for good or until a moment."""
    held = in_force().filter(**{record.noun(): record}, channel=channel, until=until).first()
    if held:
        return held
    made = create(Suppression, **{record.noun(): record}, channel=channel, reason=reason, until=until, source=by.door)
    if channel != "post":
        pause_tracks(by, record, "do_not_contact")
    return made


@verb("{by} suppressed an address: {reason}", may="person.edit")
def suppress_address(
    by: Actor,
    *,
    address: str,
    channel: Literal["mail", "phone"],
    reason: str,
    until: datetime | None = None,
    because: Why = "do_not_contact",
) -> Suppression:
    """Keep everybody from contacting an address, whoever it belongs to, now or later.

    The tracks of whoever it belongs to stand still, and say `because` of what.
    """
    key = address_key(address, channel, Organisation.ours().country)
    held = in_force().filter(address_hash=key, channel=channel, until=until).first()
    facts = {"channel": channel, "reason": reason, "until": until, "source": by.door}
    if held is not None:
        return held
    pause_by_address(by, plain_address(address, channel, Organisation.ours().country), because)
    return create(Suppression, address=address, address_hash=key, **facts)


@verb("{by} lifted a do-not-contact: {reason}", may="edit")
def lift_suppression(by: Actor, suppression: Suppression, *, reason: str) -> Suppression:
    """Allow contact again, with the reason; the lifted entry stays in history."""
    if suppression.lifted_at is None:
        change(suppression, lifted_at=clock.now())
    return suppression
