"""Tracks in words: how far a step lies from what it counts from, why its day is what it is, what has changed."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.models import TrackStep
from fairlead.models.track_changes import StepChange
from fairlead.models.track_plan import Planned
from fairlead.web import formats
from fairlead.web.formats import Reader

NAMED: dict[str, Any] = {
    "text": _("words"),
    "kind": _("kind"),
    "days": _("days"),
    "unit": _("days"),
    "after": _("what it counts from"),
    "rule": _("who does it"),
    "user": _("who does it"),
    "role": _("who does it"),
    "time": _("time"),
    "template": _("mail template"),
    "outcomes": _("outcomes"),
}


def paced(step: TrackStep, back: bool) -> str:
    """“2 weekdays after the step before”, “13 weeks before the end”, “on the day it starts”."""
    words = {"number": step.days, "unit": _unit(step)}
    if step.waits:
        text = _("%(number)s %(unit)s after the step before") if step.days else _("the same day as the step before")
    elif back:
        text = _("%(number)s %(unit)s before the end") if step.days else _("on the day it ends")
    else:
        text = _("%(number)s %(unit)s after the start") if step.days else _("on the day it starts")
    return text % words


def noted(planned: Planned, reader: Reader) -> list[str]:
    """What is worth knowing about the day and the colleague of a planned step."""
    found = []
    who = planned.assignee.name if planned.assignee else ""
    if planned.passed is not None:
        found.append(_("%(day)s has passed, so it comes today") % {"day": formats.day(planned.passed, reader)})
    if planned.stands_in is not None:
        found.append(_("%(who)s stands in for %(away)s") % {"who": who, "away": planned.stands_in.name})
    if planned.moved_from is not None:
        words = {"who": who, "day": formats.day(planned.moved_from, reader)}
        found.append(_("%(who)s is away on %(day)s") % words)
    if planned.replaced:
        found.append(_("Nobody there for it, so it is the owner’s"))
    if planned.asks:
        found.append(_("Say who does it"))
    if planned.holiday:
        found.append(planned.holiday)
    return found


def changed(each: StepChange, back: bool) -> str:
    """One line of what a newer version changes."""
    if each.kind == "added":
        return _("New: %(how)s") % {"how": paced(each.step, back)}
    if each.kind == "removed":
        return _("No part of it any more, so it is skipped")
    if each.kind == "moved":
        return _("Comes after another step")
    assert each.before is not None and each.after is not None
    before, after = paced(each.before, back), paced(each.after, back)
    what = [f"{before} → {after}"] if before != after else []
    apart = {"days", "unit", "after"} if before != after else set()
    names = dict.fromkeys(str(NAMED[name]) for name in each.fields if name not in apart | {"text"})
    what += [_("“%(text)s”") % {"text": each.before.text}] if "text" in each.fields else []
    return ", ".join([*what, *(_("another %(name)s") % {"name": name} for name in names)])


def _unit(step: TrackStep) -> str:
    if step.unit == TrackStep.Unit.WEEKS:
        return ngettext("week", "weeks", step.days)
    if step.unit == TrackStep.Unit.WEEKDAYS:
        return ngettext("weekday", "weekdays", step.days)
    return ngettext("day", "days", step.days)
