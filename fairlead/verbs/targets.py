"""Targets, set by those who look after everybody's opportunities."""

from datetime import date
from decimal import Decimal

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.verb import verb
from fairlead.models import Organisation, Target, User
from fairlead.verbs.amounts import minor


@verb("{by} set the target of {user}", may="opportunity.mass_update")
def set_target(by: Actor, *, user: User, month: date, amount: Decimal) -> Target:
    """Say what somebody means to win in the month of this day, in the organisation's currency; 0 is no target."""
    currency, first = Organisation.ours().currency, month.replace(day=1)
    values = {"amount_minor": minor(amount, currency), "currency": currency}
    known = Target.objects.filter(user=user, month=first).first()
    if known is None:
        return create(Target, user=user, month=first, **values)
    change(known, **values)
    return known
