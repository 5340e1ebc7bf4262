"""How the demo's sales were worked out: criteria ticked, needs, solutions, stakeholders, competitors, the team."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from fairlead.core.actor import Actor
from fairlead.demo.play import Facts, Play, some
from fairlead.models import Competitor, ExitCriterion, Notice, Opportunity, Outbox, Quote, User
from fairlead.verbs.competitors import add_rival, create_competitor
from fairlead.verbs.criteria import tick_criterion
from fairlead.verbs.needs import add_need
from fairlead.verbs.notices import see_notice
from fairlead.verbs.opportunities import edit_opportunity
from fairlead.verbs.pipelines import add_criterion, add_stage, create_pipeline
from fairlead.verbs.quotes import accept_quote, record_quote
from fairlead.verbs.rates import set_rate
from fairlead.verbs.stakeholders import add_stakeholder
from fairlead.verbs.targets import set_target
from fairlead.verbs.team_members import add_team_member


def set_up(by: Actor, data: Facts) -> None:
    """The competitors that the house knows, and its further pipelines."""
    for name, facts in data["competitor"].items():
        create_competitor(by, name=name, **facts)
    for each in data["pipeline"]:
        pipeline = create_pipeline(by, name=each["name"])
        for facts in each["stages"]:
            stage = add_stage(by, pipeline, name=facts["name"], **some(facts, "usual_days", "probability"))
            for criterion in facts["criteria"]:
                add_criterion(by, stage, **criterion)


def aim(by: Actor, play: Play, data: Facts) -> None:
    """What the sellers mean to win in this month and the two after it; what other currencies are worth."""
    for currency, rate in data["rate"].items():
        set_rate(by, currency=currency, rate=Decimal(rate))
    for name, amount in data["target"].items():
        user = User.objects.get(pk=play.actors[name].user_id)
        for number in range(3):
            month = play.days.today.replace(day=1) + timedelta(days=31 * number)
            set_target(by, user=user, month=month, amount=Decimal(amount))


def known(data: Facts, key: str) -> Facts:
    """What was found out in a sale, by "title, company" or by its title alone."""
    found: Facts = data["sale"].get(key) or data["sale"].get(key.rpartition(", ")[0]) or {}
    return found


def find_out(play: Play, key: str, by: str, facts: Facts) -> None:
    sale, actor = play.made[key], play.actors[by]
    for each in facts.get("needs", []):
        cost: Any = {"cost": Decimal(each["cost"])} if "cost" in each else {}
        add_need(actor, sale, text=each["text"], **some(each, "weight", "coverage", "met"), **cost)
    for each in facts.get("stakeholders", []):
        add_stakeholder(actor, sale, person=play.made[each["person"]], **some(each, "role", "note"))
    for each in facts.get("rivals", []):
        add_rival(actor, sale, competitor=Competitor.objects.get(name=each["name"]), **some(each, "note"))
    if "solution" in facts:
        edit_opportunity(actor, sale, solution=facts["solution"])


def quote(play: Play, key: str, by: str, facts: Facts) -> None:
    dates: Any = {name: play.days.day(facts[name]) for name in ("sent_on", "valid_until") if name in facts}
    amount = Decimal(facts["amount"])
    record_quote(play.actors[by], play.made[key], number=facts["number"], amount=amount, **dates)


def accept(play: Play, key: str, by: str) -> None:
    for quote in Quote.objects.open().filter(opportunity=play.made[key].pk):
        accept_quote(play.actors[by], quote)


def tick(play: Play, key: str, by: str, most: int = 9) -> None:
    """Tick what people tick of the sale's stage, at most so many."""
    sale = Opportunity.objects.get(pk=play.made[key].pk)
    for criterion in ExitCriterion.objects.live().filter(stage=sale.stage_id, fact="")[:most]:
        tick_criterion(play.actors[by], sale, criterion=criterion)


def pull_in(play: Play, key: str, by: str, colleague: str) -> None:
    user = User.objects.select_related("role").get(pk=play.actors[colleague].user_id)
    role = "Technical" if user.role.name == "Delivery" else ""
    add_team_member(play.actors[by], play.made[key], user=user, role=role)


def see(play: Play, colleague: str) -> None:
    """Somebody reads the notices on their Today."""
    for notice in Notice.objects.filter(user=play.actors[colleague].user_id, seen_at=None):
        see_notice(play.actors[colleague], notice)


def say_nothing_more() -> None:
    """Nobody gets mail now about what happened weeks ago."""
    Outbox.objects.filter(effect="notice", state="waiting").update(state=Outbox.State.CANCELLED)
