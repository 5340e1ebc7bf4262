"""The organisation's pipelines: their stages in order, and the exit criteria of each stage."""

from typing import Any, Literal, TypeVar, Unpack

from django.db.models import Max
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change, change_many, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import ExitCriterion, Opportunity, Pipeline, Stage
from fairlead.models.facts import FACTS
from fairlead.verbs.naming import free_name

Placed = TypeVar("Placed", Pipeline, Stage, ExitCriterion)


class StageFacts(TypedDict, total=False):
    usual_days: int
    probability: int


class CriterionFacts(TypedDict, total=False):
    fact: str
    force: Literal["advisory", "required", "hard"]


@verb("{by} added the pipeline {it}", may="organisation.create")
def create_pipeline(by: Actor, *, name: str, stages: list[str] | None = None) -> Pipeline:
    """Add a pipeline behind the others, with stages of these names in their order."""
    made = create(Pipeline, name=free_name(name, Pipeline.objects.live()), position=_last(Pipeline.objects.all()))
    for each in stages or []:
        add_stage(by, made, name=each)
    return made


@verb("{by} changed the pipeline {pipeline}", may="edit")
def edit_pipeline(by: Actor, pipeline: Pipeline, *, name: str, version: int | None = None) -> Pipeline:
    """Rename a pipeline."""
    values = {"name": free_name(name, Pipeline.objects.live(), pipeline)}
    check_version(pipeline, version, values)
    change(pipeline, **values)
    return pipeline


@verb("{by} archived the pipeline {pipeline}", may="edit")
def archive_pipeline(by: Actor, pipeline: Pipeline) -> Pipeline:
    """Put a pipeline away that no open opportunity is in; those that were in it keep their history."""
    if pipeline.archived_at is not None:
        return pipeline
    if held := Opportunity.objects.filter(stage__pipeline=pipeline, state="open").count():
        text = _("%(count)s open opportunities are in %(pipeline)s. Close them or move them first.")
        raise WrongState(text % {"count": held, "pipeline": pipeline})
    if not Pipeline.objects.live().exclude(pk=pipeline.pk).exists():
        raise WrongState(_("This is the only pipeline. Add another one first."))
    change(pipeline, archived_at=clock.now())
    return pipeline


@verb("{by} brought the pipeline {pipeline} back", may="edit")
def unarchive_pipeline(by: Actor, pipeline: Pipeline) -> Pipeline:
    """Bring an archived pipeline back."""
    change(pipeline, archived_at=None)
    return pipeline


@verb("{by} added the stage {it} to {pipeline}", may="edit")
def add_stage(by: Actor, pipeline: Pipeline, *, name: str, **facts: Unpack[StageFacts]) -> Stage:
    """Add a stage behind the others of a pipeline; `probability` is in percent."""
    others = Stage.objects.filter(pipeline=pipeline)
    return create(
        Stage, pipeline=pipeline, name=free_name(name, others.live()), position=_last(others), **_sound(facts)
    )


@verb("{by} changed the stage {stage}", may="edit")
def edit_stage(
    by: Actor, stage: Stage, *, name: str | None = None, version: int | None = None, **facts: Unpack[StageFacts]
) -> Stage:
    """Rename a stage, or change its usual days or its probability; opportunities in it are weighed anew."""
    values = _sound(facts)
    if name is not None:
        values["name"] = free_name(name, Stage.objects.live().filter(pipeline=stage.pipeline_id), stage)
    check_version(stage, version, values)
    change(stage, **values)
    return stage


@verb("{by} put the stage {stage} in another place", may="edit")
def place_stage(by: Actor, stage: Stage, *, before: Stage | None = None) -> Stage:
    """Put a stage before another one of its pipeline; without one, behind all others."""
    if before and before.pipeline_id != stage.pipeline_id:
        raise Invalid({"before": [_("This stage belongs to another pipeline.")]})
    _place(stage, before, Stage.objects.filter(pipeline=stage.pipeline_id))
    return stage


@verb("{by} archived the stage {stage}", may="edit")
def archive_stage(by: Actor, stage: Stage, *, to: Stage | None = None) -> Stage:
    """Put a stage away. Open opportunities in it move to another stage of its pipeline in the same act."""
    if stage.archived_at is not None:
        return stage
    others = Stage.objects.live().filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk)
    if not others.exists():
        raise WrongState(_("A pipeline needs a stage. Add another one first."))
    held = list(Opportunity.objects.filter(stage=stage, state="open").order_by("pk"))
    if held and to is None:
        text = _("%(count)s open opportunities are in %(stage)s. Say which stage they move to.")
        raise Invalid({"to": [text % {"count": len(held), "stage": stage}]})
    if to is not None and not others.filter(pk=to.pk).exists():
        raise Invalid({"to": [_("Choose another stage of this pipeline that is in use.")]})
    change_many(held, stage=to, stage_since=clock.now(), stands_at=None)
    change(stage, archived_at=clock.now())
    return stage


@verb("{by} brought the stage {stage} back", may="edit")
def unarchive_stage(by: Actor, stage: Stage) -> Stage:
    """Bring an archived stage back, where it was."""
    if stage.archived_at is not None:
        free_name(stage.name, Stage.objects.live().filter(pipeline=stage.pipeline_id), stage)
        change(stage, archived_at=None)
    return stage


@verb("{by} added to what {stage} needs: “{it}”", may="edit")
def add_criterion(by: Actor, stage: Stage, *, text: str, **facts: Unpack[CriterionFacts]) -> ExitCriterion:
    """Add an exit criterion to a stage: what is true of the customer when it can be left.

    With a `fact` it ticks itself. `force`: advisory says nothing when it is missing, required asks for one line of
    reason, hard keeps the opportunity where it is.
    """
    last = _last(ExitCriterion.objects.filter(stage=stage))
    return create(ExitCriterion, stage=stage, text=_said(text), position=last, **_known(facts))


@verb("{by} changed what a stage needs: “{criterion}”", may="edit")
def edit_criterion(
    by: Actor,
    criterion: ExitCriterion,
    *,
    text: str | None = None,
    version: int | None = None,
    **facts: Unpack[CriterionFacts],
) -> ExitCriterion:
    """Change an exit criterion: its words, the fact it looks up, its force."""
    values = _known(facts) | ({} if text is None else {"text": _said(text)})
    check_version(criterion, version, values)
    change(criterion, **values)
    return criterion


@verb("{by} put “{criterion}” in another place", may="edit")
def place_criterion(by: Actor, criterion: ExitCriterion, *, before: ExitCriterion | None = None) -> ExitCriterion:
    """Put an exit criterion before another one of its stage; without one, behind all others."""
    if before and before.stage_id != criterion.stage_id:
        raise Invalid({"before": [_("This criterion belongs to another stage.")]})
    _place(criterion, before, ExitCriterion.objects.filter(stage=criterion.stage_id))
    return criterion


@verb("{by} archived what a stage needed: “{criterion}”", may="edit")
def archive_criterion(by: Actor, criterion: ExitCriterion) -> ExitCriterion:
    """Put an exit criterion away; its ticks are kept."""
    if criterion.archived_at is None:
        change(criterion, archived_at=clock.now())
    return criterion


@verb("{by} brought back what a stage needs: “{criterion}”", may="edit")
def unarchive_criterion(by: Actor, criterion: ExitCriterion) -> ExitCriterion:
    """Bring an archived exit criterion back, with its ticks."""
    change(criterion, archived_at=None)
    return criterion


def _last(rows: Any) -> int:
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _place(moved: Placed, before: Placed | None, among: Any) -> None:
    if before is not None and before.pk == moved.pk:
        return
    order: list[Any] = [each for each in among if each.pk != moved.pk]
    place: int = next((at for at, each in enumerate(order) if before and each.pk == before.pk), len(order))
    order.insert(place, moved)
    assign([(each, {"position": at}) for at, each in enumerate(order)])


def _said(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise Invalid({"text": [_("Write what must be true.")]})
    return plain


def _sound(facts: StageFacts) -> dict[str, Any]:
    if not 0 <= facts.get("probability", 0) <= 100:
        raise Invalid({"probability": [_("Probability is a percentage from 0 to 100.")]})
    if not 1 <= facts.get("usual_days", 1) <= 1000:
        raise Invalid({"usual_days": [_("Usual days are a whole number from 1 to 1,000.")]})
    return dict(facts)


def _known(facts: CriterionFacts) -> dict[str, Any]:
    if facts.get("fact") and facts["fact"] not in FACTS:
        text = _("There is no fact named %(fact)s. There are: %(known)s.")
        raise Invalid({"fact": [text % {"fact": facts["fact"], "known": ", ".join(FACTS)}]})
    return dict(facts)
