"""What the customer needs, in the order of its weight for them; in insurance with coverage and cost."""

from decimal import Decimal
from typing import Any, Literal, Unpack

from django.db.models import Max
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Need, Opportunity
from fairlead.verbs.amounts import minor_or_none


class NeedFacts(TypedDict, total=False):
    weight: Literal["must", "should"]
    met: bool
    coverage: str
    cost: Decimal | None


@verb("{by} noted the need “{it}” on {opportunity}", may="edit")
def add_need(by: Actor, opportunity: Opportunity, *, text: str, **facts: Unpack[NeedFacts]) -> Need:
    """Note what the customer needs: a must or a should. The cost is in the opportunity's currency."""
    last = Need.objects.filter(opportunity=opportunity).aggregate(last=Max("position"))["last"]
    values = _values(dict(facts), opportunity.currency) | {"position": 0 if last is None else last + 1}
    return create(Need, opportunity=opportunity, text=_said(text), currency=opportunity.currency, **values)


@verb("{by} changed the need “{need}”", may="edit")
def edit_need(
    by: Actor, need: Need, *, text: str | None = None, version: int | None = None, **facts: Unpack[NeedFacts]
) -> Need:
    """Change a need: its words, its weight, whether what we offer meets it, its coverage and what that costs."""
    values = _values(dict(facts), need.currency) | ({} if text is None else {"text": _said(text)})
    check_version(need, version, values)
    change(need, **values)
    return need


@verb("{by} put the need “{need}” in another place", may="edit")
def place_need(by: Actor, need: Need, *, before: Need | None = None) -> Need:
    """Put a need before another one of its opportunity; without one, behind all others."""
    if before and before.opportunity_id != need.opportunity_id:
        raise Invalid({"before": [_("This need belongs to another opportunity.")]})
    order = list(Need.objects.filter(opportunity=need.opportunity_id).exclude(pk=need.pk))
    place = next((at for at, each in enumerate(order) if before and each.pk == before.pk), len(order))
    if before is None or before.pk != need.pk:
        order.insert(place, need)
        assign([(each, {"position": at}) for at, each in enumerate(order)])
    return need


@verb("{by} took the need “{need}” off {it}", may="edit")
def remove_need(by: Actor, need: Need) -> Opportunity:
    """Take a need off an opportunity."""
    opportunity: Opportunity = need.opportunity
    remove(need)
    return opportunity


def _values(facts: dict[str, Any], currency: str) -> dict[str, Any]:
    if "cost" in facts:
        facts["cost_minor"] = minor_or_none(facts.pop("cost"), currency, "cost")
    return facts


def _said(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise Invalid({"text": [_("Write what they need.")]})
    return plain
