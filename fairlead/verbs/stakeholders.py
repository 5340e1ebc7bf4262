"""Who has a part in the customer's decision."""

from typing import Literal, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Opportunity, Person, Stakeholder
from fairlead.verbs.people import person_along

BuyingRole = Literal["decides", "signs", "influences", "uses", "blocks"]


class Whom(TypedDict, total=False):
    """Apart from the arguments: the deed shows on the opportunity alone, which not all who see the person may see."""

    person: Person | None


@verb("{by} noted on {opportunity} who {role}", may="edit")
def add_stakeholder(
    by: Actor,
    opportunity: Opportunity,
    *,
    new_person: str = "",
    role: BuyingRole = "influences",
    note: str = "",
    **whom: Unpack[Whom],
) -> Stakeholder:
    """Note a person's part in the decision; one who has one already gets this one instead.

    `new_person` is the name of somebody who is added along, at the opportunity's company.
    """
    person = whom.get("person") or _new(by, opportunity, new_person)
    there = Stakeholder.objects.filter(opportunity=opportunity, person=person).first()
    if there is None:
        return create(Stakeholder, opportunity=opportunity, person=person, role=role, note=note)
    change(there, role=role, **({"note": note} if note else {}))
    return there


@verb("{by} changed on {opportunity} who {role}", may="edit")
def edit_stakeholder(
    by: Actor,
    stakeholder: Stakeholder,
    *,
    role: BuyingRole | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Stakeholder:
    """Change a person's part in the decision, or what is noted of it."""
    values = {name: value for name, value in (("role", role), ("note", note)) if value is not None}
    check_version(stakeholder, version, values)
    change(stakeholder, **values)
    return stakeholder


@verb("{by} took somebody who {role} off {it}", may="edit")
def remove_stakeholder(by: Actor, stakeholder: Stakeholder) -> Opportunity:
    """Take a person off an opportunity; the person stays."""
    opportunity: Opportunity = stakeholder.opportunity
    current().step.labels["role"] = stakeholder.role
    remove(stakeholder)
    return opportunity


def _new(by: Actor, opportunity: Opportunity, name: str) -> Person:
    if not name.strip():
        raise Invalid({"person": [_("Say who it is.")]})
    return person_along(by, name.strip(), opportunity.company)
