"""What follows for a track when its steps, its record or its owner change; called by name within the verbs' acts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.changes import assign, change
from fairlead.core.errors import WrongState
from fairlead.models import Organisation, RunningTrack, Task, Track, TrackStep, User
from fairlead.models.task import due_moment
from fairlead.models.track_plan import Known, active, later_by, next_place

UNDONE = (Task.State.OPEN, Task.State.WAITING)


def step_over(task: Task, doer: User | None) -> None:
    """A step is done or skipped: the one that waited for it gets its day; after the last one the track is done.

    The day is counted from the day on which this one was completed; `doer` is who completed it.
    """
    running = _locked(task)
    if running is None:
        return
    known = Known()
    for follower in _followers(task).filter(state=Task.State.WAITING, due_on=None):
        user = doer if doer is not None and _who_did_before(follower) else follower.assignee
        if running.state == RunningTrack.State.RUNNING:
            place_after(follower, task, user, known)
        elif running.is_live:
            change(follower, assignee=user)
    if running.is_live and not Task.objects.filter(running_track=running, state__in=UNDONE).exists():
        facts = {"state": RunningTrack.State.DONE, "question": RunningTrack.Question.NEXT, "cause": ""}
        change(running, **facts, stopped_on=over_on(task))


def step_open_again(task: Task) -> None:
    """A step that was done is open again: the one after it waits again, unless somebody has touched it.

    It waits itself while its track stands still, or when it was done before its turn.
    """
    running = _locked(task)
    if running is None:
        return
    if running.state == RunningTrack.State.ENDED:
        text = _("“%(task)s” is a step of %(track)s, which was ended. Go on with the track instead.")
        raise WrongState(text % {"task": task, "track": running})
    for follower in _followers(task).filter(state__in=UNDONE):
        if is_untouched(follower):
            change(follower, state=Task.State.WAITING, **NO_DAY)
    if running.state == RunningTrack.State.DONE:
        must_not_run(running.track, running.about)
        change(running, state=RunningTrack.State.RUNNING, question="", stopped_on=None)
    _turn_again(task, running)


def step_over_on_another_day(task: Task) -> None:
    """The day on which a step was completed was corrected: the one after it moves along, unless it was touched."""
    running, known = _locked(task), Known()
    if running is None or not running.is_live:
        return
    for follower in _followers(task).filter(state__in=UNDONE, due_on__isnull=False):
        if is_untouched(follower):
            place_after(follower, task, follower.assignee, known, state=follower.state)


def place_after(follower: Task, before: Task, user: User, known: Known, *, state: str = Task.State.OPEN) -> None:
    """Give a step its day after the one before it, for this user or who stands in for them; it is open from now on.

    It is the owner's where this user has left.
    """
    if follower.step is None or follower.running_track is None:
        return
    user = active(user) or active(follower.running_track.owner) or user
    place = next_place(follower.step, over_on(before), user, known)
    change(follower, state=state, **on_day(follower.step, place.on, known.user(place.user)))


def put_off_by(task: Task, days: int, known: Known) -> dict[str, Any]:
    """The values of a step's task that come so many days later; put off by hand, it stays so much off its plan."""
    if days <= 0 or task.due_on is None:
        return {}
    spot = later_by(task.due_on, days, task.step, task.assignee, known)
    user = known.user(spot.user)
    planned_on = task.planned_on and task.planned_on + (spot.on - task.due_on)
    due_at = due_moment(spot.on, task.due_time, user.tz)
    return {"due_on": spot.on, "due_at": due_at, "planned_on": planned_on, "assignee": user}


def on_day(step: TrackStep | None, on: date | None, user: User) -> dict[str, Any]:
    """The values of a step's task that follow from its day and who does it."""
    at = step.time if step and on else None
    return {
        "due_on": on,
        "due_time": at,
        "due_at": due_moment(on, at, user.tz),
        "planned_on": on,
        "assignee": user,
    }


NO_DAY: dict[str, Any] = {"due_on": None, "due_time": None, "due_at": None, "planned_on": None}


def over_on(task: Task) -> date:
    """The day on which a task was done or skipped, on its assignee's calendar."""
    return (task.done_at or clock.now()).astimezone(task.assignee.tz).date()


def done_moment(task: Task, on: date | None) -> datetime:
    """When a task was done that somebody says was done on this day: now if it is today, else at its time, or noon."""
    now = clock.now()
    if on is None or on == now.astimezone(task.assignee.tz).date():
        return now
    at = task.due_time if task.due_time and task.due_on == on else time(12)
    return datetime.combine(on, at, task.assignee.tz)


def is_untouched(task: Task) -> bool:
    """Does this step, which is not over, lie where its track put it?"""
    return not task.is_over and task.due_on == task.planned_on


def ended_with(record: Any, cause: str, *, question: str = "") -> list[Task]:
    """End the tracks on a record: what is left of them is cancelled. Returns the tasks that were open.

    What an earlier closing ended asks no more whether to resume it.
    """
    for running in RunningTrack.objects.filter(question=RunningTrack.Question.RESUME, **{record.noun(): record}):
        change(running, question="")
    tracks = list(
        RunningTrack.objects.filter(state__in=["running", "paused"], **{record.noun(): record}).order_by("pk")
    )
    return [task for running in tracks for task in end(running, cause, question=question)]


def end(running: RunningTrack, cause: str, *, question: str = "") -> list[Task]:
    """End one track: what is left of it is cancelled. Returns the tasks that were open.

    One that stood still has stopped on the day on which that began.
    """
    left = list(Task.objects.filter(running_track=running, state__in=UNDONE).select_related("assignee").order_by("pk"))
    was_open = [task for task in left if task.is_open]
    assign([(task, {"state": Task.State.CANCELLED}) for task in left])
    paused = running.state == RunningTrack.State.PAUSED
    stopped_on = running.stopped_on if paused else today_of(running)
    change(running, state=RunningTrack.State.ENDED, cause=cause, question=question, stopped_on=stopped_on)
    return was_open


def ask_to_resume(record: Any) -> list[RunningTrack]:
    """A record is open again: of what its closing ended, the owner is asked whether to resume it. Returns these.

    Of each track that is the newest, unless the track runs on the record by now.
    """
    own = RunningTrack.objects.filter(**{record.noun(): record}).select_related("version_of").order_by("-pk")
    seen = {each.version_of.track_id for each in own if each.is_live}
    found = []
    for running in own.filter(state="ended", cause=RunningTrack.Cause.CLOSED):
        if running.version_of.track_id not in seen:
            seen.add(running.version_of.track_id)
            change(running, question=RunningTrack.Question.RESUME)
            to_its_owner(running)
            found.append(running)
    return found


def answered(record: Any, *, but: RunningTrack | None = None) -> None:
    """What comes after the tracks that are over on this record is settled: they ask no more."""
    over = RunningTrack.objects.filter(state__in=["done", "ended"], **{record.noun(): record}).exclude(question="")
    cause = RunningTrack.Cause.SWITCHED if but else RunningTrack.Cause.BY_HAND
    for running in over.exclude(pk=but.pk if but else 0).order_by("pk"):
        asks_no_more(running, cause)


def asks_no_more(running: RunningTrack, cause: str) -> None:
    """What a track asks is answered; what is not resumed has ended because of that, not with its record."""
    resume = running.question == RunningTrack.Question.RESUME
    change(running, question="", cause=cause if resume else running.cause)


def must_not_run(track: Track, record: Any) -> None:
    """Raise WrongState if the track runs on the record: it does so once at a time."""
    live = RunningTrack.objects.filter(version_of__track=track, state__in=["running", "paused"])
    if live.filter(**{record.noun(): record}).exists():
        text = _("%(track)s runs on %(record)s already. End that one first, or go on with it.")
        raise WrongState(text % {"track": track, "record": record})


def owner_changed(records: Sequence[Any]) -> None:
    """These records have another owner now: the steps that are the owner's go to them, those they were left with."""
    if not records:
        return
    noun = records[0].noun()
    by_pk = {each.pk: each for each in records if each.owner_id}
    live = RunningTrack.objects.exclude(state="ended", question="").filter(**{f"{noun}__in": list(by_pk)})
    found = [each for each in live.order_by("pk") if each.owner_id != by_pk[getattr(each, f"{noun}_id")].owner_id]
    if not found:
        return
    owners = User.objects.in_bulk({each.owner_id for each in by_pk.values()})
    _to_owners(found, {each.pk: owners[by_pk[getattr(each, f"{noun}_id")].owner_id] for each in found})


def to_its_owner(running: RunningTrack) -> None:
    """Hand a track over that was ended while its record got another owner."""
    owner: User | None = running.about.owner
    if owner is not None and owner != running.owner:
        _to_owners([running], {running.pk: owner})


def _to_owners(found: Sequence[RunningTrack], new: Mapping[int, User]) -> None:
    """Make these the owners of the tracks, by their ids; what was the old owners' part, as far as it is left, too."""
    old = {each.pk: each.owner_id for each in found}
    left = Q(state__in=UNDONE) | Q(state=Task.State.CANCELLED, running_track__state=RunningTrack.State.ENDED)
    tasks = Task.objects.filter(left, running_track__in=found).select_related("step").order_by("pk")
    moved = [task for task in tasks if task.assignee_id == old[task.running_track_id or 0] and _is_the_owners(task)]
    assign([(task, _handed(task, new[task.running_track_id or 0])) for task in moved])
    assign([(each, {"owner": new[each.pk]}) for each in found])


def moved_along(record: Any, to: Any) -> None:
    """What runs on a record goes on on another: a lead that was qualified into an opportunity."""
    live = RunningTrack.objects.filter(state__in=["running", "paused"], **{record.noun(): record})
    for running in live.order_by("pk"):
        change(running, **{record.noun(): None, to.noun(): to})
        left = list(Task.objects.filter(running_track=running, state__in=UNDONE).order_by("pk"))
        assign([(task, {record.noun(): None, to.noun(): to}) for task in left])


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """The steps of one track in the order of their line."""
    return sorted(tasks, key=lambda task: (task.step.position if task.step else 0, task.pk))


def _is_the_owners(task: Task) -> bool:
    """Is it the owner's by its rule, or because its rule found nobody?"""
    rules = TrackStep.Rule
    if task.step is None or task.step.rule == rules.ASK:
        return False
    return bool(task.step.rule != rules.USER or task.step.user_id != task.assignee_id)


def _handed(task: Task, to: User) -> dict[str, Any]:
    return {"assignee": to, "due_at": due_moment(task.due_on, task.due_time, to.tz)}


def _turn_again(task: Task, running: RunningTrack) -> None:
    """Whether a step that is not over any more is open, or waits: for its track, or for the step before it."""
    before = task.follows if task.due_on is None else None
    if running.state == RunningTrack.State.PAUSED or (before is not None and not before.is_over):
        change(task, state=Task.State.WAITING)
    elif before is not None:
        place_after(task, before, task.assignee, Known())


def _who_did_before(task: Task) -> bool:
    """Is it for who did the step before?"""
    return task.step is not None and task.step.rule == TrackStep.Rule.PREVIOUS


def _locked(task: Task) -> RunningTrack | None:
    """The task's track, locked: of two who end its last two steps at once, the second one sees the first."""
    running: RunningTrack | None = task.running_track
    if running is not None:
        current().hold([running])
    return running


def _followers(task: Task) -> Any:
    return Task.objects.filter(follows=task).select_related("step", "assignee").order_by("pk")


def today_of(running: RunningTrack) -> date:
    """Today, on its owner's calendar."""
    return clock.today(running.owner.tz if running.owner else Organisation.ours().tz)
