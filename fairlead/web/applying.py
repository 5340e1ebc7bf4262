"""The page on which a track is applied to a record: what was chosen there, and the plan that comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import OuterRef, Subquery

from fairlead.core.errors import Invalid, Refused
from fairlead.models import Track, TrackStep, TrackVersion, User
from fairlead.models.track_plan import Asked, Known, Planned, example, plan, whose_of
from fairlead.verbs.tracks import asked_of, checked, reaching, too_often
from fairlead.web.page import Request


@dataclass
class Applying:
    """`given` is what the form says: `on` the start or end, and by each step's key `in.`, `on.` and `who.`.

    `was.` and `had.` carry the day and the colleague that the plan proposed, so that only what was changed counts.
    """

    request: Request
    record: Any
    track: Track
    given: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    # When steps that wait would come, if those before them are done on their day.
    likely: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def version(self) -> TrackVersion | None:
        """The version to apply; none when something stands against it, which `errors` then says."""
        try:
            return checked(self.record, self.track, self.number)
        except Refused as refusal:
            self.errors["track"] = refusal.text
            return None

    @property
    def number(self) -> int | None:
        text = self.given.get("number", "")
        return int(text) if text.isdecimal() and len(text) < 9 else None

    @property
    def start(self) -> date | None:
        """From when it counts, or back from when; today if a start is not said."""
        given = _day(self.given.get("on", ""))
        return given or (None if self.version is not None and self.version.back else self.request.reader.today)

    @cached_property
    def planned(self) -> list[Planned]:
        """Every step as it would be; empty while an end date is missing."""
        if self.version is None or self.start is None:
            return []
        known = Known({self.request.user.pk: self.request.user})
        people = whose_of(self.record, self.request.user, known)
        try:
            asked = self._asked(self.version, self.start, known)
            done_in_time = example(self.version, self.steps, people, asked, known)
            self.likely = {each.step.key: each.due_on for each in done_in_time if each.follows}
            return plan(self.version, self.steps, people, asked, known)
        except Invalid as refusal:
            self.errors |= {name: " ".join(texts) for name, texts in refusal.errors.items()}
        except Refused as refusal:
            self.errors["track"] = refusal.text
        return []

    @cached_property
    def steps(self) -> list[Any]:
        return list(self.version.steps.select_related("user")) if self.version else []

    @property
    def left_out(self) -> list[str]:
        """Steps without their tick; on the first look every one is in."""
        if not self.given:
            return []
        shown = {name.removeprefix("was.") for name in self.given if name.startswith("was.")}
        return [key for key in shown if f"in.{key}" not in self.given]

    @property
    def dates(self) -> dict[str, date]:
        changed = {key: day for key, day in self._changed("on.", "was.").items() if day}
        return {key: day for key, text in changed.items() if (day := _day(text)) is not None}

    @property
    def assignees(self) -> dict[str, str]:
        return {key: who for key, who in self._changed("who.", "had.").items() if who}

    @cached_property
    def crowded(self) -> set[str]:
        """The keys of the steps that are one contact too many on their day, or on the day that is likely."""
        days = reaching(self.planned, self.likely)
        return {each.step.key for each in too_often(self.record, days)} if days else set()

    def arguments(self) -> dict[str, Any]:
        """What apply_track is called with."""
        back = self.version is not None and self.version.back
        return {
            "track": self.track,
            "ends_on" if back else "starts_on": self.start,
            "leave_out": self.left_out,
            "dates": self.dates,
            "assignees": self.assignees,
            "number": self.number,
            "despite": self.given.get("despite", ""),
        }

    def _changed(self, now: str, before: str) -> dict[str, str]:
        keys = [name.removeprefix(now) for name in self.given if name.startswith(now)]
        return {key: self.given[now + key] for key in keys if self.given[now + key] != self.given.get(before + key, "")}

    def _asked(self, version: TrackVersion, start: date, known: Known) -> Asked:
        ends_on = start if version.back else None
        starts_on = None if version.back else start
        asked = (starts_on, ends_on, self.left_out, self.dates, self.assignees)
        return asked_of(self.request.by, version, *asked, known=known)


def offered(noun: str) -> list[Track]:
    """The tracks that can be applied to this noun; one without steps has nothing to apply."""
    newest = TrackVersion.objects.filter(track=OuterRef("pk")).order_by("-number").values("pk")[:1]
    stepped = Track.objects.live().annotate(at=Subquery(newest)).filter(at__in=TrackStep.objects.values("version_of"))
    return [track for track in stepped if noun in track.applies_to]


def colleagues() -> list[User]:
    return list(User.objects.active().order_by("name"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
