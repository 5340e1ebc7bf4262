"""What repeats: a rule of RFC 5545 for days, and the day that comes next."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _

RARELY = 12  # years: a rule without a day in so long a time has none
# What may narrow each: a rule that fits no day would be looked through for ever.
ALLOWED = {
    "DAILY": "BYDAY",
    "WEEKLY": "BYDAY",
    "MONTHLY": "BYDAY BYMONTHDAY BYSETPOS",
    "YEARLY": "BYDAY BYMONTHDAY BYSETPOS BYMONTH BYYEARDAY BYWEEKNO",
}
ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})


def rule(text: str) -> dict[str, str]:
    """The parts of a rule such as FREQ=WEEKLY;BYDAY=MO. Raises ValueError, saying why, if no task can follow it."""
    parts = dict(each.partition("=")[::2] for each in text.upper().removeprefix("RRULE:").split(";") if each)
    allowed = ALLOWED.get(parts.get("FREQ", ""), "").split()
    if not allowed or not parts.keys() <= ALWAYS.union(allowed):
        raise ValueError(_("Write a rule like FREQ=WEEKLY;BYDAY=MO: by days, weeks, months or years."))
    try:
        _days(parts, date(2024, 1, 1))
    except (ValueError, TypeError, OverflowError, IndexError, KeyError):
        raise ValueError(_("This rule cannot be read. Write it like FREQ=MONTHLY;BYDAY=-1FR.")) from None
    return parts


def written(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


def following(text: str, begun: date, after: date) -> date | None:
    """The first day of the rule, counted from `begun`, that lies after `after`; None when it has ended."""
    parts = rule(text)
    parts.pop("COUNT", None)  # kept by who makes the next one, as each begins the count anew
    days = _days(parts, begun, until=after + timedelta(days=366 * RARELY))
    found = days.after(datetime.combine(after, time()))
    return found.date() if found else None


def one_less(text: str) -> str | None:
    """The rule for what remains after one more time; None when that was the last one."""
    parts = rule(text)
    if "COUNT" not in parts:
        return written(parts)
    left = int(parts["COUNT"]) - 1
    return written(parts | {"COUNT": str(left)}) if left > 0 else None


def _days(parts: dict[str, str], begun: date, until: date | None = None) -> Any:
    from dateutil.rrule import rrulestr

    known = dict(parts)
    if "UNTIL" in known:
        last = date.fromisoformat(known.pop("UNTIL")[:8])
        until = min(last, until) if until else last
    found: Any = rrulestr(written(known), dtstart=datetime.combine(begun, time()))
    if not hasattr(found, "replace") or int(known.get("INTERVAL", "1")) < 1:
        raise ValueError
    return found.replace(until=datetime.combine(until, time())) if until else found
