"""What a telephone system tells of calls: all of one call is one call, of whoever has its number."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.models import Call, Company, ExactKey, Lead, Organisation, Person, Submission, User, normal
from fairlead.models.owned import Owned
from fairlead.reading.body import Unreadable
from fairlead.reading.calls import CallNews, call_news
from fairlead.verbs.activities import log_call
from fairlead.verbs.capture import capture_lead, holding

AGAIN = timedelta(minutes=10)  # within which the same bytes are the same news
LONGEST = timedelta(hours=4)  # of a call, where its system names no calls
OF = ("lead", "person", "company")


def note_call(by: Actor, submission: Submission) -> dict[str, Any]:
    """Bring a call up to date with what has arrived; what the submission becomes.

    A call that came in from a number nobody has, and that nobody took, becomes a lead.
    """
    try:
        news = call_news(submission.body, submission.headers, submission.content_type, submission.received_at)
    except Unreadable as reason:
        return {"state": Submission.State.UNUSABLE, "reason": str(reason)[:300], "extra": {}}
    number = normal.phone(news.number, Organisation.ours().country) if news.number else ""
    call = _brought_up_to_date(submission, news, number)
    if call.is_missed and call.direction == "in" and call.e164 and call.activity is None and not _known(call.e164):
        _missed(by, call)
    said = {"call": call.public_id, "direction": call.direction, "number": call.number}
    return {"state": Submission.State.PROCESSED, "reason": "", "lead": call.lead, "key": call.key, "extra": said}


def _brought_up_to_date(submission: Submission, news: CallNews, number: str) -> Call:
    call = _same(submission, news, number)
    told = _told(call, news, number)
    if call is not None:
        change(call, **told)
        return call
    whom = _whose(number)
    about = {whom.noun(): whom} if whom else {}
    return create(Call, endpoint=submission.endpoint, key=_key(submission, news), **told, **about)


def _same(submission: Submission, news: CallNews, number: str) -> Call | None:
    """The call that this is news of: by its key, else the one with this number that is not over."""
    calls = Call.objects.filter(endpoint=submission.endpoint)
    if news.key:
        return calls.filter(key=news.key).first()
    same = calls.filter(direction=news.direction, e164=number, number=news.number).order_by("-started_at", "-pk")
    again = same.filter(key__startswith=_bytes(submission), started_at__gte=news.at - AGAIN)
    going_on = same.filter(ended_at=None, started_at__gte=news.at - LONGEST)
    return same.filter(started_at=news.started).first() or again.first() or going_on.first()


def _key(submission: Submission, news: CallNews) -> str:
    return news.key or f"{_bytes(submission)}{submission.arrival}"


def _bytes(submission: Submission) -> str:
    return f"body:{hashlib.sha256(submission.body).hexdigest()[:48]}:"


def _told(call: Call | None, news: CallNews, number: str) -> dict[str, Any]:
    """What the news change; it may come in any order, and a call that is over stays so."""
    started = min(news.started, call.started_at) if call else news.started
    late = call is not None and call.is_missed and news.is_over  # an announcement, after nobody took it
    taken = [each for each in (call.answered_at if call else None, None if late else news.answered_at) if each]
    ended = [each for each in (call.ended_at if call else None, news.at if news.is_over else None) if each]
    agent = _agent(news.agents) or (call.agent if call else None)
    values: dict[str, Any] = {
        "started_at": started,
        "answered_at": min(taken, default=None),
        "ended_at": max(ended, default=None),
        "agent": agent,
        "agent_name": (news.agents[0] if news.agents else call.agent_name if call else "")[:200],
    }
    if call is None or (news.number and not call.number):
        values |= {"direction": news.direction, "number": news.number, "e164": number}
    return values


def _agent(names: tuple[str, ...]) -> User | None:
    """The one of ours with this mail address, extension or name."""
    for name in names:
        plain = " ".join(name.split())
        same = Q(email__iexact=plain) | Q(name__iexact=plain) | Q(extension=plain)
        found = list(User.objects.active().filter(same).order_by("pk")[:2]) if plain else []
        if len(found) == 1:
            one: User = found[0]
            return one
    return None


def _whose(number: str) -> Owned | None:
    """The one open lead with this number, else the one person, else the one company."""
    keys = [("phone", number)]
    found = holding(Lead, keys, state="open") or holding(Person, keys) or holding(Company, keys)
    whose: Owned | None = found[0] if len(found) == 1 else None
    return whose


def _known(number: str) -> bool:
    return ExactKey.objects.filter(kind="phone", value=number, noun__in=OF).exists()


def _missed(by: Actor, call: Call) -> None:
    """A lead of the call that nobody took, with the call on its timeline."""
    at = call.endpoint
    owner = call.agent or at.owner
    lead = capture_lead(
        by,
        phone=call.number,
        lead_type="call",
        owner=owner,
        endpoint=at,
        message=_("Missed call"),
        source=at.source,
        campaign=at.campaign,
        interest=at.interest,
    )
    entry = log_call(by, lead, direction="in", outcome="no_answer", happened_at=call.started_at)
    change(call, lead=lead, activity=entry)
