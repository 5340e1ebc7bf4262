"""The process: pipelines, their stages and exit criteria. What a change does to open opportunities shows first."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.errors import Refused
from fairlead.models import ExitCriterion, Opportunity, Pipeline, Stage
from fairlead.models.facts import FACTS
from fairlead.programs import effects
from fairlead.verbs import pipelines
from fairlead.web.addresses import url_of
from fairlead.web.answer import declined
from fairlead.web.forms import Form
from fairlead.web.page import Request, done, page, record_or_404
from fairlead.web.pages.settings import show
from fairlead.web.pages.teams import given_version

FORCES = [
    ("advisory", gettext_lazy("Advisory: says nothing when it is missing")),
    ("required", gettext_lazy("Required: moving on asks for one line of reason")),
    ("hard", gettext_lazy("Hard: nobody moves on without it")),
]
LINES = forms.Textarea(attrs={"rows": 4})
HOME = "/settings/pipelines"


class NewPipeline(Form):
    name = forms.CharField(max_length=80)
    stages = forms.CharField(required=False, max_length=2000, widget=LINES)


class Named(Form):
    name = forms.CharField(max_length=80)


class StageForm(Form):
    name = forms.CharField(max_length=60)
    usual_days = forms.IntegerField(min_value=1, max_value=1000)
    probability = forms.IntegerField(min_value=0, max_value=100)


class CriterionForm(Form):
    text = forms.CharField(max_length=200)
    fact = forms.ChoiceField(
        required=False,
        choices=lambda: [("", _("Ticked by hand")), *((each.name, each.label) for each in FACTS.values())],
    )
    force = forms.ChoiceField(choices=FORCES)


@page("organisation.edit", "GET", "POST")
def index(request: Request) -> HttpResponse:
    form = NewPipeline(request.POST)
    if request.method == "POST" and form.carried_out(lambda **facts: _new(request, **facts)):
        return done(request, _at(form.result), _("%(name)s added.") % {"name": form.result})
    found = Pipeline.objects.prefetch_related("stages")
    context = {
        "form": form,
        "live": [(each, [stage for stage in each.stages.all() if not stage.archived_at]) for each in found.live()],
        "archived": [each for each in found if each.archived_at],
    }
    return show(request, "settings/pipelines.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    """A pipeline with its stages in order, and a form to add one."""
    pipeline = _pipeline(request, public_id)
    renaming = request.method == "POST" and "rename" in request.POST
    name = Named(request.POST if renaming else None, initial={"name": pipeline.name})
    form = StageForm(None if renaming else request.POST, initial={"usual_days": 7, "probability": 50})
    version = given_version(request)
    if renaming and name.carried_out(
        lambda name: pipelines.edit_pipeline(request.by, pipeline, name=name, version=version)
    ):
        return done(request, _at(pipeline), _("%(name)s saved.") % {"name": pipeline})
    if (
        request.method == "POST"
        and not renaming
        and form.carried_out(lambda **facts: pipelines.add_stage(request.by, pipeline, **facts))
    ):
        return done(request, _at(pipeline), _("%(stage)s added.") % {"stage": form.result})
    stages = list(pipeline.stages.prefetch_related("criteria"))
    context = {
        "pipeline": pipeline,
        "name": name,
        "form": form,
        "live": [(each, _live_criteria(each)) for each in stages if not each.archived_at],
        "archived": [each for each in stages if each.archived_at],
        "moved": request.GET.get("moved", ""),
    }
    return show(request, "settings/pipeline.html", context, status=max(name.status, form.status))


@page("organisation.edit", "GET", "POST")
def stage(request: Request, public_id: str) -> HttpResponse:
    """A stage: what it is called and expects, and its exit criteria."""
    found = _stage(request, public_id)
    form = StageForm(request.POST, initial={name: getattr(found, name) for name in StageForm.base_fields})
    shown = _effects(request, form, lambda facts: effects.of_stage(request.by, found, facts))
    version = given_version(request)
    if (
        request.method == "POST"
        and not shown
        and form.carried_out(lambda **facts: pipelines.edit_stage(request.by, found, version=version, **facts))
    ):
        return done(request, _at(found), _("%(stage)s saved.") % {"stage": found})
    context = {
        "stage": found,
        "form": form,
        "effects": shown,
        "back": _at(found.pipeline),
        "criteria": _live_criteria(found),
        "archived": [each for each in found.criteria.all() if each.archived_at],
        "inside": effects.of_archiving(request.by, found),
        "others": Stage.objects.live().filter(pipeline=found.pipeline_id).exclude(pk=found.pk),
        "moved": request.GET.get("moved", ""),
        "url_of": url_of,
    }
    return show(request, "settings/stage.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def criterion_new(request: Request, public_id: str) -> HttpResponse:
    found = _stage(request, public_id)
    form = CriterionForm(request.POST, initial={"force": "advisory"})
    shown = _effects(request, form, lambda facts: effects.of_criterion(request.by, found, facts))
    if (
        request.method == "POST"
        and not shown
        and form.carried_out(lambda **facts: pipelines.add_criterion(request.by, found, **facts))
    ):
        return done(request, _at(found), _("“%(text)s” added.") % {"text": form.result})
    context = {"form": form, "effects": shown, "stage": found, "criterion": None, "back": _at(found), "url_of": url_of}
    return show(request, "settings/criterion.html", context, status=form.status)


@page("organisation.edit", "GET", "POST")
def criterion(request: Request, public_id: str) -> HttpResponse:
    found = cast(ExitCriterion, record_or_404(request, "criterion", public_id))
    form = CriterionForm(request.POST, initial={name: getattr(found, name) for name in CriterionForm.base_fields})
    shown = _effects(request, form, lambda facts: effects.of_criterion(request.by, found.stage, facts, found))
    version = given_version(request)
    if (
        request.method == "POST"
        and not shown
        and form.carried_out(lambda **facts: pipelines.edit_criterion(request.by, found, version=version, **facts))
    ):
        return done(request, _at(found.stage), _("“%(text)s” saved.") % {"text": found})
    context = {"form": form, "effects": shown, "stage": found.stage, "criterion": found, "back": _at(found.stage)}
    return show(request, "settings/criterion.html", {**context, "url_of": url_of}, status=form.status)


@page("organisation.edit", "POST")
def deed(request: Request, kind: str, public_id: str, name: str) -> HttpResponse:
    """Put in another place, put away or brought back: a pipeline, a stage or a criterion."""
    record: Any = record_or_404(request, kind, public_id)
    home = _at(record.pipeline if kind == "stage" else record.stage if kind == "criterion" else record)
    try:
        text, onward = _DEEDS[name](request, kind, record, home)
    except Refused as refusal:
        return declined(request, _at(record) if kind != "criterion" else home, refusal)
    return done(request, onward, text)


def _move(request: Request, kind: str, record: Any, home: str) -> tuple[str, str]:
    """One place up or down."""
    way = "up" if request.POST.get("way") == "up" else "down"
    among = record.pipeline.stages if kind == "stage" else record.stage.criteria
    live = [each for each in among.all() if not each.archived_at]
    at = next((number for number, each in enumerate(live) if each.pk == record.pk), 0)
    place = at - 1 if way == "up" else at + 2
    if place >= 0:
        verb: Any = pipelines.place_stage if kind == "stage" else pipelines.place_criterion
        verb(request.by, record, before=live[place] if place < len(live) else None)
    return _("%(name)s moved.") % {"name": record}, f"{home}?moved={record.public_id}-{way}"


def _archive(request: Request, kind: str, record: Any, home: str) -> tuple[str, str]:
    more: dict[str, Any] = {}
    if kind == "stage" and request.POST.get("to"):
        more["to"] = cast(Stage, record_or_404(request, "stage", request.POST["to"]))
    verb: Any = getattr(pipelines, f"archive_{kind}")
    verb(request.by, record, **more)
    return _("%(name)s archived.") % {"name": record}, HOME if kind == "pipeline" else home


def _unarchive(request: Request, kind: str, record: Any, home: str) -> tuple[str, str]:
    verb: Any = getattr(pipelines, f"unarchive_{kind}")
    verb(request.by, record)
    return _("%(name)s is back.") % {"name": record}, home


_DEEDS = {"move": _move, "archive": _archive, "unarchive": _unarchive}


def _effects(request: Request, form: Form, of: Any) -> list[effects.Effect]:
    """What saving would do, until the reader has seen it."""
    if request.method != "POST" or "seen" in request.POST or not form.is_valid():
        return []
    found: list[effects.Effect] = of(form.cleaned_data)
    return found


def _new(request: Request, name: str, stages: str) -> Pipeline:
    lines = [line.strip() for line in stages.splitlines() if line.strip()]
    return pipelines.create_pipeline(request.by, name=name, stages=lines)


def _live_criteria(stage: Stage) -> list[ExitCriterion]:
    return [each for each in stage.criteria.all() if not each.archived_at]


def _pipeline(request: Request, public_id: str) -> Pipeline:
    return cast(Pipeline, record_or_404(request, "pipeline", public_id))


def _stage(request: Request, public_id: str) -> Stage:
    return cast(Stage, record_or_404(request, "stage", public_id))


def _at(record: Pipeline | Stage | ExitCriterion | Opportunity) -> str:
    return f"{HOME if isinstance(record, Pipeline) else '/settings/stages'}/{record.public_id}"
