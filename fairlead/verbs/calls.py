"""Calls that come in: written down on the record of who called, or on a new lead, in one act."""

from typing import Any, Unpack

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.changes import create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.verb import verb
from fairlead.models import Activity, Campaign, Lead, Source
from fairlead.models.subject import Subject
from fairlead.verbs.activities import CallOutcome, Happening, log_call
from fairlead.verbs.capture import likely
from fairlead.verbs.leads import with_phone
from fairlead.verbs.ownership import owned_by

CALLER = ("name", "company_name", "phone", "email")


class TakenCall(Happening, total=False):
    """Who called, when they are not on record yet, besides what every entry can say."""

    name: str
    company_name: str
    phone: str
    email: str
    interest: str
    source: Source | None
    campaign: Campaign | None


@verb("{by} took a call from {about}", may="member")
def take_call(
    by: Actor,
    about: Subject | None = None,
    *,
    text: str = "",
    outcome: CallOutcome = "reached",
    **said: Unpack[TakenCall],
) -> Activity:
    """Write down a call that came in: on the record of who called, or else on a new lead, made of what they said.

    The new lead is linked to the one person, or else company, that has its number or mail address. Where others have
    it too, it is marked as a possible duplicate; nothing keeps it from being added.
    """
    _demand(by, "activity" if about else "lead")
    happening: Any = {name: value for name, value in said.items() if name in Happening.__annotations__}
    caller = {name: value for name, value in said.items() if name not in happening}
    subject = about or _new_lead(by, caller)
    return log_call(by, subject, text=text, outcome=outcome, direction="in", **happening)


def _demand(by: Actor, noun: str) -> None:
    if by.kind != "system" and not access.can_any(by, "create", noun):
        text = _("Your role does not allow this. Nothing was changed. Ask an administrator.")
        raise NotAllowed(text, may=f"{noun}.create")


def _new_lead(by: Actor, caller: dict[str, Any]) -> Lead:
    if not any(caller.get(name, "").strip() for name in CALLER):
        raise Invalid({"name": [_("Write a number or a name first.")]})
    values = with_phone({"lead_type": Lead.Type.CALL, **caller})
    found = likely(values)
    doubtful = found.doubtful or bool(found.leads)
    return create(Lead, **(found.links | values), **owned_by(by), possible_duplicate=doubtful)
