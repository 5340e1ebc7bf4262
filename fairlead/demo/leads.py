"""Leads of the demo world: two on the clock, the others answered in time, late, or not yet."""

from datetime import datetime, timedelta

from fairlead.core.actor import system
from fairlead.demo.logs import plan_entry, plan_task
from fairlead.demo.play import Facts, Play, some
from fairlead.models import ExitCriterion, Reason, Source, User
from fairlead.models.worktime import calendar_by
from fairlead.verbs.criteria import tick_criterion
from fairlead.verbs.disqualify import disqualify_lead
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import assign
from fairlead.verbs.qualify import qualify_lead

ARRIVALS = system("web form", label="Fairlead")
TARGET = 60  # minutes of working time
GIVEN = ("company_name", "title", "email", "phone", "website", "country", "lead_type", "interest", "message")


def plan(play: Play, data: Facts) -> None:
    sources = {source.name: source for source in Source.objects.all()}
    for facts in data["lead"]:
        key, by = f"lead {facts.get('name') or facts.get('company_name') or facts['phone']}", facts["owner"]
        moment = play.days.ago(facts["ago"]) if "ago" in facts else play.days.moment(facts["on"], facts["at"])
        play.at(moment, _arrive, play, key, facts, sources[facts["source"]], _answer_by(moment, facts, play.days.now))
        if "answer" in facts:
            plan_entry(play, key, by, facts["answer"])
        if "task" in facts:
            plan_task(play, key, by, facts["task"], [facts["answer"]["on"]])
        _plan_end(play, key, facts)


def _plan_end(play: Play, key: str, facts: Facts) -> None:
    """What was found out about it, and what became of it."""
    by = facts["owner"]
    if "ticked" in facts:
        moment = play.days.moment(facts["answer"]["on"], facts["answer"]["at"])
        play.at(moment + timedelta(minutes=10), _tick, play, key, by, facts["ticked"])
    for name, deed in (("qualified", _qualify), ("disqualified", _disqualify)):
        if name in facts:
            play.at(play.days.moment(facts[name]["on"], facts[name]["at"]), deed, play, key, by, facts[name])


def _answer_by(moment: datetime, facts: Facts, now: datetime) -> datetime | None:
    """The moment by which somebody has to answer; bought addresses asked nothing."""
    if facts.get("lead_type") == "list":
        return None
    hours = calendar_by(None)
    return hours.add(now, facts["left"]) if "left" in facts else hours.add(moment, TARGET)


def _arrive(play: Play, key: str, facts: Facts, source: Source, respond_by: datetime | None) -> None:
    company = play.made[facts["company"]] if "company" in facts else None
    given = some(facts, *GIVEN) | {"source": source, "respond_by": respond_by, "company": company}
    lead = create_lead(ARRIVALS, name=facts.get("name", ""), **given)
    play.made[key] = assign(ARRIVALS, lead, owner=User.objects.get(pk=play.actors[facts["owner"]].user_id))


def _tick(play: Play, key: str, by: str, texts: list[str]) -> None:
    for criterion in ExitCriterion.objects.filter(text__in=texts).order_by("position"):
        tick_criterion(play.actors[by], play.made[key], criterion=criterion)


def _qualify(play: Play, key: str, by: str, into: Facts) -> None:
    there = {noun: play.made[into[noun]] for noun in ("company", "person", "opportunity")}
    qualify_lead(play.actors[by], play.made[key], **there)


def _disqualify(play: Play, key: str, by: str, facts: Facts) -> None:
    reason = Reason.objects.get(kind="disqualified", name=facts["reason"])
    on = play.days.day(facts["recontact"])
    disqualify_lead(play.actors[by], play.made[key], reason=reason, note=facts["note"], recontact_on=on)
