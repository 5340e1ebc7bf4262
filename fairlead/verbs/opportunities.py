"""Opportunities: added, edited, moved through the stages, won, lost and reopened."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Closure, Company, Lead, Opportunity, Organisation, Person, Source, Stage, money
from fairlead.verbs.companies import company_along
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.ownership import owned_by
from fairlead.verbs.people import person_along

MOST = Decimal(10) ** 15


class OpportunityFacts(TypedDict, total=False):
    company: Company | None
    person: Person | None
    lead: Lead | None
    amount: Decimal | None
    currency: str
    recurs: Literal["once", "month", "year"]
    close_on: date | None
    likelihood: int | None
    source: Source | None
    about: str
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
    stage = stage or Stage.objects.order_by("pipeline__position", "position")[0]
    values = _values(with_custom(by, "opportunity", dict(facts)), facts.get("currency") or Organisation.ours().currency)
    return create(Opportunity, title=title, stage=stage, stage_since=clock.now(), **owned_by(by), **values)


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
    return opportunity


@verb("{by} moved {opportunity} from {before} to {stage}", may="edit")
def move_stage(by: Actor, opportunity: Opportunity, *, stage: Stage) -> Opportunity:
    """Move an open opportunity to another stage of its pipeline; skipping and going back are allowed."""
    _must_be_open(opportunity)
    if stage.pipeline_id != opportunity.stage.pipeline_id:
        raise Invalid({"stage": [_("This stage belongs to another pipeline.")]})
    if stage.pk != opportunity.stage_id:
        from fairlead.core.act import current

        current().step.labels["before"] = opportunity.stage.name
        change(opportunity, stage=stage, stage_since=clock.now())
    return opportunity


@verb("{by} won {opportunity}", may="edit")
def close_won(
    by: Actor, opportunity: Opportunity, *, amount: Decimal | None = None, on: date | None = None, note: str = ""
) -> Opportunity:
    """Close an opportunity as won; the amount is what was really agreed, its value when not given."""
    return _close(opportunity, "won", amount=amount, on=on, note=note)


@verb("{by} lost {opportunity}: {reason}", may="edit")
def close_lost(
    by: Actor, opportunity: Opportunity, *, reason: str, on: date | None = None, note: str = ""
) -> Opportunity:
    """Close an opportunity as lost, with the reason; its people stay in follow-up."""
    return _close(opportunity, "lost", reason=reason, on=on, note=note)


@verb("{by} reopened {opportunity}", may="edit")
def reopen_opportunity(by: Actor, opportunity: Opportunity) -> Opportunity:
    """Open a closed opportunity again; how it was closed stays in its history."""
    change(opportunity, state="open")
    return opportunity


def _close(opportunity: Opportunity, outcome: str, *, on: date | None, **facts: Any) -> Opportunity:
    if opportunity.state == outcome:
        return opportunity
    _must_be_open(opportunity)
    amount = facts.pop("amount", None)
    minor = opportunity.amount_minor if amount is None else _minor(amount, opportunity.currency)
    create(
        Closure,
        opportunity=opportunity,
        outcome=outcome,
        on=on or clock.today(Organisation.ours().tz),
        amount_minor=minor if outcome == "won" else None,
        currency=opportunity.currency,
        **facts,
    )
    change(opportunity, state=outcome)
    return opportunity


def _must_be_open(opportunity: Opportunity) -> None:
    if not opportunity.is_open:
        text = _("%(title)s is closed as %(state)s. Reopen it first.")
        raise WrongState(text % {"title": opportunity, "state": opportunity.get_state_display()})


def _values(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    if "amount" in facts:
        amount = facts.pop("amount")
        facts["amount_minor"] = None if amount is None else _minor(amount, currency)
    likelihood = facts.get("likelihood")
    if likelihood is not None and not 0 <= likelihood <= 100:
        raise Invalid({"likelihood": [_("Likelihood is a percentage from 0 to 100.")]})
    return facts | {"currency": currency}


def _minor(amount: Decimal, currency: str) -> int:
    if not amount.is_finite() or not 0 <= amount < MOST:
        raise Invalid({"amount": [_("Write an amount from 0 to 999,999,999,999,999.")]})
    return money.to_minor(amount, currency)
