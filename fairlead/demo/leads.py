"""Leads of the demo world: two on the clock, the others answered in time, late, or not yet."""

from datetime import datetime, timedelta

from fairlead.core.actor import system
from fairlead.demo.logs import plan_entry, plan_task
from fairlead.demo.play import Facts, Play, some
from fairlead.models import Source, User
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import assign

ARRIVALS = system("web form", label="Fairlead")
TARGET = timedelta(hours=1)
GIVEN = ("company_name", "title", "email", "phone", "website", "country", "lead_type", "interest", "message")


def plan(play: Play, data: Facts) -> None:
    sources = {source.name: source for source in Source.objects.all()}
    for facts in data["lead"]:
        key, by = f"lead {facts.get('name') or facts.get('company_name') or facts['phone']}", facts["owner"]
        moment = play.days.ago(facts["ago"]) if "ago" in facts else play.days.moment(facts["on"], facts["at"])
        play.at(moment, _arrive, play, key, facts, sources[facts["source"]], _answer_by(moment, facts))
        if "answer" in facts:
            plan_entry(play, key, by, facts["answer"])
        if "task" in facts:
            plan_task(play, key, by, facts["task"], [facts["answer"]["on"]])


def _answer_by(moment: datetime, facts: Facts) -> datetime | None:
    """The moment by which somebody has to answer; bought addresses asked nothing."""
    if facts.get("lead_type") == "list":
        return None
    return moment + (timedelta(minutes=facts["ago"] + facts["left"]) if "left" in facts else TARGET)


def _arrive(play: Play, key: str, facts: Facts, source: Source, respond_by: datetime | None) -> None:
    company = play.made[facts["company"]] if "company" in facts else None
    given = some(facts, *GIVEN) | {"source": source, "respond_by": respond_by, "company": company}
    lead = create_lead(ARRIVALS, name=facts.get("name", ""), **given)
    play.made[key] = assign(ARRIVALS, lead, owner=User.objects.get(pk=play.actors[facts["owner"]].user_id))
