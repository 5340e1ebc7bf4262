"""A track applied to many records at once: one act with one undo, and bulk statements."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import bulk
from fairlead.core.actor import Actor
from fairlead.core.changes import create_many, link_many
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.record import chunks
from fairlead.core.verb import verb
from fairlead.models import RunningTrack, Tag, Task, Track, TrackVersion
from fairlead.models.subject import Subject
from fairlead.models.suppression import in_force
from fairlead.models.track_plan import Asked, Known, active, plan, whose_of_many
from fairlead.verbs.bulk import begin
from fairlead.verbs.tracks import Pattern, asked_of, pattern


@verb("{by} applied the track {track} to {what}", may="member")
def apply_track_to_many(
    by: Actor, records: list[Subject], *, track: Track, starts_on: date | None = None, ends_on: date | None = None
) -> list[RunningTrack]:
    """Apply a track to many records of one noun; steps that ask who does them fall to each record's owner.

    Records on which it runs already, and those that are not to be contacted, are left alone.
    """
    begin(by, records, "mass_update", "edit")
    version = _version(records, track)
    known = Known()
    asked = asked_of(by, version, starts_on, ends_on, [], {}, {}, known=known)
    wanted = _open_to(records, track)
    made = _start(by, wanted, version, asked, ends_on, known) if wanted else []
    tags: list[Tag] = list(track.tags.all())
    if tags and wanted:
        link_many(wanted, "tags", tags)
    return made


def _version(records: Sequence[Any], track: Track) -> TrackVersion:
    if track.archived_at is not None:
        raise WrongState(_("The track %(track)s was archived. Nothing was applied.") % {"track": track})
    if records[0].noun() not in track.applies_to:
        raise Invalid({"track": [_("%(track)s is for other records than these.") % {"track": track}]})
    version = track.newest
    if not version.steps.exists():
        raise Invalid({"track": [_("%(track)s has no steps yet.") % {"track": track}]})
    return version


def _open_to(records: Sequence[Any], track: Track) -> list[Any]:
    """Those on which the track does not run, and that may be contacted."""
    noun, out = records[0].noun(), set()
    live = RunningTrack.objects.filter(version_of__track=track, state__in=["running", "paused"])
    for chunk in chunks([each.pk for each in records]):
        out |= set(live.filter(**{f"{noun}__in": chunk}).values_list(f"{noun}_id", flat=True))
    stops = {
        (name, pk)
        for name in ("person", "company")
        for pk in in_force().filter(channel="any").exclude(**{name: None}).values_list(f"{name}_id", flat=True)
    }
    whom = {each.pk: {(noun, each.pk), *_linked(each)} for each in records}
    return [each for each in records if each.pk not in out and not each.archived_at and not whom[each.pk] & stops]


def _linked(record: Any) -> set[tuple[str, int]]:
    return {(name, pk) for name in ("person", "company") if (pk := getattr(record, f"{name}_id", None))}


def _start(
    by: Actor,
    records: Sequence[Any],
    version: TrackVersion,
    asked: Asked,
    ends_on: date | None,
    known: Known,
) -> list[RunningTrack]:
    """Tracks and tasks in few statements; the same people and days are worked out once."""
    noun, steps = records[0].noun(), list(version.steps.select_related("user"))
    whose = whose_of_many(records, active(known.found(by.user_id)), known)
    facts = {"version_of_id": version.pk, "started_on": asked.today if version.back else asked.start}
    facts |= {"ends_on": ends_on if version.back else None, "applied_by_id": by.user_id}
    values = [
        {**facts, f"{noun}_id": each.pk, "owner_id": owner.pk if (owner := whose[each.pk].owner) else None}
        for each in records
    ]
    made = create_many(RunningTrack, values)
    patterns: dict[Any, Pattern] = {}
    mine: list[Pattern] = []
    for record in records:
        people = whose[record.pk]
        key = people.owner and people.owner.pk, tuple(sorted((role, user.pk) for role, user in people.roles.items()))
        if key not in patterns:
            patterns[key] = pattern(by, plan(version, steps, people, asked, known))
        mine.append(patterns[key])
    ids = list(bulk.take_ids(Task, sum(len(each.values) for each in mine)))
    tasks: list[dict[str, Any]] = []
    for record, running, line in zip(records, made, mine, strict=True):
        own = {f"{noun}_id": record.pk, "running_track_id": running.pk}
        tasks += line.on(ids[len(tasks) : len(tasks) + len(line.values)], **own)
    create_many(Task, tasks)
    return made
