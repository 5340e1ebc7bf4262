"""Schedules: the hours in which a team works, its holidays, and when its people are away."""

from datetime import date, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor, Level
from fairlead.core.record import Record
from fairlead.models.place import known_country, known_zone

WEEKDAYS: dict[str, list[list[str]]] = {str(day): [["09:00", "17:30"]] for day in range(5)}


def working_hours(hours: Any) -> None:
    """Refuse hours that are not {weekday: [[from, to], …]} in order and apart."""
    try:
        days = [(int(day), [(_at(start), _at(end)) for start, end in spans]) for day, spans in hours.items()]
    except (AttributeError, TypeError, ValueError):
        raise ValidationError(gettext("Write hours like 09:00-12:30, 13:30-17:30.")) from None
    for day, spans in days:
        in_order = all(start < end for start, end in spans)
        apart = all(end <= start for (_start, end), (start, _end) in pairwise(spans))
        if not 0 <= day <= 6 or not in_order or not apart:
            raise ValidationError(gettext("Hours run from earlier to later and do not overlap, like 09:00-17:30."))


def calendar_days(days: Any) -> None:
    """Refuse what is not a list of dates as text."""
    try:
        for day in days:
            date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValidationError(gettext("Write closed days like 2026-12-24, one on each line.")) from None


class Schedule(Record):
    """`hours` is {weekday 0 to 6 from Monday: [["09:00", "17:30"], …]} on the clock of `zone`.

    `country` and `region` (ISO 3166) say whose public holidays count; `closed` lists further dates as text.
    """

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/London", validators=[known_zone])
    hours = models.JSONField(_("hours"), default=dict, blank=True, validators=[working_hours])
    country = models.CharField(_("country"), max_length=2, blank=True, validators=[known_country])
    region = models.CharField(_("region"), max_length=10, blank=True)
    closed = models.JSONField(_("closed days"), default=list, blank=True, validators=[calendar_days])

    def __str__(self) -> str:
        return self.name

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Absence(Record):
    """Somebody is away on these days, both included; `delegate` stands in."""

    user = models.ForeignKey("User", on_delete=models.PROTECT, related_name="absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    delegate = models.ForeignKey("User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="absence_in_order")]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_on} – {self.ends_on}"

    @classmethod
    def within(cls, by: Actor, level: Level) -> Q:
        return Q(user_id=by.user_id) if level == "own" else Q(user_id__in=by.teammate_ids)


def _at(text: Any) -> time:
    return time.fromisoformat(text)
