"""Tracks that start by themselves: by a lead's source or form, by the stage that an opportunity enters, by a quote."""

from contextlib import suppress
from typing import Any

from fairlead.core.actor import Actor, system
from fairlead.core.errors import Refused
from fairlead.core.verb import verb
from fairlead.models import Lead, Opportunity, RunningTrack, Track, TrackTrigger
from fairlead.models.track_plan import Known
from fairlead.verbs.tracks import asked_of, checked, start


def lead_came(by: Actor, lead: Any, *, form: Any = None) -> None:
    """Start what a lead of this source starts, or with `form` what a lead from that form does."""
    if form is not None:
        _start(by, lead, form=form)
    elif lead.source_id:
        _start(by, lead, source=lead.source_id)


def stage_entered(by: Actor, opportunity: Any) -> None:
    """Start what an opportunity in this stage starts."""
    _start(by, opportunity, stage=opportunity.stage_id)


def quote_sent(by: Actor, opportunity: Any) -> None:
    """Start what a quote that was sent starts on its opportunity."""
    _start(by, opportunity, quote_sent=True)


@verb("{by} started the track {it}, as {trigger} does", may="edit")
def start_triggered(by: Actor, record: Lead | Opportunity, *, trigger: TrackTrigger) -> RunningTrack:
    """Start the track of a trigger on a record, once; it asks nobody, so steps that ask are the owner's."""
    held = RunningTrack.objects.filter(trigger=trigger, **{record.noun(): record}).first()
    if held is not None:
        return held
    version = checked(record, trigger.track)
    known = Known()
    asked = asked_of(by, version, None, None, [], {}, {}, known=known)
    return start(by, record, version, asked, known, ask=False, trigger=trigger)


def _start(by: Actor, record: Any, **what: Any) -> None:
    """Once per record and trigger; where something stands against it (do not contact, runs already) it is left."""
    triggers = TrackTrigger.objects.live().filter(
        track__archived_at=None, track__counts_from=Track.Counts.START, **what
    )
    for trigger in triggers.select_related("track").order_by("pk"):
        if RunningTrack.objects.filter(trigger=trigger, **{record.noun(): record}).exists():
            continue
        with suppress(Refused):
            start_triggered(_cause(by, trigger), record, trigger=trigger)


def _cause(by: Actor, trigger: TrackTrigger) -> Actor:
    return system(f"track {trigger.track.public_id}", by.door)
