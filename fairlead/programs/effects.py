"""What a change of a pipeline would do to the open opportunities in it, said before it is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.models import CriterionTick, ExitCriterion, Opportunity, Stage
from fairlead.models.facts import FACTS

FEW = 6


@dataclass(frozen=True)
class Effect:
    """How many open opportunities it touches, what becomes of them, and the first of those that the reader may see."""

    count: int
    words: str
    some: Sequence[Opportunity]


def of_stage(by: Actor, stage: Stage, facts: dict[str, Any]) -> list[Effect]:
    """Other usual days or another probability."""
    found, effects = _open_in(stage), []
    if facts["probability"] != stage.probability:
        words = _("weigh %(now)s%% instead of %(before)s%%")
        text = words % {"now": facts["probability"], "before": stage.probability}
        effects.append(_effect(by, found.filter(likelihood=None), text))
    if facts["usual_days"] < stage.usual_days:
        fresh, late = (clock.now() - timedelta(days=each) for each in (stage.usual_days, facts["usual_days"]))
        words = _("are longer in %(stage)s than usual now")
        effects.append(
            _effect(by, found.filter(stage_since__lte=late, stage_since__gt=fresh), words % {"stage": stage})
        )
    return [each for each in effects if each.count]


def of_criterion(
    by: Actor, stage: Stage, facts: dict[str, Any], criterion: ExitCriterion | None = None
) -> list[Effect]:
    """A new criterion, or another force or fact of one: who lacks it and is kept or asked because of it."""
    if facts["force"] == "advisory" or (
        criterion and (facts["force"], facts["fact"]) == (criterion.force, criterion.fact)
    ):
        return []
    if facts["fact"]:
        lacking = _open_in(stage).exclude(FACTS[facts["fact"]].met())
    else:
        ticked = CriterionTick.objects.filter(criterion=criterion).values("opportunity") if criterion else []
        lacking = _open_in(stage).exclude(pk__in=ticked)
    hard = _("lack it and stay in %(stage)s until it is true")
    asked = _("lack it and are asked for a reason when they leave %(stage)s")
    effect = _effect(by, lacking, (hard if facts["force"] == "hard" else asked) % {"stage": stage})
    return [effect] if effect.count else []


def of_archiving(by: Actor, stage: Stage) -> list[Effect]:
    """Who moves when a stage goes."""
    effect = _effect(by, _open_in(stage), _("move to the stage that you choose"))
    return [effect] if effect.count else []


def _open_in(stage: Stage) -> Any:
    # counted whoever may see them: what a change does is not less for those who see few; names go through visible_to
    # nosemgrep
    return Opportunity.objects.filter(Q(stage=stage), state="open", archived_at=None)


def _effect(by: Actor, found: Any, words: str) -> Effect:
    return Effect(found.count(), words, list(found.visible_to(by).order_by("-pk")[:FEW]))
