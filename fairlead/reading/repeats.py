"""How people say that something repeats, as a rule of RFC 5545: “every 2 weeks”, “last Friday of the month”."""

import re

from fairlead.reading.when.grammar import grammar

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
ONE_WORD = {
    "daily": "FREQ=DAILY",
    "weekly": "FREQ=WEEKLY",
    "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
    "monthly": "FREQ=MONTHLY",
    "quarterly": "FREQ=MONTHLY;INTERVAL=3",
    "yearly": "FREQ=YEARLY",
    "annually": "FREQ=YEARLY",
    "every weekday": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "every working day": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "every quarter": "FREQ=MONTHLY;INTERVAL=3",
    "every fortnight": "FREQ=WEEKLY;INTERVAL=2",
}
# What a menu offers.
COMMON = (
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;INTERVAL=2",
    "FREQ=MONTHLY",
    "FREQ=MONTHLY;INTERVAL=3",
    "FREQ=YEARLY",
)


def rule_said(text: str) -> str | None:
    """The rule that this text is, whole: as people say it, or as RFC 5545 writes it. None when it is none."""
    plain = " ".join(text.casefold().split())
    if plain.startswith(("freq=", "rrule:")):
        return plain.upper().removeprefix("RRULE:")
    return ONE_WORD.get(plain) or _every(plain) or _nth(plain)


def _every(plain: str) -> str | None:
    """Every 2 weeks, every other Monday, every Monday and Thursday, every 3 months."""
    words = grammar().words
    found = re.fullmatch(
        r"every (?:(\d{1,3}|other|two|three|four|five|six) )?(day|week|month|year)s?(?: on (.+))?", plain
    )
    if found:
        number = {"other": 2}.get(found[1] or "", words["number"].get(found[1] or "one")) or int(found[1] or 1)
        days = _weekdays(found[3]) if found[3] and found[2] == "week" else ""
        if number < 1 or (found[3] and not days):
            return None
        return (
            f"FREQ={UNITS[found[2]]}"
            + (f";INTERVAL={number}" if number > 1 else "")
            + (f";BYDAY={days}" if days else "")
        )
    named = re.fullmatch(r"(?:every (other )?|on )(.+)", plain)
    days = _weekdays(named[2]) if named else ""
    return f"FREQ=WEEKLY{';INTERVAL=2' if named and named[1] else ''};BYDAY={days}" if days else None


def _nth(plain: str) -> str | None:
    """First Monday of the month, last Friday of every month, last working day of the month, the 15th of each month."""
    words = grammar().words
    month = r"(?:of|in) (?:the|every|each) month"
    # month is a pattern of our own
    # nosemgrep
    if found := re.fullmatch(rf"(?:the |every )?(\w+) (\w+) {month}", plain):
        number, day = words["ordinal"].get(found[1]), words["weekday"].get(found[2])
        if number and day is not None:
            return f"FREQ=MONTHLY;BYDAY={number}{DAYS[day]}"
    # our own pattern
    # nosemgrep
    if found := re.fullmatch(rf"(?:the )?(first|last) (?:working|business) day {month}", plain):
        return f"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={words['ordinal'][found[1]]}"
    # our own pattern
    # nosemgrep
    if re.fullmatch(rf"(?:the )?last day {month}", plain):
        return "FREQ=MONTHLY;BYMONTHDAY=-1"
    # our own pattern
    # nosemgrep
    if found := re.fullmatch(rf"(?:on )?(?:the )?(\d{{1,2}})(?:st|nd|rd|th) {month}", plain):
        return f"FREQ=MONTHLY;BYMONTHDAY={found[1]}" if 1 <= int(found[1]) <= 31 else None
    return None


def _weekdays(text: str) -> str:
    """MO,TH of “Monday and Thursday”; nothing when there is anything else in it."""
    names = [each.removesuffix("s") for each in re.split(r",? and |, ?| & |/", text.strip())]
    days = [grammar().words["weekday"].get(each) for each in names]
    return ",".join(DAYS[day] for day in sorted({day for day in days if day is not None})) if None not in days else ""
