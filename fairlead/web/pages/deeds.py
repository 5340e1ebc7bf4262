"""Any verb on any record, from its page: POST does it, GET asks for what it needs. Nothing here knows a verb by name.

/opportunities/k3f9/move-stage, /people/8dhs/archive, /tasks/2mfd/snooze: the last part is the verb's name, with or
without its noun.
"""

import inspect
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from babel.numbers import format_decimal
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, NotFound, Refused
from fairlead.core.record import Record
from fairlead.core.schema import find, perform, record_types, subject_name, subjects
from fairlead.core.verb import REGISTRY, Verb
from fairlead.models import CustomField, Opportunity, Reason, RunningTrack, Stage, Track, User, money
from fairlead.models.custom import seen_fields
from fairlead.verbs.closing import agreed
from fairlead.web import custom, typed
from fairlead.web.addresses import AT_HOME, PAGES, url_of
from fairlead.web.answer import answered, came_from, declined, told
from fairlead.web.applying import offered
from fairlead.web.formats import Reader
from fairlead.web.page import Request, page, render
from fairlead.web.sides import sides
from fairlead.web.soon import tomorrow
from fairlead.web.wording import of_argument, of_verb

LONG = frozenset({"strengths", "weaknesses", "answer", "solution", "note", "text", "message", "about"})
HIDDEN = frozenset({"version", "team", "custom", "origin"})
PLACE = frozenset({"before", "after"})  # where a card was let go on the board: kept while its reason is asked for
CHOICES = 200
REASONS = {"close_lost": "lost", "close_won": "won", "disqualify_lead": "disqualified"}


@dataclass(frozen=True)
class Question:
    """What a verb needs to know: an argument of it, as a field of a form."""

    name: str
    label: str
    kind: str
    required: bool
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""


@page("member", "GET", "POST")
def deed(request: HttpRequest, noun: str, address: str, name: str) -> HttpResponse:
    """Do a verb on a record, or ask for what it needs."""
    record = find(noun, address.partition("-")[0], cast(Request, request).by)
    spec = _verb(record, name)
    if request.method != "POST":
        return _ask(request, record, spec, {})
    return _do(request, record, spec)


def home_of(record: Any) -> str:
    """The page of a record, or of what it is about."""
    if record.noun() in AT_HOME:
        return url_of(record)
    names = ("about", "opportunity", "person", "company")
    about = next((found for name in names if (found := getattr(record, name, None))), None)
    return url_of(about) if about else "/"


def _verb(record: Record, name: str) -> Verb:
    """The verb that this part of an address means for this noun."""
    word = name.replace("-", "_")
    for candidate in (word, f"{word}_{record.noun()}", f"{ALIASES.get(word, word)}_{record.noun()}"):
        spec = REGISTRY.get(candidate)
        if spec and record.noun() in subjects(spec):
            return spec
    raise NotFound(_("There is nothing called that to do here."))


# What a button says, where it is not the verb's own word.
ALIASES = {"done": "complete"}


def _do(request: HttpRequest, record: Record, spec: Verb) -> HttpResponse:
    found = cast(Request, request)
    given = {**request.GET.dict(), **request.POST.dict()}
    for name in given.pop("keep_theirs", "").split():
        given.pop(name, None)
    try:
        raw = _read(spec, record, given, found) | _custom_facts(spec, record, given, found)
        answer = perform(spec.name, found.by, raw)
    except Invalid as invalid:
        return _ask(request, record, spec, {custom.by_form_name(name): each for name, each in invalid.errors.items()})
    except Conflict as conflict:
        return _both(request, record, spec, conflict)
    except Refused as refusal:
        return declined(request, came_from(request, home_of(record)), refusal)
    return answered(request, _onward(request, record, spec), told(answer["act"], found.by, found.reader), answer["act"])


def _onward(request: HttpRequest, record: Any, spec: Verb) -> str:
    """Back to where it was asked; from the form of the deed, to the record. A step done asks for the next one."""
    home = home_of(record)
    back = came_from(request, home)
    if back.partition("?")[0] == request.path:
        back = home
    if record.noun() == "task" and spec.name == "complete_task" and back.partition("?")[0] == home:
        return f"{home}?kind=task#log"
    return back


def _both(request: HttpRequest, record: Record, spec: Verb, conflict: Conflict) -> HttpResponse:
    """The form again, with both values of what somebody else changed meanwhile."""
    kinds = {name: _plain_kind(annotation) for name, annotation, _required in _parameters(spec)}
    clash = {"who": conflict.facts["who"], "sides": sides(conflict, kinds, cast(Request, request).reader)}
    return _ask(request, record, spec, {name: [conflict.text] for name in conflict.fields}, status=409, clash=clash)


def _plain_kind(annotation: Any) -> Any:
    return next(
        (kind for kind in (datetime, date, time) if _is(annotation, kind)), Literal if _options(annotation) else str
    )


def _ask(
    request: HttpRequest,
    record: Any,
    spec: Verb,
    errors: dict[str, list[str]],
    *,
    status: int = 422,
    clash: dict[str, Any] | None = None,
) -> HttpResponse:
    given = {**request.GET.dict(), **request.POST.dict()}
    questions = [_question(spec, parameter, record, given, cast(Request, request)) for parameter in _parameters(spec)]
    questions += _custom_questions(spec, record, given, cast(Request, request))
    if errors and not any(question.name in errors for question in questions if question.kind != "hidden"):
        return declined(request, came_from(request, home_of(record)), Invalid(errors))
    title, button = of_verb(spec)
    context = {
        "record": record,
        "home": home_of(record),
        "title": title,
        "button": button,
        "questions": questions,
        "clash": clash,
        "errors": {name: " ".join(messages) for name, messages in errors.items()},
        "version": getattr(record, "version", ""),
        "versioned": "version" in spec.signature.parameters,
    }
    return render(request, "records/deed.html", context, status=status if errors else 200)


def _parameters(spec: Verb) -> list[tuple[str, Any, bool]]:
    """(name, type, required) of every argument that is asked for."""
    asked: list[tuple[str, Any, bool]] = []
    for parameter in spec.signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            facts = get_type_hints(get_args(parameter.annotation)[0], include_extras=True)
            asked += [(name, kind, False) for name, kind in facts.items()]
        elif parameter.kind is parameter.KEYWORD_ONLY:
            asked.append((parameter.name, parameter.annotation, parameter.default is inspect.Parameter.empty))
    return [each for each in asked if each[0] not in HIDDEN]


def _question(
    spec: Verb, parameter: tuple[str, Any, bool], record: Any, given: dict[str, str], request: Request
) -> Question:
    by, reader = request.by, request.reader
    name, annotation, required = parameter
    if spec.name == "move_stage" and name in PLACE:
        return Question(name, "", "hidden", False, given.get(name, ""))
    kind, choices = _kind(spec, name, annotation, record, by)
    now = getattr(record, name, "") if spec.name.startswith("edit_") else ""
    now = now.isoformat() if isinstance(now, datetime) else str(now).lower() if isinstance(now, bool) else now
    now = _as_typed(record, spec, name, reader) if _is(annotation, Decimal) else now
    value = given.get(name, getattr(now, "public_id", "" if now is None else str(now)))
    return Question(name, of_argument(name, spec.name), kind, required, value, tuple(choices))


def _as_typed(record: Any, spec: Verb, name: str, reader: Reader) -> str:
    """An amount as its reader would type it: what it is now, or what a win is worth until something else is agreed."""
    if spec.name == "close_won" and (minor := agreed(record)) is not None:
        found: Any = money.from_minor(minor, record.currency)
    else:
        found = getattr(record, name, None) if spec.name.startswith("edit_") else None
    return "" if found is None else format_decimal(found, locale=reader.locale, group_separator=False)


def fitting(spec: Verb, record: Any, found: Any) -> Any:
    """Those of the records to choose from that the verb takes for this one."""
    if found.model is Track and isinstance(record, RunningTrack):
        others = [each.pk for each in offered(record.about.noun())]
        return found.filter(pk__in=others).exclude(pk=record.version_of.track_id)
    if found.model is Stage and spec.name == "move_pipeline":
        others = found.exclude(pipeline=record.stage.pipeline_id).filter(pipeline__archived_at=None)
        return others.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position", "pk")
    if found.model is Stage:
        pipeline = record.stage.pipeline_id if isinstance(record, Opportunity) else getattr(record, "pipeline_id", None)
        return found.filter(pipeline=pipeline).exclude(pk=record.pk if isinstance(record, Stage) else None)
    return found.offered(REASONS[spec.name]) if found.model is Reason and spec.name in REASONS else found


def _custom_fields(spec: Verb, record: Any, by: Actor) -> list[CustomField]:
    """The custom fields that the form of an edit asks for."""
    if spec.name != f"edit_{record.noun()}" or not record.keyed:
        return []
    fixed = access.fixed(by, type(record))
    return [field for field in seen_fields(by, record.noun()).values() if field.full_key not in fixed]


def _custom_questions(spec: Verb, record: Any, given: dict[str, str], request: Request) -> list[Question]:
    fields = _custom_fields(spec, record, request.by)
    links = custom.links_of(fields, record.custom, request.by) if fields else {}
    found = []
    for field in fields:
        name, held = custom.name_of(field), record.custom.get(field.key)
        value = given.get(name, custom.text(field, held, request.reader, links))
        choices = tuple((key, str(label)) for key, label in custom.options(field, held))
        kind = "select" if choices else "date" if field.kind == "date" else "text"
        found.append(Question(name, field.name, kind, False, value, choices, custom.hint(field)))
    return found


def _custom_facts(spec: Verb, record: Any, given: dict[str, str], request: Request) -> dict[str, Any]:
    """What was typed into custom fields and differs from what is there, as the verb takes it."""
    asked = {each.name: each.value for each in _custom_questions(spec, record, {}, request)}
    values: dict[str, Any] = {}
    for field in _custom_fields(spec, record, request.by):
        name = custom.name_of(field)
        if name in given and given[name] != asked[name]:
            try:
                values[field.key] = custom.given(field, given[name], request.by, request.reader)
            except typed.Unread as unread:
                raise Invalid({name: [str(unread)]}) from None
    return {"custom": values} if values else {}


def _kind(spec: Verb, name: str, annotation: Any, record: Any, by: Actor) -> tuple[str, list[tuple[str, str]]]:
    models = record_types(annotation)
    options = _options(annotation)
    blank = [("", _("Nobody") if User in models else "–")] if NoneType in get_args(annotation) else []
    if models:
        found: Any = fitting(spec, record, models[0].objects.visible_to(by).live())
        people = found.filter(is_active=True) if models[0] is User else found
        if name == "tag":
            people = record.tags.all()
        if name == "helper" and record.noun() in PAGES.values():
            people = people.exclude(pk=record.owner_id)
        blank = [("", _("Choose one"))] if Reason in models and not blank else blank
        return "select", blank + [(each.public_id, _label(each, spec)) for each in people[:CHOICES]]
    if _is(annotation, bool):
        return "select", [("false", _("No")), ("true", _("Yes"))]
    if options:
        return "select", [(option, of_argument(option)) for option in options]
    return ("textarea" if name in LONG else "date" if _is(annotation, date) else "text"), []


def _label(found: Any, spec: Verb) -> str:
    """A stage of another pipeline is named with it."""
    return f"{found.pipeline}: {found}" if spec.name == "move_pipeline" else str(found.label)


def _options(annotation: Any) -> tuple[str, ...]:
    kinds = [annotation, *get_args(annotation)]
    return next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())


def _is(annotation: Any, kind: type) -> bool:
    return annotation is kind or kind in get_args(annotation)


def _read(spec: Verb, record: Record, given: dict[str, str], request: Request) -> dict[str, Any]:
    """The form's fields as the verb's raw input; blank ones are left out where they may be."""
    raw: dict[str, Any] = {subject_name(spec): _ref(spec, record)}
    currency = given.get("currency", "").strip().upper() or getattr(record, "currency", "")
    if "due" in given and not given.get("due_on"):
        given["due_on"] = given["due"]
    if "due" in given and not given.get("until"):
        given["until"] = given["due"]
    if given.get("due_on") and not given.get("due_time") and "due_time" in spec.signature.parameters:
        given |= _with_time(given["due_on"], request)
    for name, annotation, required in _parameters(spec):
        if name in given or required:
            text = given.get(name, "").strip()
            raw |= _answer(name, annotation, text, request, required=required, currency=currency)
    if "version" in spec.signature.parameters and given.get("version", "").isdecimal():
        raw["version"] = int(given["version"])
    return raw


def _with_time(text: str, request: Request) -> dict[str, str]:
    """The time that was typed along with a day: “fri 3pm”."""
    try:
        at = typed.due(text, request.reader)[1]
    except typed.Unread:  # said where the day is read
        return {}
    return {"due_time": at.isoformat("minutes")} if at else {}


def _answer(
    name: str, annotation: Any, text: str, request: Request, *, required: bool, currency: str
) -> dict[str, Any]:
    if required and not text and name == "due_on":
        text = tomorrow(request.reader.today).isoformat()
    if text:
        try:
            return {name: _plain(annotation, text, request, currency)}
        except typed.Unread as unread:
            raise Invalid({name: [str(unread)]}) from None
    if required:
        raise Invalid({name: [_("This is needed.")]})
    return {name: None} if _is(annotation, NoneType) else {name: ""} if annotation is str else {}


def _plain(annotation: Any, text: str, request: Request, currency: str) -> Any:
    reader = request.reader
    if _is(annotation, datetime):
        return typed.moment(text, reader).isoformat()
    if _is(annotation, date):
        return typed.day(text, reader).isoformat()
    if _is(annotation, time):
        return typed.clock(text).isoformat()
    if _is(annotation, Decimal):
        return str(typed.amount_in(text, currency, reader.locale))
    return text


def _ref(spec: Verb, record: Record) -> str:
    return record.public_id if len(subjects(spec)) == 1 else f"{record.noun()}:{record.public_id}"
