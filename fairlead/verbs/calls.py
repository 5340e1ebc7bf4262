"""Calls that come in: written down on the record of who called, or on a new lead, in one act."""

from typing import Any, Unpack

from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.verb import verb
from fairlead.models import Activity, Call, Campaign, Lead, Source
from fairlead.models.about import ABOUT
from fairlead.models.subject import Subject
from fairlead.verbs.activities import CallOutcome, Happening, log_call
from fairlead.verbs.capture import likely
from fairlead.verbs.leads import with_phone
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.track_triggers import lead_came

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
    call: Call | None


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
    it too, it is marked as a possible duplicate; nothing keeps it from being added. `call` is what the telephone
    system told of it: when it was, and how long.
    """
    _demand(by, "activity" if about else "lead")
    caller: dict[str, Any] = dict(said)
    call: Call | None = caller.pop("call", None)
    happening: Any = {name: caller.pop(name) for name in Happening.__annotations__ if name in caller}
    subject = about or _new_lead(by, caller)
    if call is None:
        return log_call(by, subject, text=text, outcome=outcome, direction="in", **happening)
    entry = log_call(by, subject, text=text, outcome=outcome, direction="in", **(_when(call) | happening))
    change(call, activity=entry, **{name: subject if subject.noun() == name else None for name in ABOUT})
    return entry


@verb("{by} logged a call with {about}", may="edit")
def log_known_call(by: Actor, call: Call, *, text: str = "", **happening: Unpack[Happening]) -> Activity:
    """Log a call that the telephone system told of, on whose number it is; one that is logged stays as it is."""
    if call.activity is not None:
        return call.activity
    if call.about is None:
        raise Invalid({"call": [_("Nobody has this number yet. Say on the phone page who it was.")]})
    outcome: CallOutcome = "reached" if call.answered_at else "no_answer"
    facts: Any = {"outcome": outcome, "direction": call.direction} | _when(call) | dict(happening)
    entry = log_call(by, call.about, text=text, **facts)
    change(call, activity=entry)
    return entry


@verb("{by} put a call aside", may="edit")
def put_call_aside(by: Actor, call: Call) -> Call:
    """Say that a call needs no entry."""
    if call.activity is None and call.put_aside_at is None:
        change(call, put_aside_at=clock.now())
    return call


def _when(call: Call) -> dict[str, Any]:
    return {"happened_at": call.started_at, "minutes": call.minutes}


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
    made = create(Lead, **(found.links | values), **owned_by(by), possible_duplicate=doubtful)
    lead_came(by, made)
    return made
