"""What was said and what is planned on the records of the demo world."""

from datetime import time
from typing import Any

from fairlead.core.actor import Actor
from fairlead.demo.play import Facts, Play, some
from fairlead.models import User
from fairlead.verbs.activities import Direction, log_call, log_mail, log_meeting, log_note
from fairlead.verbs.tasks import add_task, complete_task, snooze_task, tick_item

KINDS = ("call", "mail", "note", "meeting")


def plan_entry(play: Play, name: str, by: str, entry: Facts) -> None:
    """An entry about the record made under `name`."""
    moment = play.days.ago(entry["ago"]) if "ago" in entry else play.days.moment(entry["on"], entry["at"])
    play.at(moment, _log, play, name, entry.get("by", by), entry)


def plan_task(play: Play, name: str, by: str, task: Facts, after: list[int]) -> None:
    """A task on the record made under `name`, planned on the last of the days `after` that lies before its own."""
    before = max(day for day in after if day < min(task["on"], 0) or day == min(after))
    play.at(play.days.moment(before, "17:40"), _add, play, name, by, task)
    if "ticked" in task:
        play.at(play.days.moment(before, "17:45"), _tick, play, task)
    if "put_off" in task:
        play.at(play.days.moment(min(task["on"], 0) - 1, "17:50"), _put_off, play, by, task)
    if "done" in task:
        play.at(play.days.moment(task["on"], task.get("at", "15:55")), _complete, play, name, by, task)


def _log(play: Play, name: str, by: str, entry: Facts) -> None:
    kind = next(kind for kind in KINDS if kind in entry)
    log(play.actors[by], play.made[name], kind, entry[kind], entry)


def log(by: Actor, about: Any, kind: str, text: str, entry: Facts) -> None:
    minutes: Any = some(entry, "minutes")
    direction: Direction = "in" if entry.get("received") else "out"
    if kind == "call":
        log_call(by, about, text=text, outcome=entry.get("outcome", "reached"), direction=direction, **minutes)
    elif kind == "mail":
        log_mail(by, about, text=text, direction=direction)
    elif kind == "meeting":
        log_meeting(by, about, text=text, **minutes)
    else:
        log_note(by, about, text=text)


def _add(play: Play, name: str, by: str, task: Facts) -> None:
    doer = User.objects.get(pk=play.actors[task.get("for", by)].user_id)
    play.made[task["title"]] = add_task(
        play.actors[by],
        play.made[name],
        title=task["title"],
        kind=task.get("kind", "todo"),
        due_on=play.days.day(task["on"]),
        due_time=time.fromisoformat(task["at"]) if "at" in task else None,
        assignee=doer,
        **_besides(task),
    )


def _besides(task: Facts) -> Any:
    """What few tasks have: how they repeat, and what is to be ticked off."""
    listed = {"checklist": [{"text": text, "done": False} for text in task.get("checklist", [])]}
    return some(task, "repeats") | (listed if "checklist" in task else {})


def _tick(play: Play, task: Facts) -> None:
    for text in task["checklist"][: task["ticked"]]:
        tick_item(play.actors[task["for"]], play.made[task["title"]], item=text)


def _put_off(play: Play, by: str, task: Facts) -> None:
    snooze_task(play.actors[by], play.made[task["title"]], due_on=play.days.day(task["put_off"]))


def _complete(play: Play, name: str, by: str, task: Facts) -> None:
    complete_task(play.actors[by], play.made[task["title"]], outcome=task["done"])
    if task.get("entry"):
        log(play.actors[by], play.made[name], task["kind"], task["done"], task)
