"""The days that are offered for a next step: Tomorrow, a weekday soon after, Next week, In 2 weeks."""

from datetime import date, timedelta

from babel.dates import format_date
from django.utils.translation import gettext as _

from fairlead.web.formats import Reader


def choices(reader: Reader) -> list[tuple[str, str]]:
    """(label, ISO date) pairs: the weekday is the first working day at least two days ahead."""
    today = reader.today
    soon = _working(today + timedelta(days=2))
    monday = today + timedelta(days=7 - today.weekday())
    if soon == monday:
        soon = monday + timedelta(days=2)
    return [
        (_("Tomorrow"), tomorrow(today).isoformat()),
        (format_date(soon, "EEE", locale=reader.locale), soon.isoformat()),
        (_("Next week"), monday.isoformat()),
        (_("In 2 weeks"), (today + timedelta(days=14)).isoformat()),
    ]


def later(reader: Reader) -> list[tuple[str, str]]:
    """The days to which a task is put off: those, and a while later."""
    return [*choices(reader), (_("In 4 weeks"), (reader.today + timedelta(days=28)).isoformat())]


def tomorrow(today: date) -> date:
    return today + timedelta(days=1)


def _working(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
