"""Meeting: when and where we meet somebody, who is invited, and what each of them answered."""

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Row, RowQuerySet
from fairlead.models.about import ABOUT, About, following, touched
from fairlead.models.form import web_address
from fairlead.models.next_step import keep_next_step
from fairlead.models.place import known_zone

NOBODYS = Q(**dict.fromkeys(ABOUT))
LONGEST = timedelta(days=31)
FIRST_YEAR, LAST_YEAR = 1900, 2199  # what every clock of the world can show, with what is near it


def new_uid() -> str:
    """What calendars know it by, everywhere and for good."""
    return f"{secrets.token_hex(12)}@fairlead"


def at_most_one(name: str) -> models.CheckConstraint:
    """The check constraint that not more than one link is set."""
    ways = NOBODYS
    for field in ABOUT:
        ways |= Q(**{f"{other}__isnull": other != field for other in ABOUT})
    return models.CheckConstraint(condition=ways, name=name)


class MeetingQuerySet(RowQuerySet["Meeting"]):
    def planned(self) -> "MeetingQuerySet":
        return self.filter(state="planned", archived_at=None)

    def between(self, start: datetime, end: datetime) -> "MeetingQuerySet":
        """Those that touch this span of time and were not cancelled."""
        near = self.filter(starts_at__gt=start - LONGEST, starts_at__lt=end, ends_at__gt=start, archived_at=None)
        return near.exclude(state="cancelled")

    def of(self, user_ids: Any) -> "MeetingQuerySet":
        """Those that one of these users holds, or is invited to and has not declined."""
        invited = Attendee.objects.filter(user_id__in=user_ids).exclude(answer="declined").values("meeting_id")
        return self.filter(Q(organiser_id__in=user_ids) | Q(pk__in=invited))


class Meeting(About):
    """Moments are in UTC; `zone` is whose clock it was planned on, and its days when it takes whole ones.

    One of whole days begins and ends at midnight there. A meeting about no record is seen by those who take part alone.
    `sequence` counts the changes that invited guests were told; `uid` and it are what calendars elsewhere go by.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")

    access_as = "task"
    transitions: ClassVar = {
        "state": {("planned", "held"), ("planned", "cancelled"), ("held", "planned"), ("cancelled", "planned")}
    }

    title = models.CharField(_("title"), max_length=300)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/London", validators=[known_zone])
    all_day = models.BooleanField(_("all day"), default=False)
    place = models.CharField(_("place"), max_length=300, blank=True)
    link = models.CharField(_("link"), max_length=500, blank=True, validators=[web_address])
    note = models.TextField(_("note"), blank=True, max_length=5000)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.PLANNED)
    organiser = models.ForeignKey(
        "User", on_delete=models.PROTECT, related_name="meetings", verbose_name=_("organiser")
    )
    activity = models.ForeignKey("Activity", null=True, blank=True, on_delete=models.PROTECT, related_name="meetings")
    uid = models.CharField(max_length=255, default=new_uid, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    # the sequence in which guests were last asked, since the time changed in it: older answers are to another time
    asked_in = models.PositiveIntegerField(default=0, editable=False)
    revised_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("meeting"), _("meetings")
        constraints = [
            at_most_one("meeting_about_one"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="meeting_in_order"),
            models.UniqueConstraint(fields=["organiser", "uid"], name="one_meeting_per_uid"),
        ]
        indexes = [
            models.Index(fields=["organiser", "starts_at"], name="meeting_by_organiser"),
            models.Index(fields=["starts_at", "id"], name="meeting_by_start"),
            models.Index(fields=["uid"], name="meeting_by_uid"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def is_open(self) -> bool:
        return self.state == self.State.PLANNED

    @property
    def about(self) -> Any:
        return next((getattr(self, name) for name in ABOUT if getattr(self, f"{name}_id")), None)

    @property
    def first_day(self) -> date:
        return self.starts_at.astimezone(self.tz).date()

    @property
    def last_day(self) -> date:
        return (self.ends_at - timedelta(microseconds=1)).astimezone(self.tz).date()

    @property
    def due_at(self) -> datetime:
        """As a task has it, where it stands as a next step."""
        return self.starts_at

    @property
    def due_on(self) -> date:
        return self.first_day

    @property
    def due_time(self) -> time | None:
        return None if self.all_day else self.starts_at.astimezone(self.tz).time()

    def is_over(self, at: datetime | None = None) -> bool:
        return self.ends_at <= (at or clock.now())

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        """What a calendar file brought, or may have."""
        return frozenset({"label", "title", "place", "link", "note", "uid"})

    @classmethod
    def own(cls, by: Actor) -> Q:
        return Q(organiser_id=by.user_id) if by.user_id else access.NOBODY

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """As what it is about; those invited see it; about nothing, it is nobody else's."""
        condition = super().governed(by, action)
        if by.kind == "system" or by.level(action, cls.access_noun()) == "none":
            return condition
        mine = cls.own(by)
        if action == "see" and by.user_id:
            mine |= Q(pk__in=Attendee._base_manager.filter(user_id=by.user_id).values("meeting_id"))
        return (condition or ~NOBODYS) | mine

    def timelines(self) -> list[Link]:
        about = [(name, getattr(self, f"{name}_id")) for name in ABOUT if getattr(self, f"{name}_id")]
        return [(self.noun(), self.pk), *about]

    def api_extra(self, by: Actor) -> dict[str, Any]:
        shown = "address" not in access.hidden(by, Attendee)
        return {"attendees": [each.told(shown) for each in self.attendees.order_by("pk")]}

    @classmethod
    def derive(cls, changes: Any) -> None:
        """Keep the next step of what these meetings are, or were, about."""
        for name, ids in touched(changes):
            keep_next_step(name, ids)


class Attendee(Row):
    """Who is invited: one of us, a person, or an address alone; with the answer, and the moment it was given."""

    class Answer(models.TextChoices):
        NEEDS_ACTION = "needs_action", _("No answer yet")
        ACCEPTED = "accepted", _("Comes")
        DECLINED = "declined", _("Does not come")
        TENTATIVE = "tentative", _("May come")

    access_as = "task"
    field_classes: ClassVar = {"address": "private"}

    meeting = models.ForeignKey("Meeting", on_delete=models.PROTECT, related_name="attendees")
    user = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey("Person", null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    address = models.CharField(_("e-mail"), max_length=320, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    answer = models.CharField(_("answer"), max_length=12, choices=Answer.choices, default=Answer.NEEDS_ACTION)
    answered_at = models.DateTimeField(null=True, blank=True)
    # whether a mail with the invitation was promised; not to who asked not to be contacted
    invited = models.BooleanField(default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("guest"), _("guests")
        constraints = [
            models.UniqueConstraint(fields=["meeting", "address"], condition=~Q(address=""), name="invited_once"),
            models.UniqueConstraint(fields=["meeting", "person"], name="person_invited_once"),
        ]

    def __str__(self) -> str:
        return self.name or self.address

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        return following(by, action, ("meeting",))

    def root(self) -> Row:
        whole: Row = self.meeting
        return whole

    def timelines(self) -> list[Link]:
        return self.meeting.timelines()

    def told(self, with_address: bool) -> dict[str, Any]:
        """For programs."""
        facts: dict[str, Any] = {"name": self.name, "answer": self.answer, "answered_at": self.answered_at}
        return facts | ({"address": self.address} if with_address else {})


def local_moment(on: date, at: time, zone: ZoneInfo) -> datetime:
    """A clock's time as a moment in UTC; one that the clock skips is taken an hour on, one it shows twice the first."""
    return datetime.combine(on, at, zone).astimezone(UTC)
