"""The facts that exit criteria can look up, each a condition on opportunities: the one registry of them.

A fact ticks itself in the act that makes it true, whoever made it true.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Fact:
    """`met` makes the condition; it is called when a query is made, after all tables are known."""

    name: str
    label: Any
    met: Any


def _part(model: str, **condition: Any) -> Any:
    """Is there such a part of the opportunity?"""

    def met() -> Any:
        from fairlead.core.record import rows

        parts: Any = rows()[model]._base_manager
        return Exists(parts.filter(opportunity=OuterRef("pk"), archived_at=None, **condition))

    return met


FACTS = {
    each.name: each
    for each in (
        Fact("customer", _("The customer is known"), lambda: Q(company__isnull=False) | Q(person__isnull=False)),
        Fact("person", _("A person is named"), lambda: Q(person__isnull=False)),
        Fact("value", _("The value is set"), lambda: Q(amount_minor__isnull=False)),
        Fact("close_date", _("The close date is set"), lambda: Q(close_on__isnull=False)),
        Fact("need", _("A need is listed"), _part("need")),
        Fact("solution", _("The solution is written down"), lambda: ~Q(solution="")),
        Fact("decider", _("It is known who decides"), _part("stakeholder", role="decides")),
        Fact("competitor", _("A competitor is listed"), _part("rival")),
        Fact("technical", _("A technical person is on the team"), _part("team_member", role__istartswith="technical")),
        Fact("quote", _("A quote was sent"), _part("quote")),
        Fact("accepted", _("A quote is accepted"), _part("quote", state="accepted")),
        Fact("next_step", _("The next step is planned"), lambda: Q(next_step_at__isnull=False)),
    )
}
