"""Tracks on records: applied, paused and gone on with, ended, switched, brought to the newest version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.utils.translation import gettext as _

from fairlead.core import bulk, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change, create, insert
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Organisation, RunningTrack, Task, Track, TrackVersion, User
from fairlead.models.about import place
from fairlead.models.pressure import REACHING, pressure_on
from fairlead.models.subject import Subject
from fairlead.models.suppression import in_force
from fairlead.models.task import reminder
from fairlead.models.track_plan import Asked, Known, Planned, active, plan, whose_of
from fairlead.verbs.track_steps import (
    answered,
    asks_no_more,
    end,
    in_order,
    must_not_run,
    on_day,
    over_on,
    place_after,
    put_off_by,
    to_its_owner,
    today_of,
)

Cause = Literal["reply", "meeting", "unsubscribe", "bounce", "do_not_contact", "pressure", "by_hand"]
State, Question = RunningTrack.State, RunningTrack.Question
MOST_LATE = 32767


@verb("{by} applied the track {track} to {record}", may="edit")
def apply_track(
    by: Actor,
    record: Subject,
    *,
    track: Track,
    starts_on: date | None = None,
    ends_on: date | None = None,
    leave_out: list[str] | None = None,
    dates: dict[str, date] | None = None,
    assignees: dict[str, str] | None = None,
    number: int | None = None,
    despite: str = "",
) -> RunningTrack:
    """Apply a track to a record: each step becomes a task, dated or waiting for the step before it.

    It counts from `starts_on` (today, if not said), or back from `ends_on`. By the keys of steps, `leave_out` names
    those not wanted, `dates` gives some their own day, and `assignees` says who does them (ids of users; needed for
    steps that ask). With `number`, a definition that has another version by now is refused. What would lie in the
    past comes today. More contact than the limits allow asks for one line of reason in `despite`.
    """
    version, known = checked(record, track, number), Known()
    asked = asked_of(by, version, starts_on, ends_on, leave_out or [], dates or {}, assignees or {}, known=known)
    running = start(by, record, version, asked, known, ends_on=ends_on, despite=despite.strip()[:200])
    answered(record, but=running)
    return running


@verb("{by} paused the track {running_track}: {cause}", may="edit")
def pause_track(by: Actor, running_track: RunningTrack, *, because: Cause = "by_hand") -> RunningTrack:
    """Let a track stand still: its open steps wait, and its owner is asked whether it goes on, ends or is switched."""
    if running_track.state == State.RUNNING:
        still = Task.objects.filter(running_track=running_track, state=Task.State.OPEN).order_by("pk")
        assign([(task, {"state": Task.State.WAITING}) for task in still])
        facts = {"state": State.PAUSED, "cause": because, "question": Question.PAUSED}
        change(running_track, **facts, stopped_on=today_of(running_track))
    current().step.labels["cause"] = str(RunningTrack.Cause(because).label)
    return running_track


@verb("{by} went on with the track {running_track}", may="edit")
def continue_track(by: Actor, running_track: RunningTrack, *, shift: bool = True) -> RunningTrack:
    """Go on with a track that stood still or ended: its steps are open again.

    With `shift` they come as many days later as it stood still; counted back from an end date they stay.
    """
    if running_track.state == State.RUNNING:
        return running_track
    left = in_order(_left_of(running_track))
    if running_track.state == State.DONE or not left:
        raise WrongState(_("Every step of %(track)s is done. Apply it again instead.") % {"track": running_track})
    if running_track.state == State.ENDED:
        must_not_run(running_track.track, running_track.about)
        to_its_owner(running_track)
        left = in_order(_left_of(running_track))
    stood = (today_of(running_track) - running_track.stopped_on).days if running_track.stopped_on else 0
    days = max(stood, 0) if shift and not running_track.version_of.back else 0
    late_by = min(running_track.late_by + days, MOST_LATE)
    change(running_track, state=State.RUNNING, cause="", question="", stopped_on=None, late_by=late_by)
    _wake(left, days, today_of(running_track))
    return running_track


@verb("{by} ended the track {running_track}", may="edit")
def end_track(by: Actor, running_track: RunningTrack) -> RunningTrack:
    """End a track: what is left of it is cancelled. One that has ended, or is done, asks nothing any more."""
    if running_track.is_live:
        end(running_track, RunningTrack.Cause.BY_HAND)
    elif running_track.question:
        asks_no_more(running_track, RunningTrack.Cause.BY_HAND)
    return running_track


@verb("{by} switched from the track {running_track} to {track}", may="edit")
def switch_track(
    by: Actor,
    running_track: RunningTrack,
    *,
    track: Track,
    starts_on: date | None = None,
    ends_on: date | None = None,
    despite: str = "",
) -> RunningTrack:
    """End a track, or answer what comes after it, with another track on the same record, as `apply_track` does."""
    if running_track.is_live:
        end(running_track, RunningTrack.Cause.SWITCHED)
    return apply_track(by, running_track.about, track=track, starts_on=starts_on, ends_on=ends_on, despite=despite)


def checked(record: Any, track: Track, number: int | None = None) -> TrackVersion:
    """The version to apply to this record; raises what stands against it."""
    if track.archived_at is not None:
        raise WrongState(_("The track %(track)s was archived. Nothing was applied.") % {"track": track})
    if record.archived_at is not None:
        raise WrongState(_("%(record)s is archived. Bring it back first.") % {"record": record})
    if record.noun() not in track.applies_to:
        raise Invalid({"track": [_("%(track)s is for other records than this.") % {"track": track}]})
    version = track.newest
    if number is not None and version.number != number:
        text = _("The track %(track)s was changed while you looked at it. Look at its dates again, then apply it.")
        raise WrongState(text % {"track": track}, number=version.number)
    if (stop := stopped(record)) is not None:
        text = _("%(record)s is not to be contacted: %(reason)s. Nothing was applied.")
        raise WrongState(text % {"record": record, "reason": stop})
    must_not_run(track, record)
    return version


def stopped(record: Any) -> str | None:
    """Why nobody may contact whom this record is about on any way; None when somebody may."""
    for name in ("person", "company"):
        whom = record if record.noun() == name else getattr(record, f"{name}_id", None)
        if whom is not None:
            found = in_force().filter(**{name: whom}, channel="any").first()
            if found is not None:
                return str(found.reason)
    return None


def asked_of(
    by: Actor,
    version: TrackVersion,
    starts_on: date | None,
    ends_on: date | None,
    leave_out: Sequence[str],
    dates: Mapping[str, date],
    assignees: Mapping[str, str],
    *,
    known: Known,
) -> Asked:
    """What is asked of a plan; raises Invalid for an end that is missing, a day in the past, an unknown colleague."""
    today = _today_of(known.found(by.user_id))
    if version.back and ends_on is None:
        raise Invalid({"ends_on": [_("This track counts back from an end. Say when that is.")]})
    if version.back and ends_on and ends_on < today:
        raise Invalid({"ends_on": [_("This end has passed. Choose a day that lies ahead.")]})
    if any(day < today for day in dates.values()):
        raise Invalid({"dates": [_("A step cannot be planned into the past. Choose today or a later day.")]})
    chosen = User.objects.active().filter(public_id__in=set(assignees.values())) if assignees else ()
    users = {each.public_id: each for each in chosen}
    if unknown := set(assignees.values()) - users.keys():
        raise Invalid({"assignees": [_("No colleague with the id %(id)s works here.") % {"id": min(unknown)}]})
    start = ends_on if version.back and ends_on else starts_on or today
    return Asked(start, today, set(leave_out), dates, {key: users[each] for key, each in assignees.items()})


def start(
    by: Actor,
    record: Any,
    version: TrackVersion,
    asked: Asked,
    known: Known,
    *,
    ends_on: date | None = None,
    ask: bool = True,
    **facts: Any,
) -> RunningTrack:
    """Let a track run on a record, in the running act.

    Without `ask`, steps that ask who does them are the owner's, and what would be too much contact is held back: it
    stands still, and the owner is asked.
    """
    whose = whose_of(record, active(known.found(by.user_id)), known)
    planned = plan(version, list(version.steps.select_related("user")), whose, asked, known)
    _all_said(planned, ask)
    if ask and not facts.get("despite"):
        _not_too_often(record, planned)
    started_on = asked.today if version.back else asked.start
    running = create(
        RunningTrack,
        version_of=version,
        started_on=started_on,
        ends_on=ends_on if version.back else None,
        applied_by_id=by.user_id,
        owner=whose.owner,
        **place(record),
        **facts,
    )
    line = pattern(by, planned)
    own = {f"{record.noun()}_id": record.pk, "running_track_id": running.pk}
    crowded = [] if ask else too_often(record, reaching(planned))
    insert([Task(**values) for values in line.on(bulk.take_ids(Task, len(line.values)), **own)])
    tagged(record, version.track)
    return pause_track(by, running, because="pressure") if crowded else running


@dataclass(frozen=True)
class Pattern:
    """What the tasks of a plan are on any record of the same people: their values, and which of them each waits for."""

    values: list[dict[str, Any]]
    follows: list[int | None]

    @property
    def touches(self) -> list[date]:
        """The days on which it reaches out to somebody."""
        return [each["due_on"] for each in self.values if each["kind"] in REACHING and each["due_on"]]

    def on(self, ids: Sequence[int], **own: Any) -> list[dict[str, Any]]:
        """The values of these tasks with these ids, on one record."""
        return [
            {**each, **own, "id": pk, "follows_id": None if before is None else ids[before]}
            for pk, each, before in zip(ids, self.values, self.follows, strict=True)
        ]


def pattern(by: Actor, planned: Sequence[Planned]) -> Pattern:
    wanted = [each for each in planned if not each.left_out]
    places = {each.step.key: number for number, each in enumerate(wanted)}
    values = [
        {
            "title": each.step.text,
            "kind": each.step.kind,
            "state": Task.State.OPEN if each.due_on else Task.State.WAITING,
            "planned_by_id": by.user_id,
            "step_id": each.step.pk,
            **_columns(on_day(each.step, each.due_on, assignee(each))),
        }
        for each in wanted
    ]
    return Pattern(values, [places[each.follows] if each.follows else None for each in wanted])


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """By their columns, with the reminder, which else would be found out when the act ends."""
    user: User = values["assignee"]
    own = {name: each for name, each in values.items() if name != "assignee"}
    return own | {
        "assignee_id": user.pk,
        "remind_at": reminder(values["due_time"], values["due_at"], user.remind_minutes),
    }


def assignee(planned: Planned) -> User:
    """Whom a step falls to; raises Invalid when nobody is there whom it could."""
    if planned.assignee is None:
        raise Invalid({"assignees": [_("Nobody is there who could do “%(step)s”.") % {"step": planned.step}]})
    return planned.assignee


def _all_said(planned: Sequence[Planned], ask: bool) -> None:
    if not any(not each.left_out for each in planned):
        raise Invalid({"leave_out": [_("There is no step to plan. Leave at least one in.")]})
    if ask and (asking := [each.step for each in planned if each.asks]):
        text = _("Say who does “%(step)s”.")
        raise Invalid({"assignees": [text % {"step": step} for step in asking]})


def too_often(record: Any, days: Mapping[date, Any]) -> list[Any]:
    """What stands for those of these days on which a contact would be one too many, with all that is planned."""
    with_them = pressure_on(record, clock.now(), Organisation.ours().tz).with_days(days)
    return [each for day, each in sorted(days.items()) if with_them.is_over(day)]


def reaching(planned: Sequence[Planned], likely: Mapping[str, date | None] | None = None) -> dict[date, Planned]:
    """The steps of a plan that are contacts, by their day; those that wait by the day that is likely."""
    days = {each.step.key: each.due_on or (likely or {}).get(each.step.key) for each in planned if not each.left_out}
    steps = (each for each in planned if each.step.kind in REACHING)
    return {day: each for each in steps if (day := days.get(each.step.key))}


def _not_too_often(record: Any, planned: Sequence[Planned]) -> None:
    if crowded := too_often(record, reaching(planned)):
        text = _(
            "With “%(step)s” this is more contact than the limit allows. Choose later days, or say in one line why."
        )
        raise Invalid({"despite": [text % {"step": crowded[0].step}]})


def tagged(record: Any, track: Track) -> None:
    """Put the tags of a track on a record."""
    if tags := set(track.tags.values_list("pk", flat=True)):
        change(record, tags=sorted(tags | set(record.tags.values_list("pk", flat=True))))


def _left_of(running: RunningTrack) -> Iterable[Task]:
    """The steps that wait, or were cancelled with their track."""
    states = [Task.State.WAITING, Task.State.CANCELLED]
    left = Task.objects.filter(running_track=running, state__in=states)
    return left.select_related("step", "assignee", "follows__assignee")


def _wake(left: Sequence[Task], days: int, today: date) -> None:
    """What has a day is open again, so many days later; the steps whose turn has come get theirs.

    What was done while the track stood still puts off what follows it only by the rest of that time.
    """
    known = Known()
    for task in left:
        if task.due_on is not None:
            change(task, state=Task.State.OPEN, **put_off_by(task, days, known))
        elif task.follows is not None and task.follows.state in {Task.State.DONE, Task.State.SKIPPED}:
            place_after(task, task.follows, task.assignee, known)
            change(task, **put_off_by(task, min(days, (today - over_on(task.follows)).days), known))
        else:
            change(task, state=Task.State.WAITING)


def _today_of(user: User | None) -> date:
    return clock.today(user.tz if user else Organisation.ours().tz)
