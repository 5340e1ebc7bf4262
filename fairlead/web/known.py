"""What is known of an opportunity, as its page shows it: exit criteria, needs, quotes, who has a say, the team."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, Subquery

from fairlead.core import access
from fairlead.core.access import reach
from fairlead.core.actor import Actor
from fairlead.core.prepared import Prepared, PreparedFor, together
from fairlead.models import (
    Closure,
    Competitor,
    CriterionTick,
    ExitCriterion,
    Need,
    Opportunity,
    Organisation,
    Person,
    Quote,
    Rate,
    Rival,
    Stage,
    Stakeholder,
    TeamMember,
    money,
    progress,
)
from fairlead.models.facts import FACTS
from fairlead.models.rate import MICRO

SIMILAR = 3
LARGEST = 10**18  # of an amount that is asked for
RATES = 200  # the newest ones, among which those in force are


def known(record: Any, by: Actor, today: date) -> dict[str, Any]:
    """The parts of an opportunity that this reader may see; one statement each, put into SQL once."""
    members = _MEMBERS(record.pk)
    return {
        "criteria": criteria(record) if record.is_open else [],
        "needs": _NEEDS(by, record.pk),
        "may_price": "cost" not in access.fixed(by, Need),
        "stakeholders": _STAKEHOLDERS(by, record.pk),
        "stakeholder_roles": Stakeholder.Role.choices,
        "quotes": _QUOTES(by, record.pk),
        "may_quote": "amount" not in access.fixed(by, Quote),
        "rivals": _RIVALS(record.pk),
        "competitors": _COMPETITORS(),
        "members": members,
        "member_ids": {each.user_id for each in members},
        "similar": similar(record, by, today) if record.is_open else [],
        "closing": None if record.is_open else next(iter(_CLOSING(by, record.pk)), None),
    }


def similar(record: Any, by: Actor, today: date) -> list[Any]:
    """Won ones from half to twice its value, the nearest first; nothing for those who see no amounts.

    Those in other currencies are weighed by the rates in force today; one without a rate is compared with its own.
    """
    if not record.amount_minor or "amount" in access.hidden(by, Opportunity):
        return []
    worth, asked = _worth_in(record, today), []
    for currency, value in worth.items():
        whole, alike = min(money.to_minor(value, currency), LARGEST), (currency, record.recurs)
        asked.append(_ABOVE.asked(by, *alike, whole, whole * 2))
        asked.append(_BELOW.asked(by, *alike, whole // 2, whole - 1))
    nearest = sorted(together(asked), key=lambda each: (abs(each.amount / worth[each.currency] - 1), each.pk))
    return nearest[:SIMILAR]


def _worth_in(record: Any, today: date) -> dict[str, Decimal]:
    """Its amount in its own currency, and in those that a rate links to it."""
    known: dict[str, Decimal] = {}
    for currency, micro, ours in _RATES(today):
        known |= {ours: Decimal(1)} | ({currency: Decimal(micro) / MICRO} if currency not in known else {})
    if record.currency not in known:
        return {record.currency: record.amount}
    whole = record.amount / known[record.currency]
    return {currency: whole * rate for currency, rate in known.items()} | {record.currency: record.amount}


def criteria(record: Any) -> list[dict[str, Any]]:
    """The exit criteria of its stage, each with where its tick is posted; one that looks up a fact ticks itself."""
    found = _CRITERIA(record.stage_id)
    ticked = {criterion_id for (criterion_id,) in _TICKS(record.pk)} if found else set()
    _pk, *facts = _FACTS(record.pk)[0] if any(each.fact for each in found) else (record.pk,)
    true = {name for name, value in zip(FACTS, facts, strict=False) if value}
    base = f"/opportunities/{record.public_id}"
    entries = []
    for each in found:
        met = each.fact in true if each.fact else each.pk in ticked
        verb = "untick-criterion" if met else "tick-criterion"
        by_hand = record.may_edit and record.archived_at is None and not each.fact
        post = f"{base}/{verb}?criterion={each.public_id}" if by_hand else ""
        entries.append({"text": each.text, "met": met, "post": post, "force": each.force})
    return entries


def _won(by: Actor, currency: str, recurs: str, low: int, high: int) -> Any:
    won = Opportunity.objects.visible_to(by).filter(state="won", archived_at=None, currency=currency, recurs=recurs)
    return won.filter(amount_minor__gte=low, amount_minor__lte=high)


def _stakeholders(by: Actor, pk: int) -> Any:
    """Those whose person the reader may see."""
    seen = reach(by, "see", Person)
    rows = Stakeholder.objects.filter(opportunity=pk).select_related("person").order_by("pk")
    # `seen` is what the reader may see
    # nosemgrep
    return rows.filter(person__in=Person.objects.filter(seen)) if seen != Q() else rows


def _facts(pk: int) -> Any:
    # of the record whose page this is, which was read through visible_to
    # nosemgrep
    found = Opportunity.objects.filter(pk=pk).annotate(**progress.facts())
    return found.values_list("pk", *(f"is_{name}" for name in FACTS))


def pipeline_stages(pipeline_id: int, at: int) -> tuple[list[Stage], bool]:
    """The stages in use, and the one that an opportunity is in; and whether there are other pipelines to move to."""
    found = _STAGES(pipeline_id, at)
    own = [each for each in found if each.pipeline_id == pipeline_id]
    return own, len(own) < len(found)


_SHOWN = ("public_id", "title", "amount_minor", "currency")
_VALUES = (str, str, int, int)
_ABOVE = PreparedFor(lambda *asked: _won(*asked).order_by("amount_minor", "pk")[:SIMILAR], _SHOWN, *_VALUES)
_BELOW = PreparedFor(lambda *asked: _won(*asked).order_by("-amount_minor", "-pk")[:SIMILAR], _SHOWN, *_VALUES)
_RATES = Prepared(
    lambda day: (
        Rate.objects.filter(on__lte=day, archived_at=None)
        .order_by("-on")
        .values_list("currency", "micro", Subquery(Organisation.objects.values("currency")[:1]))[:RATES]
    ),
    (),
    date,
)
_STAGES = Prepared(
    lambda pipeline_id, at: Stage.objects.filter(
        Q(archived_at=None, pipeline=pipeline_id) | Q(pk=at) | Q(archived_at=None, pipeline__archived_at=None)
    ),
    (),
    int,
    int,
)
_CRITERIA = Prepared(lambda stage_id: ExitCriterion.objects.live().filter(stage=stage_id), (), int)
_TICKS = Prepared(lambda pk: CriterionTick.objects.filter(opportunity=pk).values_list("criterion_id"), (), int)
_FACTS = Prepared(_facts, (), int)
_NEEDS = PreparedFor(lambda by, pk: Need.objects.visible_to(by).filter(opportunity=pk), (), int)
_STAKEHOLDERS = PreparedFor(
    _stakeholders, ("public_id", "role", "note", "person__public_id", "person__name", "person__title"), int
)
_QUOTES = PreparedFor(lambda by, pk: Quote.objects.visible_to(by).live().filter(opportunity=pk), (), int)
_RIVALS = Prepared(
    lambda pk: Rival.objects.filter(opportunity=pk).select_related("competitor").order_by("pk"),
    (
        *("public_id", "note", "competitor__name"),
        *("competitor__strengths", "competitor__weaknesses", "competitor__answer"),
    ),
    int,
)
_MEMBERS = Prepared(
    lambda pk: TeamMember.objects.filter(opportunity=pk).select_related("user").order_by("pk"),
    ("public_id", "role", "user_id", "user__name"),
    int,
)
_COMPETITORS = Prepared(lambda: Competitor.objects.live()[:100], ["name"])
_CLOSING = PreparedFor(
    lambda by, pk: (
        Closure.objects.visible_to(by)
        .filter(opportunity=pk, outcome__in=["won", "lost"])
        .select_related("reason", "competitor")
        .order_by("-pk")[:1]
    ),
    (
        *("outcome", "on", "amount_minor", "currency", "base_minor", "base", "rate_micro", "rate_on"),
        *("note", "reason__name", "competitor__name"),
    ),
    int,
)
