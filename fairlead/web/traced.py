"""How a lead came to its owner or queue, as its page says it in short."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from fairlead.core.prepared import Prepared
from fairlead.models import Lead, Routing
from fairlead.programs.rule_words import titled


@dataclass(frozen=True)
class Traced:
    text: str


def traced(lead: Lead) -> Traced | None:
    """By the latest trace of a lead; None for those that somebody just added, or that came before there were rules."""
    for routing in _latest(lead.pk):
        places = [at for at, each in enumerate(routing.rules.rules) if each["key"] == routing.rule]
        rule = routing.rules.rules[places[0]]
        if rule["to"]["kind"] == "adder" and routing.owner_id:
            return None
        whom = routing.owner.name if routing.owner else routing.queue.name if routing.queue else _("nobody")
        words = {"rule": capfirst(titled(rule, places[0])), "number": routing.rules.number, "whom": whom}
        if routing.chosen:
            return Traced(_("%(whom)s was chosen as owner when it was added.") % words)
        return Traced(_("%(rule)s, of version %(number)s, gave it to %(whom)s.") % words)
    return None


_latest = Prepared(
    lambda pk: Routing.objects.filter(lead_id=pk).order_by("-pk")[:1],
    ["rule", "chosen", "owner__name", "queue__name", "rules__rules", "rules__number"],
    int,
)
