"""Tracks: templates of steps (definition, versions, steps, what starts them), and those that run on a record."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Record, RowQuerySet
from fairlead.models.about import ABOUT, About, exactly_one
from fairlead.models.task import Task


class Track(Record):
    """A template of steps. What is said of its steps is said by its newest version."""

    access_as = "organisation"

    class Counts(models.TextChoices):
        START = "start", _("from the start")
        END = "end", _("back from an end date")

    name = models.CharField(_("name"), max_length=120)
    about = models.CharField(_("what it is for"), max_length=300, blank=True)
    applies_to = models.JSONField(_("applies to"), default=list)
    counts_from = models.CharField(_("counts"), max_length=5, choices=Counts.choices, default=Counts.START)
    tags: Any = models.ManyToManyField("Tag", blank=True, related_name="tracks", verbose_name=_("tags"))
    # Counts the changes of its steps, so that two who edit them at once find out.
    edition = models.PositiveIntegerField(_("steps"), default=1, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("track"), _("tracks")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(archived_at=None), name="one_track_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def newest(self) -> "TrackVersion":
        """The version that is applied from now on."""
        return self.versions.order_by("-number")[0]

    def api_extra(self, by: Actor) -> dict[str, Any]:
        newest = self.newest
        return {
            "number": newest.number,
            "steps": [each.facts for each in newest.steps.select_related("user", "template")],
        }


class TrackVersion(Record):
    """The steps of a track as they were when it was last applied; editing a track that was applied makes another."""

    access_as = "organisation"
    many = "track-versions"
    labelled_by = ("track",)

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="versions", verbose_name=_("track"))
    number = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("track version"), _("track versions")
        constraints = [models.UniqueConstraint(fields=["track", "number"], name="one_version_of_a_number")]

    def __str__(self) -> str:
        return self.track.name

    @classmethod
    def noun(cls) -> str:
        return "track_version"

    @property
    def back(self) -> bool:
        """Are its dates counted back from an end?"""
        return self.track.counts_from == Track.Counts.END


class TrackStep(Record):
    """One step: `days` in its unit after the start (before the end), or after the step before it was completed.

    `key` is the same for the same step in all versions. `time` is as the assignee's clock shows. `outcomes` are
    the choices on completing it, [{"name", "next"}], each with the public id of the track that it proposes, or none.
    """

    access_as = "organisation"
    many = "track-steps"

    class Unit(models.TextChoices):
        DAYS = "days", _("days")
        WEEKDAYS = "weekdays", _("weekdays")
        WEEKS = "weeks", _("weeks")

    class After(models.TextChoices):
        START = "start", _("after the start")
        PREVIOUS = "previous", _("after the step before")

    class Rule(models.TextChoices):
        OWNER = "owner", _("the owner")
        USER = "user", _("a colleague")
        ROLE = "role", _("a role on the record")
        PREVIOUS = "previous", _("who did the step before")
        ASK = "ask", _("ask each time")

    version_of = models.ForeignKey(
        TrackVersion, on_delete=models.PROTECT, related_name="steps", verbose_name=_("version")
    )
    key = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("step"), max_length=300)
    kind = models.CharField(_("kind"), max_length=8, choices=Task.Kind.choices, default=Task.Kind.TODO)
    days = models.PositiveSmallIntegerField(_("days"), default=0)
    unit = models.CharField(_("unit"), max_length=8, choices=Unit.choices, default=Unit.DAYS)
    after = models.CharField(_("counted"), max_length=8, choices=After.choices, default=After.START)
    rule = models.CharField(_("who"), max_length=8, choices=Rule.choices, default=Rule.OWNER)
    user = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(_("role"), max_length=60, blank=True)
    time = models.TimeField(_("time"), null=True, blank=True)
    template = models.ForeignKey(
        "MailTemplate",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("mail template"),
        db_index=False,
    )
    outcomes = models.JSONField(_("outcomes"), default=list, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("track step"), _("track steps")
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["version_of", "key"], name="one_step_of_a_key")]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def noun(cls) -> str:
        return "track_step"

    @property
    def waits(self) -> bool:
        return self.after == self.After.PREVIOUS

    @property
    def facts(self) -> dict[str, Any]:
        """What it says, as programs read and write it."""
        plain = ("key", "text", "kind", "days", "unit", "after", "rule", "role", "outcomes")
        user = self.user.public_id if self.user else None
        template = self.template.public_id if self.template else None
        time = self.time.strftime("%H:%M") if self.time else None
        return {name: getattr(self, name) for name in plain} | {"user": user, "time": time, "template": template}


TRIGGERS = ("source", "stage", "form", "quote_sent")


class TrackTrigger(Record):
    """What starts a track by itself: a lead of a source or from a form, an opportunity that enters a stage, a quote."""

    access_as = "organisation"
    many = "track-triggers"

    track = models.ForeignKey(Track, on_delete=models.PROTECT, related_name="triggers", verbose_name=_("track"))
    source = models.ForeignKey("Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey("Stage", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    form = models.ForeignKey("Form", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    quote_sent = models.BooleanField(null=True, blank=True)  # true or none

    class Meta:
        verbose_name, verbose_name_plural = _("track trigger"), _("track triggers")
        constraints = [
            exactly_one("trigger_of_one_kind", TRIGGERS),
            *(models.UniqueConstraint(fields=["track", each], name=f"trigger_once_by_{each}") for each in TRIGGERS),
        ]

    def __str__(self) -> str:
        return str(self.source or self.stage or self.form or _("a quote"))

    @classmethod
    def noun(cls) -> str:
        return "track_trigger"


class RunningTrackQuerySet(RowQuerySet["RunningTrack"]):
    def going(self) -> "RunningTrackQuerySet":
        return self.filter(state="running", archived_at=None)


class RunningTrack(About):
    """A track on one record, in the version with which it was applied or to which it was updated.

    `owner` is whom its owner-steps are for. `question` is what its owner is asked: how to go on after a pause, which
    track comes next, whether to resume what a closing ended.
    """

    access_as = "task"
    many = "running-tracks"
    labelled_by = ("version_of", "version_of__track")

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        ENDED = "ended", _("ended")

    class Cause(models.TextChoices):
        REPLY = "reply", _("they replied")
        MEETING = "meeting", _("a meeting")
        UNSUBSCRIBE = "unsubscribe", _("they unsubscribed")
        BOUNCE = "bounce", _("an e-mail came back")
        DO_NOT_CONTACT = "do_not_contact", _("do not contact")
        PRESSURE = "pressure", _("more contact than the limit allows")
        BY_HAND = "by_hand", _("by hand")
        CLOSED = "closed", _("the record was closed")
        SWITCHED = "switched", _("another track took over")

    class Question(models.TextChoices):
        PAUSED = "paused", _("how to go on")
        NEXT = "next", _("what comes next")
        RESUME = "resume", _("whether to resume")

    transitions: ClassVar = {
        "state": {
            ("running", "paused"), ("paused", "running"), ("running", "done"), ("done", "running"),
            ("running", "ended"), ("paused", "ended"), ("ended", "running"), ("paused", "done"),
        }
    }  # fmt: skip

    version_of = models.ForeignKey(
        TrackVersion, on_delete=models.PROTECT, related_name="running", verbose_name=_("version")
    )
    started_on = models.DateField(_("started"))
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.RUNNING)
    cause = models.CharField(_("cause"), max_length=16, choices=Cause.choices, blank=True)
    question = models.CharField(_("question"), max_length=8, choices=Question.choices, blank=True)
    stopped_on = models.DateField(_("stopped"), null=True, blank=True)
    # By so many days it stood still: what is counted from its start comes so much later.
    late_by = models.PositiveSmallIntegerField(_("days it stood still"), default=0, editable=False)
    # Why it was applied although that is more contact than the limits allow.
    despite = models.CharField(_("why so often"), max_length=200, blank=True)
    trigger = models.ForeignKey(TrackTrigger, null=True, blank=True, on_delete=models.PROTECT, related_name="started")
    applied_by = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="running_tracks")

    objects: ClassVar = RunningTrackQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("running track"), _("running tracks")
        constraints = [
            exactly_one("track_on_one"),
            *(models.UniqueConstraint(fields=["trigger", each], name=f"track_once_per_{each}") for each in ABOUT),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="track_asking", condition=~Q(question="")),
        ]

    def __str__(self) -> str:
        return self.version_of.track.name

    @classmethod
    def noun(cls) -> str:
        return "running_track"

    @property
    def track(self) -> Track:
        return self.version_of.track

    @property
    def is_live(self) -> bool:
        return self.state in {self.State.RUNNING, self.State.PAUSED}

    def api_extra(self, by: Actor) -> dict[str, Any]:
        tasks = self.tasks.filter(archived_at=None).order_by("step__position", "pk")
        names = ("public_id", "title", "state", "due_on")
        steps = [dict(zip(("id", "title", "state", "due_on"), each, strict=True)) for each in tasks.values_list(*names)]
        for each in steps:
            each["due_on"] = each["due_on"] and each["due_on"].isoformat()
        return {"track": self.track.public_id, "name": self.track.name, "steps": steps}
