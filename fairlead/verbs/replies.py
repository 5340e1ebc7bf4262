"""Answers to meetings that come by mail: they bring the guest's answer up to date, and never become leads."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.models import Attendee, Meeting, Submission
from fairlead.reading.calendars import Guest, Reply, local
from fairlead.verbs.invitations import tell_organiser
from fairlead.verbs.meetings import note_answer


def note_reply(submission: Submission, reply: Reply) -> dict[str, Any]:
    """Keep the answer in the running act; what the submission becomes."""
    current().hold(found := list(Meeting.objects.filter(uid=reply.entry.uid or "-").order_by("pk")[:10]))
    read = {"key": submission.key or f"body:{submission.arrival}", "lead": None, "extra": _extra(reply)}
    for meeting in found:
        for said in reply.entry.guests:
            guest = meeting.attendees.filter(address__iexact=said.address).first() if said.address else None
            if guest is not None:
                state, reason = _taken(meeting, guest, said, reply)
                return read | {"state": state, "reason": reason[:300]}
    reason = _("It answers a meeting that is not known here, or for somebody who is not invited.")
    return read | {"state": Submission.State.UNUSABLE, "reason": reason}


def _taken(meeting: Meeting, guest: Attendee, said: Guest, reply: Reply) -> tuple[str, str]:
    if reply.sender != guest.address.lower():
        who = {"who": reply.sender or "?", "guest": guest.address}
        return Submission.State.UNUSABLE, _("%(who)s answered for %(guest)s, which is not taken.") % who
    if reply.method == "COUNTER":
        _propose(meeting, guest, reply)
        return Submission.State.PROCESSED, _("%(guest)s proposes another time for “%(meeting)s”.") % _of(guest, meeting)
    if reply.method != "REPLY" or said.answer == "needs_action":
        return Submission.State.PROCESSED, _("It says nothing new of “%(meeting)s”.") % _of(guest, meeting)
    if reply.entry.sequence < meeting.asked_in or _is_older(guest, reply.entry.stamp):
        return Submission.State.PROCESSED, _("It answers an earlier date of “%(meeting)s”.") % _of(guest, meeting)
    note_answer(meeting, guest, said.answer, reply.entry.stamp or clock.now(), reply.comment)
    facts = _of(guest, meeting) | {"answer": guest.get_answer_display().lower()}
    return Submission.State.PROCESSED, _("%(guest)s on “%(meeting)s”: %(answer)s.") % facts


def _is_older(guest: Attendee, stamp: datetime | None) -> bool:
    """Mails overtake each other: the answer given last counts."""
    return stamp is not None and guest.answered_at is not None and stamp < guest.answered_at


def _propose(meeting: Meeting, guest: Attendee, reply: Reply) -> None:
    start = reply.entry.start
    shown = f"{local(start, meeting.tz).astimezone(meeting.tz):%Y-%m-%d %H:%M}" if start else "?"
    words = _of(guest, meeting) | {"when": shown}
    subject = _("%(guest)s proposes %(when)s for “%(meeting)s”") % words
    tell_organiser(meeting, subject, "\n\n".join(filter(None, [subject, reply.comment])))


def _of(guest: Attendee, meeting: Meeting) -> dict[str, str]:
    return {"guest": str(guest), "meeting": meeting.title}


def _extra(reply: Reply) -> dict[str, str]:
    return {"method": reply.method, "meeting": reply.entry.title[:300], "from": reply.sender}
