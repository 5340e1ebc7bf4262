"""Opportunities of the demo world: opened, moved through the stages, won and lost."""

from datetime import date
from decimal import Decimal

from fairlead.core.upload import receive
from fairlead.demo import process
from fairlead.demo.logs import plan_entry, plan_task
from fairlead.demo.play import Facts, Play, some
from fairlead.models import Reason, Source, Stage, Track
from fairlead.verbs.closing import close_lost, close_won
from fairlead.verbs.files import attach_file
from fairlead.verbs.opportunities import create_opportunity, move_stage
from fairlead.verbs.tracks import apply_track


def plan(play: Play, data: Facts, found: Facts) -> None:
    stages = {stage.name: stage for stage in Stage.objects.all()}
    sources = {source.name: source for source in Source.objects.all()}
    for minute, facts in enumerate(data["opportunity"]):
        days = list(facts["stages"].items())
        key, by = _key(facts), facts["owner"]
        opened = play.days.moment(days[0][1], f"08:{minute % 60:02}")
        play.at(opened, _open, play, facts, stages[days[0][0]], sources[facts["source"]])
        for helper in facts.get("helpers", []):
            play.at(opened, process.pull_in, play, key, by, helper)
        last, worked_out = days[-1][1], days[min(2, len(days) - 1)][1]
        play.at(play.days.moment(worked_out, "16:45"), process.find_out, play, key, by, process.known(found, key))
        gap = process.known(found, key).get("gap", "")
        for name, day in days[1:]:
            play.at(play.days.moment(day, "16:50"), process.tick, play, key, by, 1 if gap else 9)
            play.at(play.days.moment(day, f"17:{minute % 30:02}"), _move, play, key, by, stages[name], gap)
        if "Propose" in facts["stages"]:
            usual: Facts = {"number": f"Q-2025-{160 + minute:04}", "sent_on": facts["stages"]["Propose"]}
            quote = usual | {"amount": facts["amount"]} | process.known(found, key).get("quote", {})
            play.at(play.days.moment(quote["sent_on"], "17:35"), process.quote, play, key, by, quote)
        for entry in facts["log"]:
            plan_entry(play, key, by, entry)
        for task in facts.get("tasks", []):
            plan_task(play, key, by, task, [days[0][1], *(entry["on"] for entry in facts["log"])])
        if "track" in facts:
            play.at(play.days.moment(facts["track"]["on"], "17:10"), _follow_up, play, key, by, facts["track"]["name"])
        if "file" in facts:
            play.at(play.days.moment(facts["file"]["on"], "16:20"), _attach, play, key, by, facts["file"])
        if ticked := process.known(found, key).get("ticked"):
            play.at(play.days.moment(last, "17:55"), process.tick, play, key, by, ticked)
        _plan_end(play, facts)


def _plan_end(play: Play, facts: Facts) -> None:
    key, by = _key(facts), facts["owner"]
    if "won" in facts:
        play.at(play.days.moment(facts["won"], "17:45"), _win, play, key, by)
    if "lost" in facts:
        play.at(play.days.moment(facts["lost"], "17:45"), _lose, play, key, by, facts["reason"])


def _key(facts: Facts) -> str:
    return f"{facts['title']}, {facts.get('company', '')}"


def _open(play: Play, facts: Facts, stage: Stage, source: Source) -> None:
    by = play.actors[facts["owner"]]
    opportunity = create_opportunity(
        by,
        title=facts["title"],
        stage=stage,
        company=play.made[facts["company"]] if "company" in facts else None,
        person=play.made[facts["person"]],
        amount=Decimal(facts["amount"]),
        close_on=_close_on(play, facts),
        source=source,
        **some(facts, "currency", "recurs", "months", "likelihood", "about"),
    )
    play.made[_key(facts)] = opportunity


def _close_on(play: Play, facts: Facts) -> date:
    return play.days.day(next(facts[name] for name in ("closes", "won", "lost") if name in facts))


def _move(play: Play, key: str, by: str, stage: Stage, reason: str) -> None:
    move_stage(play.actors[by], play.made[key], stage=stage, reason=reason)


def _follow_up(play: Play, key: str, by: str, name: str) -> None:
    apply_track(play.actors[by], play.made[key], track=Track.objects.get(name=name))


def _attach(play: Play, key: str, by: str, file: Facts) -> None:
    upload = receive([file["text"].lstrip().encode()], file["name"])
    attach_file(play.actors[by], play.made[key], upload=upload)


def _win(play: Play, key: str, by: str) -> None:
    process.accept(play, key, by)
    close_won(play.actors[by], play.made[key])


def _lose(play: Play, key: str, by: str, reason: str) -> None:
    close_lost(play.actors[by], play.made[key], reason=Reason.objects.get(kind="lost", name=reason))
