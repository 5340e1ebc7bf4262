"""Opportunities: added, edited, moved through the stages, won, lost and reopened."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import (
    Company,
    ExitCriterion,
    Gap,
    Lead,
    Opportunity,
    Organisation,
    Person,
    Source,
    Stage,
    money,
    progress,
)
from fairlead.models.ranks import between, rank_of
from fairlead.verbs.amounts import MOST, minor_or_none
from fairlead.verbs.companies import company_along
from fairlead.verbs.criteria import missing
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.people import person_along
from fairlead.verbs.track_triggers import stage_entered

MOST_MONTHS = 600


class OpportunityFacts(TypedDict, total=False):
    company: Company | None
    person: Person | None
    lead: Lead | None
    amount: Decimal | None
    currency: str
    recurs: Literal["once", "month", "year"]
    months: int | None
    close_on: date | None
    likelihood: int | None
    source: Source | None
    about: str
    solution: str
    custom: Custom


@verb("{by} opened the opportunity {it}", may="opportunity.create")
def create_opportunity(
    by: Actor,
    *,
    title: str,
    stage: Stage | None = None,
    new_company: str = "",
    new_person: str = "",
    **facts: Unpack[OpportunityFacts],
) -> Opportunity:
    """Open an opportunity; without a stage it starts in the first one of the first pipeline.

    `new_company` and `new_person` are names of customers that are added along with it.
    """
    if new_company:
        facts["company"] = company_along(by, new_company)
    if new_person:
        facts["person"] = person_along(by, new_person, facts.get("company"))
    stage = stage or first_stage()
    must_be_in_use(stage)
    values = _values(with_custom(by, "opportunity", dict(facts)), facts.get("currency") or Organisation.ours().currency)
    made = create(Opportunity, title=title, stage=stage, stage_since=clock.now(), **owned_by(by), **values)
    _within_bounds(made)
    stage_entered(by, made)
    return made


@verb("{by} edited {opportunity}", may="edit")
def edit_opportunity(
    by: Actor,
    opportunity: Opportunity,
    *,
    title: str | None = None,
    version: int | None = None,
    **facts: Unpack[OpportunityFacts],
) -> Opportunity:
    """Change facts of an opportunity. With `version`, a field that somebody else changed since is a conflict."""
    values = _values(with_custom(by, "opportunity", dict(facts)), facts.get("currency") or opportunity.currency)
    if title is not None:
        values["title"] = title
    check_version(opportunity, version, values)
    change(opportunity, **values)
    _within_bounds(opportunity)
    return opportunity


@verb("{by} moved {opportunity} from {before} to {stage}", may="edit")
def move_stage(
    by: Actor,
    opportunity: Opportunity,
    *,
    stage: Stage,
    reason: str = "",
    before: Opportunity | None = None,
    after: Opportunity | None = None,
) -> Opportunity:
    """Move an open opportunity to another stage of its pipeline; skipping and going back are allowed.

    Moving on asks for one line of `reason` when required exit criteria are missing; hard ones keep it where it is.
    `before` or `after` another one in the lane of that stage says where it stands there; else its next step does.
    """
    must_be_open(opportunity)
    _must_fit(opportunity, stage)
    if stage.pk != opportunity.stage_id:
        _enter(by, opportunity, stage, reason, _("leave %(stage)s") % {"stage": opportunity.stage})
    _stand(opportunity, before, after)
    return opportunity


@verb("{by} moved {opportunity} from {before} to {stage} in {pipeline}", may="edit")
def move_pipeline(by: Actor, opportunity: Opportunity, *, stage: Stage, reason: str = "") -> Opportunity:
    """Move an open opportunity to a stage of another pipeline, where other exit criteria hold.

    What the stages before that one require there counts as for `move_stage`; the first one asks for nothing. Its
    ticks wait for it where it came from. Within its own pipeline this is `move_stage`.
    """
    if stage.pipeline_id == opportunity.stage.pipeline_id:
        return move_stage(by, opportunity, stage=stage, reason=reason)
    must_be_open(opportunity)
    must_be_in_use(stage)
    current().step.labels["pipeline"] = stage.pipeline.name
    _enter(by, opportunity, stage, reason, _("be in %(stage)s") % {"stage": stage})
    return opportunity


def _enter(by: Actor, opportunity: Opportunity, stage: Stage, reason: str, aim: str) -> None:
    """Into a stage, when nothing that is demanded stands against it; gaps are kept with their reason."""
    before = opportunity.stage
    if required := _demand_met(missing(opportunity, stage), reason, aim):
        gap = {"missing": [each.text for each in required], "reason": reason.strip(), "by_user_id": by.user_id}
        create(Gap, opportunity=opportunity, stage=before, at=clock.now(), **gap)
    current().step.labels["before"] = before.name
    change(opportunity, stage=stage, stage_since=clock.now(), stands_at=None)
    stage_entered(by, opportunity)


@verb("{by} put {opportunity} in another place of its lane", may="edit")
def place_opportunity(
    by: Actor,
    opportunity: Opportunity,
    *,
    before: Opportunity | None = None,
    after: Opportunity | None = None,
) -> Opportunity:
    """Put an open opportunity directly before or after another one in the lane of its stage, until it leaves it.

    Without either it goes back to where its next step puts it.
    """
    must_be_open(opportunity)
    if before is None and after is None:
        change(opportunity, stands_at=None, lane_rank=rank_of(opportunity.created_at, opportunity.public_id))
    _stand(opportunity, before, after)
    return opportunity


def _stand(opportunity: Opportunity, before: Opportunity | None, after: Opportunity | None) -> None:
    """Directly before or after another one of its lane, if one is named."""
    beside = before or after
    if beside is None:
        return
    if beside.stage_id != opportunity.stage_id or not beside.is_open or beside.archived_at is not None:
        raise Invalid({"before" if before else "after": [_("It is not in the same lane any more. Nothing was moved.")]})
    if beside.pk != opportunity.pk:
        change(opportunity, stands_at=beside.lane_at, lane_rank=_rank_beside(opportunity, beside, ahead=bool(before)))


def _rank_beside(opportunity: Opportunity, beside: Opportunity, *, ahead: bool) -> str:
    """A rank between this one and what stands on its other side, of all in the lane."""
    others = Opportunity.objects.open().filter(stage=beside.stage_id, lane_at=beside.lane_at).exclude(pk=opportunity.pk)
    if ahead:
        there = others.filter(lane_rank__lt=beside.lane_rank).order_by("-lane_rank")
        return between(there.values_list("lane_rank", flat=True).first() or "", beside.lane_rank)
    there = others.filter(lane_rank__gt=beside.lane_rank).order_by("lane_rank")
    return between(beside.lane_rank, there.values_list("lane_rank", flat=True).first() or "")


def _demand_met(lacking: list[ExitCriterion], reason: str, aim: str) -> list[ExitCriterion]:
    """The required criteria that are missing although there is a reason to move on; else it is refused."""
    hard = [each for each in lacking if each.force == "hard"]
    if hard:
        text = _("Still missing to %(aim)s: %(what)s.")
        raise Invalid({"stage": [text % {"aim": aim, "what": _listed(hard)}]})
    required = [each for each in lacking if each.force == "required"]
    if required and not reason.strip():
        text = _("Missing to %(aim)s: %(what)s. Write one line on why you move on.")
        raise Invalid({"reason": [text % {"aim": aim, "what": _listed(required)}]})
    return required


def _listed(criteria: list[ExitCriterion]) -> str:
    return ", ".join(each.text for each in criteria)


def _must_fit(opportunity: Opportunity, stage: Stage) -> None:
    if stage.pipeline_id != opportunity.stage.pipeline_id:
        text = _("%(stage)s belongs to the pipeline %(theirs)s, and %(title)s is in %(ours)s. Nothing was moved.")
        words = {"stage": stage, "theirs": stage.pipeline, "title": opportunity, "ours": opportunity.stage.pipeline}
        raise Invalid({"stage": [text % words]})
    must_be_in_use(stage)


def must_be_in_use(stage: Stage) -> None:
    if stage.archived_at is not None:
        text = _("The stage %(stage)s is archived. Choose one that is in use.")
        raise Invalid({"stage": [text % {"stage": stage}]})
    if stage.pipeline.archived_at is not None:
        text = _("The pipeline %(pipeline)s is archived. Choose a stage of one that is in use.")
        raise Invalid({"stage": [text % {"pipeline": stage.pipeline}]})


def must_be_open(opportunity: Opportunity) -> None:
    if not opportunity.is_open:
        text = _("%(title)s is closed as %(state)s. Reopen it first.")
        raise WrongState(text % {"title": opportunity, "state": opportunity.get_state_display()})


def _values(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    if "amount" in facts:
        amount = facts.pop("amount")
        facts["amount_minor"] = minor_or_none(amount, currency)
    likelihood = facts.get("likelihood")
    if likelihood is not None and not 0 <= likelihood <= 100:
        raise Invalid({"likelihood": [_("Likelihood is a percentage from 0 to 100.")]})
    if facts.get("months") is not None and not 1 <= facts["months"] <= MOST_MONTHS:
        raise Invalid({"months": [_("Write a number of months from 1 to %(most)s.") % {"most": MOST_MONTHS}]})
    return facts | {"currency": currency}


def _within_bounds(opportunity: Opportunity) -> None:
    whole = progress.total(opportunity.amount_minor, opportunity.recurs, opportunity.months)
    if whole is not None and whole >= money.to_minor(MOST, opportunity.currency):
        text = _("Over its whole time this comes to more than 999,999,999,999,999. Write a smaller amount.")
        raise Invalid({"amount": [text]})


def first_stage() -> Stage:
    """Where an opportunity begins: the first stage in use of the first pipeline in use."""
    live = Stage.objects.live().filter(pipeline__archived_at=None)
    found: Stage | None = live.order_by("pipeline__position", "pipeline_id", "position", "pk").first()
    if found is None:
        raise WrongState(_("There is no pipeline with a stage in use. An administrator adds one in the settings."))
    return found
