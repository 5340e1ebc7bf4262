"""What a track does, told as plainly as can be: day by day on fingers. It knows nothing of the product.

Days are dates; users and records are words. Refused raises; `Plain` is copied whole before each deed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

A_DAY = timedelta(days=1)
UNDONE, OVER = {"open", "waiting"}, {"done", "skipped"}


class No(Exception):
    """What the product is to refuse."""


@dataclass(frozen=True)
class Step:
    key: str
    days: int = 0
    unit: str = "days"
    waits: bool = False
    rule: str = "owner"
    user: str = ""


@dataclass
class Definition:
    steps: list[Step]
    back: bool = False
    archived: bool = False
    version: int = 1


@dataclass
class Task:
    step: Step
    who: str
    state: str = "waiting"
    due: date | None = None
    planned: date | None = None
    follows: str = ""
    over: date | None = None

    @property
    def is_touched(self) -> bool:
        return self.due is not None and self.due != self.planned

    def to(self, due: date | None, who: str) -> None:
        self.due = self.planned = due
        self.who = who


@dataclass
class Run:
    track: str
    record: str
    version: int
    steps: list[Step]
    back: bool
    started: date
    ends: date | None
    owner: str
    by_trigger: bool = False
    state: str = "running"
    cause: str = ""
    question: str = ""
    stopped: date | None = None
    late: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.state in {"running", "paused"}

    def undone(self) -> list[Task]:
        return [each for each in self.tasks.values() if each.state in UNDONE]

    def after(self, key: str) -> list[Task]:
        return [each for each in self.tasks.values() if each.follows == key]


@dataclass
class Plain:
    """A house: whose its records are, what is closed, who is away, what runs."""

    holidays: Mapping[str, set[date]]
    owners: dict[str, str]
    tracks: dict[str, Definition]
    triggers: dict[str, str]  # the track by the stage that starts it
    stages: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    away: list[tuple[str, date, date, str]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    today: date = date.min

    # --- days ----------------------------------------------------------------------------------------------------

    def absence(self, who: str, day: date) -> tuple[str, date, date, str] | None:
        mine = [each for each in self.away if each[0] == who and each[1] <= day <= each[2]]
        return min(mine, key=lambda each: each[1]) if mine else None

    def works(self, who: str, day: date, covered: bool = False) -> bool:
        """Somebody works on this day; with `covered`, a stand-in's work counts as theirs."""
        gone = [each for each in self.away if each[0] == who and each[1] <= day <= each[2]]
        stops = any(not (covered and stand_in) for *_days, stand_in in gone)
        return day.weekday() < 5 and day not in self.holidays[who] and not stops

    def next_workday(self, who: str, day: date) -> date:
        while not self.works(who, day):
            day += A_DAY
        return day

    def counted(self, day: date, step: Step, who: str, back: bool = False) -> date:
        on = -A_DAY if back else A_DAY
        if step.unit != "weekdays":
            for _each in range(step.days * (7 if step.unit == "weeks" else 1)):
                day += on
            return day
        if step.days == 0 and self.works(who, day, covered=True):
            return day
        left = max(step.days, 1)
        while left:
            day += on
            if self.works(who, day, covered=True):
                left -= 1
        return day

    def settled(self, day: date, who: str) -> tuple[date, str]:
        doer, asked = who, [who]
        while (gone := self.absence(doer, day)) is not None:
            doer = gone[3]
            if not doer or doer in asked:
                return self.next_workday(who, day), who
            asked.append(doer)
        return day, doer

    # --- what is planned -----------------------------------------------------------------------------------------

    def whose(self, step: Step, before: str, record: str) -> str:
        if step.rule == "user":
            return step.user
        return (before if step.rule == "previous" else "") or self.owners[record]

    def first_day(self, step: Step, who: str, start: date, began: date, back: bool) -> tuple[date, str]:
        """Of a step that waits for none: counted from the start or back from the end, and not in the past."""
        day = self.counted(began if back and step.waits else start, step, who, back and not step.waits)
        if day < self.today:
            day = self.next_workday(who, self.today) if step.unit == "weekdays" else self.today
        return self.settled(day, who)

    def apply(
        self,
        name: str,
        record: str,
        start: date | None = None,
        ends: date | None = None,
        left_out: set[str] | None = None,
        dates: dict[str, date] | None = None,
        by_trigger: bool = False,
    ) -> Run:
        track, out, chosen = self.tracks[name], left_out or set(), dates or {}
        runs_already = any(each.track == name and each.record == record and each.is_live for each in self.runs)
        steps = [each for each in track.steps if each.key not in out]
        if track.archived or runs_already or record in self.silent or not steps:
            raise No
        if track.back and (ends is None or ends < self.today):
            raise No
        if any(day < self.today for day in chosen.values()):
            raise No
        begin = self.today if track.back else start or self.today
        run = Run(name, record, track.version, list(track.steps), track.back, begin, None, self.owners[record])
        run.ends, run.by_trigger = (ends if track.back else None), by_trigger
        before: Task | None = None
        for step in steps:
            who = self.whose(step, before.who if before else "", record)
            task = Task(step, who)
            if step.key in chosen:
                task.state, task.due, task.planned = "open", chosen[step.key], chosen[step.key]
            elif step.waits and before is not None:
                task.follows = before.step.key
            else:
                task.state = "open"
                task.to(*self.first_day(step, who, (run.ends or begin), begin, track.back))
            run.tasks[step.key] = before = task
        self.runs.append(run)
        self.answered(record, "switched", but=run)
        return run

    def enter(self, record: str, stage: str) -> None:
        if record in self.closed:
            raise No
        if self.stages[record] == stage:
            return
        self.stages[record] = stage
        name = self.triggers.get(stage, "")
        started = any(each.by_trigger and each.track == name and each.record == record for each in self.runs)
        if name and not started and not self.tracks[name].archived:
            questions = [each.question for each in self.runs]
            causes = [each.cause for each in self.runs]
            try:
                self.apply(name, record, by_trigger=True)
            except No:
                return
            for each, question, cause in zip(self.runs, questions, causes, strict=False):
                each.question, each.cause = question, cause  # what starts by itself answers nothing

    # --- steps ---------------------------------------------------------------------------------------------------

    def complete(self, run: Run, key: str, day: date | None, by: str) -> None:
        self._over(run, key, "done", day or self.today, by)

    def skip(self, run: Run, key: str) -> None:
        self._over(run, key, "skipped", self.today, "")

    def _over(self, run: Run, key: str, state: str, day: date, by: str) -> None:
        task = run.tasks[key]
        if task.state not in UNDONE:
            return
        if day > self.today:
            raise No
        task.state, task.over = state, day
        for each in run.after(key):
            if each.state != "waiting" or each.due is not None or not run.is_live:
                continue
            if by and each.step.rule == "previous":
                each.who = by
            if run.state == "running":
                self.place(each, day)
        if run.is_live and not run.undone():
            run.state, run.question, run.cause, run.stopped = "done", "next", "", day

    def place(self, task: Task, after: date) -> None:
        task.state = "open"
        task.to(*self.settled(self.counted(after, task.step, task.who), task.who))

    def correct(self, run: Run, key: str, day: date) -> None:
        task = run.tasks[key]
        if task.state != "done" or day > self.today:
            raise No
        was, task.over = task.over, day
        for each in run.after(key):
            if was != day and run.is_live and each.state in UNDONE and each.due and not each.is_touched:
                state = each.state
                self.place(each, day)
                each.state = state

    def reopen(self, run: Run, key: str) -> None:
        task = run.tasks[key]
        if task.state in UNDONE:
            return
        if run.state == "ended" or (run.state == "done" and self.lives(run.track, run.record)):
            raise No
        task.over = None
        for each in run.after(key):
            if each.state in UNDONE and not each.is_touched:
                each.state, each.due, each.planned = "waiting", None, None
        if run.state == "done":
            run.state, run.question, run.stopped = "running", "", None
        before = run.tasks.get(task.follows)
        if run.state == "paused" or (task.due is None and before and before.state in UNDONE):
            task.state = "waiting"
        elif task.due is None and before and before.over:
            self.place(task, before.over)
        else:
            task.state = "open"

    def put_off(self, run: Run, key: str, day: date) -> None:
        task = run.tasks[key]
        if task.state == "waiting" and task.due is None:
            raise No
        task.due = day

    def lives(self, track: str, record: str) -> bool:
        return any(each.track == track and each.record == record and each.is_live for each in self.runs)

    # --- a run as a whole ----------------------------------------------------------------------------------------

    def pause(self, run: Run, cause: str) -> None:
        if run.state != "running":
            return
        for each in run.tasks.values():
            if each.state == "open":
                each.state = "waiting"
        run.state, run.cause, run.question, run.stopped = "paused", cause, "paused", self.today

    def go_on(self, run: Run, shift: bool) -> None:
        if run.state == "running":
            return
        still = [each for each in run.tasks.values() if each.state in {"waiting", "cancelled"}]
        if run.state == "done" or not still or (run.state == "ended" and self.lives(run.track, run.record)):
            raise No
        if run.state == "ended":
            self._to_owner(run)
        stopped = run.stopped or self.today
        moves = shift and not run.back
        run.late += (self.today - stopped).days if moves else 0
        for each in still:
            before = run.tasks.get(each.follows)
            if each.due is not None:
                if moves:
                    self._put_off_by(each, self.today - stopped)
                each.state = "open"
            elif before is not None and before.state in OVER and before.over:
                self.place(each, before.over)
                if moves:
                    self._put_off_by(each, self.today - max(stopped, before.over))
            else:
                each.state = "waiting"
        run.state, run.cause, run.question, run.stopped = "running", "", "", None

    def _put_off_by(self, task: Task, wait: timedelta) -> None:
        if task.due is None or task.planned is None or wait <= timedelta(0):
            return
        day, gap = task.due + wait, task.due - task.planned
        if task.step.unit == "weekdays":
            day = self.next_workday(task.who, day)
        task.due, task.who = self.settled(day, task.who)
        task.planned = task.due - gap

    def end(self, run: Run, cause: str = "by_hand") -> None:
        if run.is_live:
            for each in run.undone():
                each.state = "cancelled"
            run.stopped = run.stopped if run.state == "paused" else self.today
            run.state, run.cause, run.question = "ended", cause, ""
        elif run.question:
            run.cause = "by_hand" if run.question == "resume" else run.cause
            run.question = ""

    def switch(self, run: Run, name: str) -> None:
        if run.is_live:
            self.end(run, "switched")
        self.apply(name, run.record)

    def answered(self, record: str, cause: str, but: Run | None = None) -> None:
        for each in self.runs:
            if each.record == record and each is not but and not each.is_live and each.question:
                each.cause = cause if each.question == "resume" else each.cause
                each.question = ""

    # --- the record and its people -------------------------------------------------------------------------------

    def give(self, record: str, owner: str) -> None:
        self.owners[record] = owner
        for run in self.runs:
            if run.record == record and (run.state != "ended" or run.question):
                self._to_owner(run)

    def _to_owner(self, run: Run) -> None:
        new = self.owners[run.record]
        if run.owner == new:
            return
        for each in run.tasks.values():
            named = each.step.rule == "user" and each.step.user == each.who
            if each.state in UNDONE | ({"cancelled"} if run.state == "ended" else set()) and each.who == run.owner:
                each.who = each.who if named else new
        run.owner = new

    def close(self, record: str) -> None:
        if record in self.closed:
            return
        self.closed.add(record)
        for run in self.runs:
            if run.record == record and run.is_live:
                self.end(run, "closed")
            elif run.record == record and run.question == "resume":
                run.question = ""

    def open_again(self, record: str, resume: bool) -> None:
        if record not in self.closed:
            return
        self.closed.discard(record)
        asked: list[Run] = []
        for run in reversed(self.runs):
            known = self.lives(run.track, record) or run.track in {each.track for each in asked}
            if run.record == record and run.state == "ended" and run.cause == "closed" and not known:
                run.question = "resume"
                self._to_owner(run)
                asked.append(run)
        for run in asked if resume else ():
            self.go_on(run, shift=True)

    def park(self, record: str) -> None:
        if record in self.closed:
            raise No
        self.answered(record, "by_hand")

    # --- definitions ---------------------------------------------------------------------------------------------

    def define(self, name: str, steps: list[Step]) -> None:
        track = self.tracks[name]
        if steps != track.steps:
            track.version += any(each.track == name and each.version == track.version for each in self.runs)
            track.steps = steps

    def update(self, run: Run) -> None:
        track = self.tracks[run.track]
        if run.version == track.version:
            return
        if run.state != "running":
            raise No
        never = {each.key for each in run.steps} - run.tasks.keys()
        line = [each.key for each in run.steps if each.key in run.tasks]
        waits = {each.key for each in run.steps if each.waits}
        by_hand = {each for each in line[1:] if each in waits and not run.tasks[each].follows}
        before: Task | None = None
        for step in track.steps:
            if step.key in never:
                continue
            task = run.tasks.get(step.key)
            follows = before.step.key if before and step.waits and step.key not in by_hand else ""
            if task is None:
                who = self.whose(step, before.who if before else "", run.record)
                task = run.tasks[step.key] = Task(step, who, follows=follows)
                self._turn(run, task, who)
            elif task.state in UNDONE:
                same = task.step == step and task.follows == follows
                kept = (task.step.rule, task.step.user) == (step.rule, step.user)
                who = task.who if kept else self.whose(step, before.who if before else "", run.record)
                task.step, task.follows = step, follows
                if not same and not task.is_touched:
                    self._turn(run, task, who)
            before = task
        for key in run.tasks.keys() - {each.key for each in track.steps}:
            if run.tasks[key].state in UNDONE:
                run.tasks[key].state, run.tasks[key].over = "skipped", self.today
        run.version, run.steps = track.version, list(track.steps)
        if not run.undone():
            run.state, run.question, run.stopped = "done", "next", self.today

    def _turn(self, run: Run, task: Task, who: str) -> None:
        """When it is due by the new version: its turn may not have come, may have come, or it is counted anew."""
        task.state, task.due, task.planned, task.who = "waiting", None, None, who
        before = run.tasks.get(task.follows)
        if before is None:
            start = run.ends or run.started + timedelta(days=run.late)
            task.state = "open"
            task.to(*self.first_day(task.step, who, start, run.started, run.back))
        elif before.state in OVER and before.over:
            day = self.counted(before.over, task.step, who)
            if day < self.today:
                day = self.next_workday(who, self.today) if task.step.unit == "weekdays" else self.today
            task.state = "open"
            task.to(*self.settled(day, who))

    def seen(self) -> list[Any]:
        """All that runs, to be held against the product."""
        return [
            (
                (run.track, run.record, run.version, run.state, run.cause, run.question, run.started, run.ends),
                (run.owner, run.late),
                sorted((key, each.state, each.due, each.who, each.follows) for key, each in run.tasks.items()),
            )
            for run in self.runs
        ]
