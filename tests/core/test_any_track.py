"""Whatever happens to tracks, in whatever order: days, assignees and states are those of a slow, plain model of them.

A refused deed leaves no trace, what was done last can be taken back to what was before, and done again.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fairlead.core import clock
from fairlead.core.act import forget, last
from fairlead.core.errors import Refused
from fairlead.core.undo import redo, undo
from fairlead.models import Absence, Opportunity, Reason, RunningTrack, Schedule, Stage, Suppression, Task, Team, Track
from fairlead.verbs.activities import log_mail, log_meeting
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.companies import create_company
from fairlead.verbs.opportunities import create_opportunity, move_stage
from fairlead.verbs.ownership import assign, park
from fairlead.verbs.schedules import add_absence, create_schedule, edit_schedule, remove_absence
from fairlead.verbs.suppressions import lift_suppression, suppress
from fairlead.verbs.tasks import (
    assign_task,
    complete_task,
    correct_completion,
    reopen_task,
    skip_task,
    snooze_task,
)
from fairlead.verbs.teams import edit_team
from fairlead.verbs.track_definitions import (
    add_track_trigger,
    archive_track,
    create_track,
    edit_track,
    unarchive_track,
)
from fairlead.verbs.track_updates import update_steps
from fairlead.verbs.tracks import apply_track, continue_track, end_track, pause_track, switch_track
from tests.core.conftest import TEST, House, take_in
from tests.core.plain_tracks import OVER, UNDONE, Definition, No, Plain, Run, Step
from tests.core.plain_tracks import Task as PlainTask

START = date(2026, 3, 30)  # the Monday before Easter
LATEST = timedelta(days=29)  # so long an act can be taken back
NUMBERS, DAYS = st.integers(0, 19), st.integers(-3, 12)
ANY = 13  # a number that stands for whichever there is
KEYS = "abcdef"
STOPPED = {"paused", "ended"}
PEOPLE = ("sam", "nora", "otto", "alba")
BRITISH = {(2026, 4, 3), (2026, 4, 6), (2026, 5, 4), (2026, 5, 25), (2026, 8, 31), (2026, 12, 25), (2026, 12, 28)}
BRITISH |= {(2027, 1, 1), (2027, 3, 26), (2027, 3, 29), (2027, 5, 3), (2027, 5, 31), (2027, 8, 30)}
GERMAN = {(2026, 4, 3), (2026, 4, 6), (2026, 5, 1), (2026, 5, 14), (2026, 5, 25), (2026, 10, 3), (2026, 12, 25)}
GERMAN |= {(2027, 1, 1), (2027, 3, 26), (2027, 3, 29), (2027, 5, 6), (2027, 5, 17)}
BRIDGE = (2026, 4, 7)  # when the house in the north is closed besides

step = st.builds(
    Step,
    key=st.sampled_from(KEYS),
    days=st.sampled_from([0, 0, 1, 1, 2, 3, 5, 9]),
    unit=st.sampled_from(["days", "weekdays", "weekdays", "weeks"]),
    waits=st.booleans(),
    rule=st.sampled_from(["owner", "owner", "user", "previous"]),
    user=st.just("nora"),
)
lines = st.lists(step, min_size=1, max_size=5, unique_by=lambda each: each.key)
some_keys = st.sets(st.sampled_from(KEYS), max_size=2)
some_days = st.dictionaries(st.sampled_from(KEYS), DAYS, max_size=2)


def going(run: Run) -> bool:
    return run.state == "running"


few_and_many = pytest.mark.parametrize(
    ("examples", "steps"), [(3, 30), pytest.param(12, 50, marks=[pytest.mark.fuzz, pytest.mark.load])]
)


class Tracks(RuleBasedStateMachine):
    """Verbs on what is picked by number. `done`: what can be taken back, as (act, its day, the model before, after)."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.number, self.house, self.ada = 0, house, house.by.ada
        self.done: list[tuple[Any, date, Plain, Plain]] = []
        self.taken: list[tuple[Any, date, Plain, Plain]] = []
        alba = take_in(TEST, name="Alba", role="Administrator", team="South")
        self.users = {"sam": house.sam, "nora": house.nora, "otto": house.otto, "alba": alba, "ada": house.ada}
        self.plain = self.laid()
        self.plain.today = START
        self.apply("Chase", 0, 0, 0, set(), {})
        self.apply("Renew", 1, 0, 20, set(), {})
        assert len(self.plain.runs) == 2

    def laid(self) -> Plain:
        """The house, in the product and in the model: two countries, two sales, a track either way, a trigger."""
        ours, closed = Schedule.objects.get(), [date(*BRIDGE).isoformat()]
        edit_schedule(self.ada, ours, region="ENG", closed=closed)
        german = create_schedule(self.ada, name="German", zone="Europe/London", country="DE", hours=ours.hours)
        edit_team(self.ada, Team.objects.get(name="South"), schedule=german)
        company = create_company(self.ada, name="Acme")
        sam = self.house.by.sam
        self.sales = {
            "one": create_opportunity(sam, title="One"),
            "two": create_opportunity(sam, title="Two", company=company),
        }
        self.company, self.stages = company, list(self.sales["one"].stage.pipeline.stages.all()[:3])
        north = {date(*each) for each in BRITISH | {BRIDGE}}
        south = {date(*each) for each in GERMAN}
        holidays = {"sam": north, "nora": north, "ada": north, "otto": south, "alba": south}
        chase = [Step("a"), Step("b", 2, "weekdays", True), Step("c", 1, "weeks"), Step("d", 1, "days", True)]
        renew = [Step("a", 9), Step("b", 3, "weekdays", True), Step("c", 2, "weekdays", rule="user", user="nora")]
        tracks = {"Chase": Definition(chase), "Renew": Definition(renew, back=True), "Entered": Definition([Step("a")])}
        self.tracks = {name: self.defined(name, each) for name, each in tracks.items()}
        add_track_trigger(self.ada, self.tracks["Entered"], stage=self.stages[1])
        entered = dict.fromkeys(self.sales, "0")
        return Plain(holidays, dict.fromkeys(self.sales, "sam"), tracks, {"1": "Entered"}, entered)

    def defined(self, name: str, track: Definition) -> Track:
        facts: Any = {"steps": self.written(track.steps), "counts_from": "end" if track.back else "start"}
        return create_track(self.ada, name=name, applies_to=["opportunity"], **facts)

    def written(self, line: list[Step]) -> list[Any]:
        return [
            {
                "key": each.key,
                "text": f"Step {each.key}",
                "days": each.days,
                "unit": each.unit,
                "after": "previous" if each.waits else "start",
                "rule": each.rule,
                "user": self.users[each.user].public_id if each.rule == "user" else None,
            }
            for each in line
        ]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    # --- what can be done ----------------------------------------------------------------------------------------

    @rule(days=st.integers(1, 6))
    def days_pass(self, days: int) -> None:
        self.plain.today += timedelta(days=days)

    @rule(
        name=st.sampled_from(["Chase", "Chase", "Renew", "Entered"]),
        n=NUMBERS,
        start=DAYS,
        ends=st.integers(-2, 40),
        out=some_keys,
        chosen=some_days,
    )
    def apply(self, name: str, n: int, start: int, ends: int, out: set[str], chosen: dict[str, int]) -> None:
        record, today = self.record(n), self.plain.today
        dates = {key: today + timedelta(days=day) for key, day in chosen.items() if key not in out}
        begins, end = today + timedelta(days=start), today + timedelta(days=ends)
        given: Any = {"starts_on": begins, "ends_on": end, "leave_out": sorted(out), "dates": dates}
        self.do(
            lambda by: apply_track(by, self.sales[record], track=self.tracks[name], **given),
            lambda plain: plain.apply(name, record, begins, end, out, dates),
        )

    @rule(n=NUMBERS, to=st.integers(0, 2))
    def move(self, n: int, to: int) -> None:
        record = self.record(n)
        self.do(
            lambda by: move_stage(by, self.fresh(record), stage=Stage.objects.get(pk=self.stages[to].pk), reason="x"),
            lambda plain: plain.enter(record, str(to)),
        )

    @precondition(lambda self: self.plain.runs)
    @rule(
        n=NUMBERS, which=NUMBERS, day=st.sampled_from([None, None, 0, -1, -4, 1]), by=st.sampled_from(["ada", "alba"])
    )
    def complete(self, n: int, which: int, day: int | None, by: str) -> None:
        on = None if day is None else self.plain.today + timedelta(days=day)
        self.on_step(
            n,
            which,
            lambda _by, task: complete_task(self.users[by].actor("web"), task, done_on=on),
            lambda plain, run, each: plain.complete(run, each.step.key, on, by),
            UNDONE,
        )

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, which=NUMBERS)
    def skip(self, n: int, which: int) -> None:
        deed = lambda by, task: skip_task(by, task, reason="Known")  # noqa: E731
        self.on_step(n, which, deed, lambda plain, run, each: plain.skip(run, each.step.key), UNDONE)

    @precondition(lambda self: self.are(OVER))
    @rule(n=NUMBERS, which=NUMBERS)
    def reopen(self, n: int, which: int) -> None:
        self.on_step(n, which, reopen_task, lambda plain, run, each: plain.reopen(run, each.step.key), OVER)

    @precondition(lambda self: self.are({"done"}))
    @rule(n=NUMBERS, which=NUMBERS, day=st.integers(-5, 1))
    def correct(self, n: int, which: int, day: int) -> None:
        on = self.plain.today + timedelta(days=day)
        deed = lambda by, task: correct_completion(by, task, done_on=on)  # noqa: E731
        self.on_step(n, which, deed, lambda plain, run, each: plain.correct(run, each.step.key, on), {"done"})

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, which=NUMBERS, days=DAYS)
    def put_off(self, n: int, which: int, days: int) -> None:
        on = self.plain.today + timedelta(days=days)
        deed = lambda by, task: snooze_task(by, task, due_on=on)  # noqa: E731
        self.on_step(n, which, deed, lambda plain, run, each: plain.put_off(run, each.step.key, on), UNDONE)

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, which=NUMBERS, to=st.sampled_from(PEOPLE))
    def hand_over(self, n: int, which: int, to: str) -> None:
        deed = lambda by, task: assign_task(by, task, assignee=self.users[to])  # noqa: E731
        self.on_step(n, which, deed, lambda _plain, _run, each: setattr(each, "who", to), UNDONE)

    @rule(who=st.sampled_from(PEOPLE), first=DAYS, long=st.integers(0, 9), covered=st.sampled_from(["", *PEOPLE]))
    def is_away(self, who: str, first: int, long: int, covered: str) -> None:
        starts, delegate = self.plain.today + timedelta(days=first), self.users.get(covered)
        ends = starts + timedelta(days=long)

        def told(plain: Plain) -> None:
            if covered == who:
                raise No
            plain.away.append((who, starts, ends, covered))

        given: Any = {"starts_on": starts, "ends_on": ends, "delegate": delegate}
        self.do(lambda by: add_absence(by, user=self.users[who], **given), told)

    @precondition(lambda self: self.plain.away)
    @rule(n=NUMBERS)
    def is_back(self, n: int) -> None:
        at = n % len(self.plain.away)
        found = Absence.objects.filter(archived_at=None).order_by("pk")[at]
        self.do(lambda by: remove_absence(by, found), lambda plain: plain.away.pop(at))

    @rule(n=NUMBERS, to=st.sampled_from(PEOPLE))
    def give(self, n: int, to: str) -> None:
        record = self.record(n)
        deed = lambda by: assign(by, self.fresh(record), owner=self.users[to])  # noqa: E731
        self.do(deed, lambda plain: plain.give(record, to))

    @rule(n=NUMBERS, won=st.booleans())
    def close(self, n: int, won: bool) -> None:
        record, why = self.record(n), Reason.objects.offered("lost")[0]
        if record in self.plain.closed:
            return
        lost = lambda by: close_lost(by, self.fresh(record), reason=why)  # noqa: E731
        self.do((lambda by: close_won(by, self.fresh(record))) if won else lost, lambda plain: plain.close(record))

    @precondition(lambda self: self.plain.closed)
    @rule(n=NUMBERS, resume=st.booleans())
    def open_again(self, n: int, resume: bool) -> None:
        record = self.record(n)
        deed = lambda by: reopen_opportunity(by, self.fresh(record), resume=resume)  # noqa: E731
        self.do(deed, lambda plain: plain.open_again(record, resume))

    @precondition(lambda self: any(each.question for each in self.plain.runs))
    @rule(n=NUMBERS)
    def park(self, n: int) -> None:
        record, until = self.record(n), self.plain.today + timedelta(days=9)
        self.do(lambda by: park(by, self.fresh(record), until=until), lambda plain: plain.park(record))

    @rule(lift=st.booleans())
    def do_not_contact(self, lift: bool) -> None:
        held = Suppression.objects.filter(company=self.company, lifted_at=None).first()
        if lift and held:
            self.do(lambda by: lift_suppression(by, held, reason="Asked"), lambda plain: plain.silent.clear())
        elif not lift:

            def told(plain: Plain) -> None:
                if "two" not in plain.silent:
                    self.stand_still(plain, "two", "do_not_contact")
                plain.silent.add("two")

            self.do(lambda by: suppress(by, self.company, reason="Asked"), told)

    @precondition(lambda self: any(map(going, self.plain.runs)))
    @rule(n=NUMBERS, cause=st.sampled_from(["by_hand", "bounce", "reply", "meeting"]))
    def pause(self, n: int, cause: Any) -> None:
        record = self.record(n)
        if cause == "reply":
            deed = lambda by: log_mail(by, self.fresh(record), text="Thank you", direction="in")  # noqa: E731
            self.do(deed, lambda plain: self.stand_still(plain, record, cause))
        elif cause == "meeting":
            deed = lambda by: log_meeting(by, self.fresh(record), text="Met")  # noqa: E731
            self.do(deed, lambda plain: self.stand_still(plain, record, cause))
        else:
            stop = lambda by, run: pause_track(by, run, because=cause)  # noqa: E731
            self.on_run(n, stop, lambda plain, run: plain.pause(run, cause), going)

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, shift=st.sampled_from([True, True, False]))
    def go_on(self, n: int, shift: bool) -> None:
        runs = deepcopy(self.plain.runs)
        deed = lambda by, run: continue_track(by, run, shift=shift)  # noqa: E731
        at = self.on_run(n, deed, lambda plain, run: plain.go_on(run, shift), lambda run: run.state in STOPPED)
        before, after = runs[at], self.plain.runs[at]
        if shift and not before.back and before.state != "running" and after.state == "running":
            was_late = {
                key for key, each in before.tasks.items() if each.due and before.stopped and each.due < before.stopped
            }
            found = self.running(at).tasks.filter(state="open", due_on__lt=self.plain.today)
            late = {task.step.key for task in found.select_related("step") if task.step}
            waited = {key for key, each in before.tasks.items() if each.due is None}
            assert late <= was_late | {key for key in waited if after.tasks[key].is_touched} | self.long_over(before)

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS)
    def end(self, n: int) -> None:
        self.on_run(n, end_track, lambda plain, run: plain.end(run), lambda run: bool(run.is_live or run.question))

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, name=st.sampled_from(["Chase", "Entered"]))
    def switch(self, n: int, name: str) -> None:
        deed = lambda by, run: switch_track(by, run, track=self.tracks[name])  # noqa: E731
        self.on_run(n, deed, lambda plain, run: plain.switch(run, name), lambda run: bool(run.question))

    @rule(name=st.sampled_from(["Chase", "Chase", "Renew"]), line=lines)
    def define(self, name: str, line: list[Step]) -> None:
        line = [
            each if each.rule == "user" else Step(each.key, each.days, each.unit, each.waits, each.rule)
            for each in line
        ]
        deed = lambda by: edit_track(by, self.definition(name), steps=self.written(line))  # noqa: E731
        self.do(deed, lambda plain: plain.define(name, line))

    @precondition(lambda self: self.plain.runs)
    @rule(n=NUMBERS, line=lines)
    def update(self, n: int, line: list[Step]) -> None:
        at = self.pick(n, self.is_behind)
        if not self.is_behind(self.plain.runs[at]):
            self.define(self.plain.runs[self.pick(n, going)].track, line)
        self.on_run(n, update_steps, lambda plain, run: plain.update(run), self.is_behind)

    @rule(name=st.sampled_from(["Chase", "Entered"]), back=st.booleans())
    def put_away(self, name: str, back: bool) -> None:
        verb = unarchive_track if back else archive_track
        deed = lambda by: verb(by, self.definition(name))  # noqa: E731
        self.do(deed, lambda plain: setattr(plain.tracks[name], "archived", not back))

    # --- taken back and done again -------------------------------------------------------------------------------

    @precondition(lambda self: self.done and self.plain.today - self.done[-1][1] <= LATEST)
    @rule()
    def take_back(self) -> None:
        act, on, before, after = self.done.pop()
        self.at_next_moment(lambda by: undo(by, act=act))
        self.taken.append((act, on, before, after))
        self.plain = self.again(before)

    @precondition(lambda self: self.taken and self.plain.today - self.taken[-1][1] <= LATEST)
    @rule()
    def do_again(self) -> None:
        act, on, before, after = self.taken.pop()
        self.at_next_moment(lambda by: redo(by, act=act))
        self.done.append((act, on, before, after))
        self.plain = self.again(after)

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def all_is_as_the_plain_model_has_it(self) -> None:
        assert self.seen() == self.plain.seen()

    @invariant()
    def steps_wait_their_turn_and_nothing_is_asked_for_twice(self) -> None:
        mine = Task.objects.filter(running_track__isnull=False, running_track__archived_at=None)
        for run in RunningTrack.objects.all():
            open_tasks = mine.filter(running_track=run, state="open")
            assert not open_tasks or run.state == "running"
            waiting = mine.filter(running_track=run, state="waiting")
            assert not waiting or run.is_live
            assert run.state == "paused" or not waiting.exclude(due_on=None)
            assert not run.is_live or open_tasks or waiting
        steps = mine.filter(state="open").values_list("opportunity", "step__version_of__track", "step__key")
        assert len(steps) == len(set(steps))
        started = RunningTrack.objects.filter(trigger__isnull=False).values_list("trigger", "opportunity")
        assert len(started) == len(set(started))

    # --- how -----------------------------------------------------------------------------------------------------

    def do(self, deed: Callable[[Any], Any], told: Callable[[Plain], Any]) -> None:
        """Do it in the product and in the model; what either refuses, both do, and nothing has changed."""
        before, after = deepcopy(self.plain), deepcopy(self.plain)
        forget()
        try:
            told(after)
            wanted = True
        except No:
            wanted = False
        try:
            self.at_next_moment(deed)
            done = True
        except Refused as refusal:
            done = False
            assert not wanted, refusal
        assert done == wanted, "done in the product, refused by the model"
        if not done:
            return
        self.plain = after
        act = last()
        if act and act.changed:
            self.done.append((act.id, self.plain.today, before, after))
            self.taken.clear()

    def pick(self, n: int, likely: Callable[[Run], bool]) -> int:
        """The place of a track: now and then any, most often one that is likely to let it be done."""
        every = range(len(self.plain.runs))
        found = [at for at in every if n != ANY and likely(self.plain.runs[at])] or every
        return found[n % len(found)]

    def on_run(
        self, n: int, deed: Callable[[Any, Any], Any], told: Callable[[Plain, Run], Any], likely: Callable[[Run], bool]
    ) -> int:
        at = self.pick(n, likely)
        self.do(lambda by: deed(by, self.running(at)), lambda plain: told(plain, plain.runs[at]))
        return at

    def on_step(
        self,
        n: int,
        which: int,
        deed: Callable[[Any, Task], Any],
        told: Callable[[Plain, Run, PlainTask], Any],
        states: set[str],
    ) -> None:
        at = self.pick(n, lambda run: any(each.state in states for each in run.tasks.values()))
        tasks = self.plain.runs[at].tasks
        found = [key for key in sorted(tasks) if which != ANY and tasks[key].state in states] or sorted(tasks)
        key = found[which % len(found)]
        self.do(
            lambda by: deed(by, Task.objects.get(running_track=self.running(at), step__key=key)),
            lambda plain: told(plain, plain.runs[at], plain.runs[at].tasks[key]),
        )

    def at_next_moment(self, deed: Callable[[Any], Any]) -> None:
        self.number += 1
        moment = datetime.combine(self.plain.today, datetime.min.time(), UTC) + timedelta(hours=10, seconds=self.number)
        with clock.at(moment):
            deed(self.ada)

    def again(self, plain: Plain) -> Plain:
        found = deepcopy(plain)
        found.today = self.plain.today
        return found

    def are(self, states: set[str]) -> bool:
        return any(each.state in states for run in self.plain.runs for each in run.tasks.values())

    def is_behind(self, run: Run) -> bool:
        return run.state == "running" and run.version != self.plain.tracks[run.track].version

    def stand_still(self, plain: Plain, record: str, cause: str) -> None:
        for run in plain.runs:
            if run.record == record:
                plain.pause(run, cause)

    def long_over(self, run: Run) -> set[str]:
        """Steps whose day had come before their track stood still, by what was done and entered before that."""
        return {
            key
            for key, each in run.tasks.items()
            if each.follows and (over := run.tasks[each.follows].over) and run.stopped and over < run.stopped
        }

    def record(self, n: int) -> str:
        return "two" if n % 2 else "one"

    def fresh(self, record: str) -> Opportunity:
        return Opportunity.objects.get(pk=self.sales[record].pk)

    def definition(self, name: str) -> Track:
        return Track.objects.get(pk=self.tracks[name].pk)

    def running(self, at: int) -> RunningTrack:
        return RunningTrack.objects.order_by("pk")[at]

    def seen(self) -> list[Any]:
        names = {user.pk: name for name, user in self.users.items()}
        records = {sale.pk: name for name, sale in self.sales.items()}
        found = []
        for run in RunningTrack.objects.select_related("version_of__track").order_by("pk"):
            told = (str(run.track), records[run.opportunity_id or 0], run.version_of.number)
            told += (run.state, run.cause, run.question, run.started_on, run.ends_on)  # type: ignore[assignment]
            tasks = [
                (
                    task.step.key,
                    task.state,
                    task.due_on,
                    names[task.assignee_id],
                    task.follows.step.key if task.follows else "",
                )  # type: ignore[union-attr]
                for task in run.tasks.select_related("step", "follows__step")
            ]
            found.append((told, (names[run.owner_id or 0], run.late_by), sorted(tasks)))
        return found


@few_and_many
def test_tracks_do_what_a_plain_model_of_them_does(house: House, examples: int, steps: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Tracks(house), settings=how)
    assert RunningTrack.objects.count() == 0  # each play was put away
