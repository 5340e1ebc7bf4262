"""Calls that a telephone system told of, as lines with what to do about them."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.prepared import Prepared, PreparedFor
from fairlead.models import Call, Endpoint
from fairlead.web import rows
from fairlead.web.addresses import url_of
from fairlead.web.formats import Reader, clock, moment

RINGS = timedelta(minutes=10)  # after which a call of which nothing more was heard is no news
LATELY = timedelta(hours=12)
MOST = 8


def now(by: Actor, reader: Reader) -> dict[str, Any]:
    """What rings, and what was taken and is not logged: the reader’s own calls, and those that are nobody’s.

    Whether it is worth asking again: whether a telephone system tells of calls.
    """
    ringing = keep_to_oneself(_RINGING(by, reader.now - RINGS), by)
    waiting = keep_to_oneself(_WAITING(by, reader.now - LATELY), by)
    return {
        "ringing": [_ringing(each, reader) for each in ringing],
        "waiting": [line(each, reader) for each in waiting],
        "listening": bool(_CONNECTED()),
    }


def line(call: Call, reader: Reader) -> dict[str, str]:
    """One that is over: who, when, how long, and where it is logged."""
    parts = [moment(call.started_at, reader), _("%(n)s min") % {"n": call.minutes} if call.minutes else ""]
    return {"id": call.public_id, "text": told(call), "sub": ", ".join(each for each in parts if each), **_act(call)}


def told(call: Call) -> str:
    whom = {"whom": call.about or call}
    if call.direction == "out":
        return _("Called %(whom)s") % whom if call.answered_at else _("Tried %(whom)s") % whom
    return _("Missed %(whom)s") % whom if call.is_missed else _("Call from %(whom)s") % whom


def keep_to_oneself(calls: list[Call], by: Actor) -> list[Call]:
    """Whom the reader may not see is not named; the number alone stays."""
    for name in ("person", "company", "lead"):
        seen = rows.reached(by, "see", [getattr(each, name) for each in calls])
        for each in calls:
            if getattr(each, f"{name}_id") not in seen:
                setattr(each, name, None)
    return calls


def _ringing(call: Call, reader: Reader) -> dict[str, str]:
    """Who is known is opened with a call to log; who is not, on the phone page."""
    whom = {"whom": call.about or call}
    text = _("%(whom)s is on the phone") % whom if call.answered_at else _("%(whom)s is calling") % whom
    url = f"{url_of(call.about)}?kind=call&direction=in#log" if call.about else _act(call)["url"]
    parts = [str(call) if call.about else "", clock(call.started_at, reader)]
    return {"text": text, "sub": ", ".join(part for part in parts if part), "url": url}


def _act(call: Call) -> dict[str, str]:
    """Who is known is logged in one press; of who is not, the phone page asks."""
    if call.about is not None:
        return {"post": f"/calls/{call.public_id}/log-known-call", "url": url_of(call.about)}
    return {"post": "", "url": "/call?" + urlencode({"number": call.e164 or call.number, "call": call.public_id})}


def _near(by: Actor) -> Any:
    mine = Call.objects.visible_to(by).filter(Q(agent_id=by.user_id) | Q(agent=None))
    return mine.select_related("person", "company", "lead").order_by("-started_at")


_RINGING = PreparedFor(lambda by, since: _near(by).ringing(since)[:MOST], (), datetime)
_WAITING = PreparedFor(lambda by, since: _near(by).unlogged().filter(started_at__gte=since)[:MOST], (), datetime)
_CONNECTED = Prepared(lambda: Endpoint.objects.filter(kind="calls", archived_at=None)[:1], ("public_id",))
