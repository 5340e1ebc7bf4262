"""Logging what happened: calls, notes, mails and meetings, each with an optional next step in the same act."""

from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Activity, Company, Opportunity, Person, Task, User
from fairlead.models.about import place
from fairlead.models.subject import Subject
from fairlead.verbs.leads import answered
from fairlead.verbs.opportunities import edit_opportunity
from fairlead.verbs.suppressions import Channel, suppress
from fairlead.verbs.tasks import TaskKind, add_task, complete_task
from fairlead.verbs.track_pauses import talked

Direction = Literal["out", "in"]
CallOutcome = Literal["reached", "voicemail", "no_answer"]


class Happening(TypedDict, total=False):
    """What every entry can say besides its text: when it happened (now, if not said), and what comes next.

    `hand_over` is a task for the colleague `hand_to`. `close_on` moves an opportunity's close date; `stop` keeps
    everybody from contacting the person, or the company, on that channel: both ask for the right to edit the record.
    `task` is an open one on the same record that is done with this.
    """

    happened_at: datetime
    minutes: int | None
    task: Task | None
    next_step: str
    next_on: date | None
    next_time: time | None
    next_kind: TaskKind
    next_assignee: User | None
    hand_to: User | None
    hand_over: str
    hand_on: date | None
    hand_time: time | None
    hand_kind: TaskKind
    close_on: date | None
    stop: Channel | None


@verb("{by} called {about}", may="activity.create")
def log_call(
    by: Actor,
    about: Subject,
    *,
    text: str = "",
    outcome: CallOutcome = "reached",
    direction: Direction = "out",
    **happening: Unpack[Happening],
) -> Activity:
    """Log a call; one that reached somebody, or left a voicemail, stops a lead's response clock."""
    return _log(by, about, "call", happening, text=text, outcome=outcome, direction=direction)


@verb("{by} noted on {about}", may="activity.create")
def log_note(by: Actor, about: Subject, *, text: str, **happening: Unpack[Happening]) -> Activity:
    """Write a note on a record."""
    if not text.strip():
        raise Invalid({"text": [_("Write the note first.")]})
    return _log(by, about, "note", happening, text=text)


@verb("{by} mailed {about}", may="activity.create")
def log_mail(
    by: Actor, about: Subject, *, text: str = "", direction: Direction = "out", **happening: Unpack[Happening]
) -> Activity:
    """Log a mail that was sent or received elsewhere."""
    return _log(by, about, "mail", happening, text=text, direction=direction)


@verb("{by} met {about}", may="activity.create")
def log_meeting(by: Actor, about: Subject, *, text: str = "", **happening: Unpack[Happening]) -> Activity:
    """Log a meeting that took place."""
    return _log(by, about, "meeting", happening, text=text)


@verb("{by} corrected an entry on {activity}", may="edit")
def edit_activity(
    by: Actor,
    activity: Activity,
    *,
    text: str | None = None,
    happened_at: datetime | None = None,
    outcome: CallOutcome | None = None,
    version: int | None = None,
) -> Activity:
    """Correct an entry's text, outcome or moment; it moves on the timeline, what was written first stays in history."""
    given = {"text": text, "happened_at": happened_at, "outcome": outcome}
    values = {name: value for name, value in given.items() if value is not None}
    check_version(activity, version, values)
    change(activity, **values)
    return activity


def _log(by: Actor, about: Subject, kind: str, happening: Happening, **facts: Any) -> Activity:
    now = clock.now()
    happened_at = happening.get("happened_at") or now
    if happened_at > now + timedelta(minutes=5):
        raise Invalid({"happened_at": [_("This lies in the future. Plan it as a task instead.")]})
    activity = create(
        Activity,
        **place(about),
        kind=kind,
        happened_at=happened_at,
        logged_at=now,
        by_user_id=by.user_id,
        minutes=happening.get("minutes"),
        **facts,
    )
    answered(activity)
    talked(by, activity)
    if (task := happening.get("task")) is not None:
        _done_with(by, about, task)
    if happening.get("next_step") or happening.get("next_on"):
        _plan(by, about, happening)
    if happening.get("hand_to") and happening.get("hand_over"):
        _hand_over(by, about, happening)
    if happening.get("close_on") or happening.get("stop"):
        _follow(by, about, happening, activity)
    return activity


def _done_with(by: Actor, about: Subject, task: Task) -> None:
    if task.about != about:
        raise Invalid({"task": [_("“%(task)s” is about another record.") % {"task": task}]})
    access.demand(by, "edit", task)
    complete_task(by, task)


def _plan(by: Actor, about: Subject, happening: Happening) -> None:
    title = happening.get("next_step") or _("Follow up with %(name)s") % {"name": about}
    due = {"due_on": happening.get("next_on"), "due_time": happening.get("next_time")}
    who = {"kind": happening.get("next_kind", "todo"), "assignee": happening.get("next_assignee")}
    add_task(by, about, title=title[:300], **who, **due)  # type: ignore[arg-type]


def _hand_over(by: Actor, about: Subject, happening: Happening) -> None:
    due = {"due_on": happening.get("hand_on"), "due_time": happening.get("hand_time")}
    who = {"kind": happening.get("hand_kind", "todo"), "assignee": happening.get("hand_to")}
    add_task(by, about, title=happening["hand_over"], **who, **due)  # type: ignore[arg-type]


def _follow(by: Actor, about: Subject, happening: Happening, activity: Activity) -> None:
    """What the entry changes on its record, or on whom it is about."""
    whom = about if isinstance(about, Person | Company) else getattr(about, "person", None)
    access.demand(by, "edit", whom if happening.get("stop") else about)
    if happening.get("close_on"):
        if not isinstance(about, Opportunity):
            raise Invalid({"close_on": [_("Only an opportunity has a close date.")]})
        edit_opportunity(by, about, close_on=happening["close_on"])
    if channel := happening.get("stop"):
        if whom is None:
            raise Invalid({"stop": [_("There is no person here who could be left alone.")]})
        suppress(by, whom, channel=channel, reason=activity.text[:200] or _("They asked for it"))
