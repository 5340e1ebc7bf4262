"""A track applied to many records at once: one act with one undo, and bulk statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import bulk, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import create_many, link_many
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.record import chunks
from fairlead.core.verb import verb
from fairlead.models import Organisation, RunningTrack, Task, Track, TrackStep, TrackVersion
from fairlead.models.pressure import pressures_on, whom
from fairlead.models.subject import Subject
from fairlead.models.suppression import in_force
from fairlead.models.track_plan import Asked, Known, Whose, active, plan, whose_of_many
from fairlead.verbs.bulk import begin
from fairlead.verbs.tracks import Pattern, asked_of, pattern

AT_ONCE = 1000  # records, so that an act of very many needs no more memory than these


@verb("{by} applied the track {track} to {what}", may="member")
def apply_track_to_many(
    by: Actor,
    records: list[Subject],
    *,
    track: Track,
    starts_on: date | None = None,
    ends_on: date | None = None,
    despite: str = "",
) -> list[RunningTrack]:
    """Apply a track to many records of one noun; steps that ask who does them fall to each record's owner.

    Records on which it runs already, and those that are not to be contacted, are left alone; so are those that would
    be contacted more often than the limits allow, unless `despite` says in one line why.
    """
    begin(by, records, "mass_update", "edit")
    lines, wanted, whose = _prepared(by, records, track, starts_on, ends_on)
    lines.despite = despite.strip()[:200]
    if not lines.despite:
        wanted = lines.calm(wanted, whose)
    tags, made = list(track.tags.all()), []
    for piece in chunks(wanted, AT_ONCE):
        made += lines.begin_on(piece, whose)
        if tags:
            link_many(piece, "tags", tags)
        current().settle()
    return made


def crowded(by: Actor, records: Sequence[Any], track: Track) -> list[Any]:
    """Those of them that would be left alone, because it would be more contact than the limits allow."""
    lines, wanted, whose = _prepared(by, records, track, None, None)
    calm = {each.pk for each in lines.calm(wanted, whose)}
    return [each for each in wanted if each.pk not in calm]


@dataclass
class Lines:
    """The steps of a version as tasks of many records; for the same people they are worked out once."""

    by: Actor
    version: TrackVersion
    asked: Asked
    ends_on: date | None
    known: Known
    steps: Sequence[TrackStep]
    patterns: dict[Any, Pattern] = field(default_factory=dict)
    despite: str = ""

    def calm(self, records: Sequence[Any], whose: Mapping[int, Whose]) -> list[Any]:
        """Those for whom it is not too much contact, with what is planned for the same people by this act."""
        with_them = pressures_on(records, clock.now(), Organisation.ours().tz)
        found = []
        for record in records:
            days, of = self._pattern(whose[record.pk]).touches, whom(record)
            after = with_them[of].with_days(days)
            if not any(after.is_over(day) for day in days):
                with_them[of] = after
                found.append(record)
        return found

    def begin_on(self, records: Sequence[Any], whose: Mapping[int, Whose]) -> list[RunningTrack]:
        """Tracks and tasks in few statements."""
        noun = records[0].noun()
        facts: dict[str, Any] = {
            "version_of_id": self.version.pk,
            "applied_by_id": self.by.user_id,
            "despite": self.despite,
        }
        facts["started_on"] = self.asked.today if self.version.back else self.asked.start
        facts["ends_on"] = self.ends_on if self.version.back else None
        owners = [whose[each.pk].owner for each in records]
        values = [
            {**facts, f"{noun}_id": each.pk, "owner_id": owner and owner.pk}
            for each, owner in zip(records, owners, strict=True)
        ]
        made = create_many(RunningTrack, values)
        mine = [self._pattern(whose[each.pk]) for each in records]
        ids = iter(bulk.take_ids(Task, sum(len(each.values) for each in mine)))
        tasks: list[dict[str, Any]] = []
        for record, running, line in zip(records, made, mine, strict=True):
            own = {f"{noun}_id": record.pk, "running_track_id": running.pk}
            tasks += line.on(list(islice(ids, len(line.values))), **own)
        create_many(Task, tasks)
        return made

    def _pattern(self, people: Whose) -> Pattern:
        key = people.owner and people.owner.pk, tuple(sorted((role, user.pk) for role, user in people.roles.items()))
        if key not in self.patterns:
            planned = plan(self.version, self.steps, people, self.asked, self.known)
            self.patterns[key] = pattern(self.by, planned)
        return self.patterns[key]


def _prepared(
    by: Actor, records: Sequence[Any], track: Track, starts_on: date | None, ends_on: date | None
) -> tuple[Lines, list[Any], Mapping[int, Whose]]:
    """The steps as they would be, the records that they can be on, and whom they fall to there."""
    version, known = _version(records, track), Known()
    asked = asked_of(by, version, starts_on, ends_on, [], {}, {}, known=known)
    wanted = _open_to(records, track)
    lines = Lines(by, version, asked, ends_on, known, list(version.steps.select_related("user")))
    return lines, wanted, whose_of_many(wanted, active(known.found(by.user_id)), known) if wanted else {}


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
