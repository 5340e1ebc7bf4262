"""Exit criteria: ticked by hand, and what is missing to leave a stage."""

from typing import TypeAlias

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import create, remove
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import CriterionTick, ExitCriterion, Lead, Opportunity, Stage, progress

Ticked: TypeAlias = Opportunity | Lead


@verb("{by} ticked “{criterion}” on {record}", may="edit")
def tick_criterion(by: Actor, record: Ticked, *, criterion: ExitCriterion) -> Ticked:
    """Say that an exit criterion is met. One that looks up a fact ticks itself."""
    _by_hand(record, criterion)
    if not _ticks(record, criterion).exists():
        create(CriterionTick, **{record.noun(): record}, criterion=criterion, by_user_id=by.user_id, at=clock.now())
    return record


@verb("{by} took the tick off “{criterion}” on {record}", may="edit")
def untick_criterion(by: Actor, record: Ticked, *, criterion: ExitCriterion) -> Ticked:
    """Say that an exit criterion is not met after all."""
    _by_hand(record, criterion)
    for tick in _ticks(record, criterion):
        remove(tick)
    return record


def missing(opportunity: Opportunity, to: Stage) -> list[ExitCriterion]:
    """What an opportunity lacks to move on to a later stage: of its own stage and of those it would skip.

    In another pipeline: of all stages before that one.
    """
    here = opportunity.stage
    passed = Stage.objects.live().filter(pipeline=to.pipeline_id, position__lt=to.position)
    if here.pipeline_id == to.pipeline_id:
        passed = passed.filter(position__gte=here.position)
    criteria = list(ExitCriterion.objects.live().filter(stage__in=passed).order_by("stage__position", "position"))
    if not criteria:
        return []
    ticked = set(CriterionTick.objects.filter(opportunity=opportunity).values_list("criterion_id", flat=True))
    facts = progress.met([opportunity.pk])[opportunity.pk]
    return [each for each in criteria if not (each.fact in facts if each.fact else each.pk in ticked)]


def _by_hand(record: Ticked, criterion: ExitCriterion) -> None:
    if criterion.archived_at is not None:
        raise WrongState(_("“%(text)s” is no criterion any more. Nothing was changed.") % {"text": criterion})
    if criterion.fact and isinstance(record, Opportunity):
        raise WrongState(_("“%(text)s” ticks itself as soon as it is true.") % {"text": criterion})
    if isinstance(record, Opportunity) and criterion.stage.pipeline_id != record.stage.pipeline_id:
        raise Invalid({"criterion": [_("This criterion belongs to another pipeline.")]})


def _ticks(record: Ticked, criterion: ExitCriterion) -> "QuerySet[CriterionTick]":
    return CriterionTick.objects.filter(**{record.noun(): record}, criterion=criterion)
