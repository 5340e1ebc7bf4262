"""A rule of RFC 5545 in words: every 2 weeks on Monday; what has no short words stands as it is written."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DAYS = {
    "MO": gettext_lazy("Mon"),
    "TU": gettext_lazy("Tue"),
    "WE": gettext_lazy("Wed"),
    "TH": gettext_lazy("Thu"),
    "FR": gettext_lazy("Fri"),
    "SA": gettext_lazy("Sat"),
    "SU": gettext_lazy("Sun"),
}
ONE = {
    "DAILY": gettext_lazy("Every day"),
    "WEEKLY": gettext_lazy("Every week"),
    "MONTHLY": gettext_lazy("Every month"),
    "YEARLY": gettext_lazy("Every year"),
}
MANY = {
    "DAILY": gettext_lazy("Every %(number)s days"),
    "WEEKLY": gettext_lazy("Every %(number)s weeks"),
    "MONTHLY": gettext_lazy("Every %(number)s months"),
    "YEARLY": gettext_lazy("Every %(number)s years"),
}
WORKING = "MO,TU,WE,TH,FR"


def in_words(rule: str) -> str:
    """A rule as people say it; nothing for none."""
    if not rule:
        return ""
    parts = dict(each.partition("=")[::2] for each in rule.split(";"))
    often, number, days = parts.pop("FREQ", ""), parts.pop("INTERVAL", "1"), parts.pop("BYDAY", "")
    if parts or often not in ONE or any(day not in DAYS for day in days.split(",") if day):
        return rule
    if often == "WEEKLY" and days == WORKING and number == "1":
        return str(_("Every working day"))
    words = str(ONE[often] if number == "1" else MANY[often] % {"number": number})
    named = ", ".join(str(DAYS[day]) for day in days.split(",") if day)
    return _("%(often)s on %(days)s") % {"often": words, "days": named} if named else words
