"""What lets tracks stand still until their owner says how to go on: replies, meetings, do-not-contact, bounces."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.models import Activity, ExactKey, RunningTrack, Task
from fairlead.verbs.tracks import Cause, pause_track


def pause_tracks(by: Actor, record: Any, because: Cause) -> None:
    """Pause what runs on a record and on what is about the same person; for a company's do-not-contact on all of its.

    An out-of-office or any other automatic answer is no reply: do not call this for one.
    """
    _pause(by, _about(record, wide=because in {"do_not_contact", "unsubscribe", "bounce"}), because)


def talked(by: Actor, activity: Activity) -> None:
    """Pause by what was logged: a mail or call from them, or a meeting that no track planned."""
    if activity.kind == "meeting":
        met(by, activity.about)
    elif activity.kind in {"mail", "call"} and activity.direction == "in":
        pause_tracks(by, activity.about, "reply")


def met(by: Actor, record: Any) -> None:
    """Pause by a meeting, booked or held, on the tracks that do not ask for one themselves."""
    _pause(by, _about(record, wide=False), "meeting")


def pause_by_address(by: Actor, address: str, because: Cause) -> None:
    """Pause by a mail address or number (as keys have it) that is not to be used any more, whoever it belongs to."""
    if not address:
        return
    whom = Q(pk__in=[])
    for noun, pk in ExactKey.objects.filter(value=address).values_list("noun", "record_id"):
        if noun in {"person", "company", "lead"}:
            whom |= Q(**{f"{noun}_id": pk})
            whom |= Q(lead__person=pk) | Q(opportunity__person=pk) if noun == "person" else Q()
    _pause(by, whom, because)


def _pause(by: Actor, about: Q, because: Cause) -> None:
    going: Any = RunningTrack.objects.going().filter(about).select_related("version_of__track").order_by("pk")
    if because == "meeting":
        going = going.exclude(Exists(_own_meetings()))
    for running in going:
        pause_track(by, running, because=because)


def _own_meetings() -> Any:
    """Meetings that a track asks for itself, open or held since yesterday: they do not stop it."""
    held = Q(state=Task.State.DONE, done_at__gte=clock.now() - timedelta(days=1))
    return Task.objects.filter(Q(state=Task.State.OPEN) | held, running_track=OuterRef("pk"), kind=Task.Kind.MEETING)


def _about(record: Any, *, wide: bool) -> Q:
    """The tracks on this record and on all that is about the same person; `wide`: on what a company has, too."""
    found, noun = Q(**{record.noun(): record}), record.noun()
    person = record.pk if noun == "person" else getattr(record, "person_id", None)
    if person:
        found |= Q(person=person) | Q(lead__person=person) | Q(opportunity__person=person)
    if wide and noun == "company":
        found |= Q(person__company=record) | Q(lead__company=record) | Q(opportunity__company=record)
    return found
