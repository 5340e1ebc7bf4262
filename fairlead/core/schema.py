"""From a verb's signature to its schema, and from raw input to its call: what every programmatic door shares."""

import hashlib
import inspect
import json
import types
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, time
from functools import cache
from typing import Annotated, Any, Required, TypeVar, Union, get_args, get_origin, get_type_hints

from django.contrib.auth import get_user_model
from django.db import DataError, IntegrityError, models, transaction
from django.utils.translation import gettext as _
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
    WithJsonSchema,
    create_model,
    with_config,
)
from typing_extensions import TypedDict, is_typeddict

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.actor import Actor
from fairlead.core.errors import Conflict, Invalid, KeyReused, NotAllowed, NotFound, Taken
from fairlead.core.objections import too_long
from fairlead.core.record import Record, nouns
from fairlead.core.resource import conflicting, resource, without_secrets
from fairlead.core.upload import Upload
from fairlead.core.verb import REGISTRY, Verb, retrying

RecordType = type[Record]
M = TypeVar("M", bound=BaseModel)


class IdempotencyKey(models.Model):
    """An answer kept under the caller's key, so that a repeated call gets it again and does nothing."""

    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return self.key


def perform(name: str, by: Actor, raw: Mapping[str, Any], *, key: str = "") -> dict[str, Any]:
    """Call a verb with raw input (as JSON has it, records by public id) and answer as JSON can carry it.

    Returns {"verb", "act", "changed", "result"}. Raises Refused in all its kinds. With a `key`, a call that
    comes again gets the first answer with "replayed" in it, and without the secrets that the first one showed;
    the same key with other input raises KeyReused.
    """
    spec = REGISTRY.get(name)
    if spec is None:
        raise NotFound(_("There is no verb named %(name)s.") % {"name": name})
    if not key:
        return _call(spec, by, raw)
    fingerprint = hashlib.sha256(json.dumps([name, dict(raw)], sort_keys=True, default=repr).encode()).hexdigest()
    return retrying(lambda: _once(spec, by, raw, key, fingerprint))


def find(noun: str, public_id: str, by: Actor) -> Record:
    """The record with this public id if the actor may see it, the survivor if it was merged; else NotFound."""
    model = nouns()[noun]
    known = public_id.isascii() and public_id.isalnum()  # else the database may not even take it
    record = model.objects.visible_to(by).filter(public_id=public_id).first() if known else None
    if record is None:
        raise NotFound(_("No %(noun)s at this address.") % {"noun": model._meta.verbose_name}, noun=noun)
    merged = getattr(record, "merged_into", None)
    return find(noun, merged.public_id, by) if merged else record


@cache
def arguments(name: str) -> type[BaseModel]:
    """The verb's input as a pydantic model: what REST, the command line and assistants validate and document."""
    spec = REGISTRY[name]
    fields: dict[str, Any] = {}
    for parameter in list(spec.signature.parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            facts = get_args(parameter.annotation)[0]
            for each, kind in get_type_hints(facts, include_extras=True).items():
                fields[each] = (_plain(kind), None)
        else:
            default = ... if parameter.default is parameter.empty else parameter.default
            fields[parameter.name] = (_plain(parameter.annotation), default)
    made: type[BaseModel] = create_model(f"{name}_input", __config__=ConfigDict(extra="forbid"), **fields)
    return made


def checked(model: type[M], raw: Mapping[str, Any]) -> M:
    """Raw input as this model has it; raises Invalid, in the words of the house."""
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        raise Invalid(_messages(error)) from None


def subjects(spec: Verb) -> list[str]:
    """The nouns this verb acts on: those of its record argument after `by`; none when it has no such argument."""
    parameter = _subject(spec)
    return [kind.noun() for kind in record_types(parameter.annotation)] if parameter else []


def subject_name(spec: Verb) -> str:
    """The name of the argument that `subjects` speaks of."""
    parameter = _subject(spec)
    return parameter.name if parameter else ""


def _subject(spec: Verb) -> inspect.Parameter | None:
    for parameter in list(spec.signature.parameters.values())[1:2]:
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and get_origin(parameter.annotation) is not list:
            return parameter
    return None


def takes_file(name: str) -> bool:
    """Does this verb take a file, so that a door must receive one?"""
    return any(parameter.annotation is Upload for parameter in REGISTRY[name].signature.parameters.values())


def record_types(annotation: Any) -> list[RecordType]:
    """The nouns in an annotation: `Lead`, `Person | Company`, `list[Task]`, `User | None`."""
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation] if issubclass(annotation, Record) else []
    return [kind for part in get_args(annotation) for kind in record_types(part)]


# --- raw input ---------------------------------------------------------------------------------------------------


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError(_("This text has a character that cannot be stored."))
    return text


def _without_zone(clock_time: time) -> time:
    if clock_time.tzinfo is not None:
        raise ValueError(_("Write the time as the clock shows it, without a zone."))
    return clock_time


Text = Annotated[str, AfterValidator(_storable)]
ClockTime = Annotated[time, AfterValidator(_without_zone)]
# Only what a door has received passes; no JSON does.
File = Annotated[InstanceOf[Upload], WithJsonSchema({"type": "string", "format": "binary"})]
INSTEAD: dict[Any, Any] = {str: Text, time: ClockTime, datetime: AwareDatetime, Upload: File}


def _plain(annotation: Any) -> Any:
    """An annotation with records replaced by their public ids."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and annotation in INSTEAD:
        return INSTEAD[annotation]
    if isinstance(annotation, type) and not parts and issubclass(annotation, Record):
        about: dict[str, Any] = {"noun": annotation.noun()}
        return Annotated[str, Field(description=f"Public id of a {annotation.noun()}", json_schema_extra=about)]
    if origin in (Union, types.UnionType):
        kinds = record_types(annotation)
        rest = [_plain(part) for part in parts if part is not types.NoneType and part not in kinds]
        if len(kinds) > 1:
            rest.append(Annotated[str, Field(description="noun:public id", examples=[f"{kinds[0].noun()}:…"])])
        elif kinds:
            rest.append(_plain(kinds[0]))
        return Union[tuple(rest + ([None] if types.NoneType in parts else []))]  # noqa: UP007
    if origin in (list, tuple) and parts:
        return list[_plain(parts[0])]  # type: ignore[misc]
    if is_typeddict(annotation):
        return _plain_facts(annotation)
    if origin is Annotated and parts[0] is str:
        return Annotated[(Text, *parts[1:])]
    return annotation


def _plain_facts(annotation: Any) -> Any:
    """A typed dictionary, such as a postal address, whose values are checked as arguments are."""
    needed, hints = annotation.__required_keys__, get_type_hints(annotation, include_extras=True)
    plain = {name: Required[_plain(kind)] if name in needed else _plain(kind) for name, kind in hints.items()}
    facts = TypedDict(annotation.__name__, plain, total=False)  # type: ignore[misc]
    return with_config(ConfigDict(extra="forbid"))(facts)


def answered(by: Actor, key: str) -> bool:
    """Did this caller's call under this key take effect already?"""
    return IdempotencyKey.objects.filter(caller=_caller(by), key=key).exists()


def _caller(by: Actor) -> str:
    return f"user {by.user_id}" if by.user_id else f"{by.kind} {by.cause}"[:80]


def _once(spec: Verb, by: Actor, raw: Mapping[str, Any], key: str, fingerprint: str) -> dict[str, Any]:
    caller = _caller(by)
    with transaction.atomic():
        try:
            with transaction.atomic():
                kept = IdempotencyKey.objects.create(caller=caller, key=key, fingerprint=fingerprint)
        except IntegrityError:
            before = IdempotencyKey.objects.get(caller=caller, key=key)
            if before.fingerprint != fingerprint:
                raise KeyReused(_("This Idempotency-Key came before with another request.")) from None
            return {**before.answer, "replayed": True}
        answer = _call(spec, by, raw)
        IdempotencyKey.objects.filter(pk=kept.pk).update(answer=without_secrets(answer))
        return answer


def _call(spec: Verb, by: Actor, raw: Mapping[str, Any]) -> dict[str, Any]:
    model = checked(arguments(spec.name), raw)
    given: dict[str, Any] = {}
    for parameter in list(spec.signature.parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            hints = get_type_hints(get_args(parameter.annotation)[0], include_extras=True)
            given |= {
                n: _record(spec, n, hints[n], getattr(model, n), by) for n in hints if n in model.model_fields_set
            }
        else:
            name = parameter.name
            given[name] = _record(spec, name, parameter.annotation, getattr(model, name), by)
    try:
        result = spec.call(by, **given)
    except Conflict as clash:
        clash.fields = {
            name: conflicting(given[subject_name(spec)], name, both, by) for name, both in clash.fields.items()
        }
        raise
    except (DataError, OverflowError):
        raise Invalid({"": [_("A value is too large, or has a character that cannot be stored.")]}) from None
    except get_user_model().DoesNotExist as error:
        if by.user_id is not None:
            raise
        raise NotAllowed(_("Only a user can do this for themselves. Say which one acts.")) from error
    except IntegrityError as error:
        raise Taken(
            _("Something like this exists already, or what it needs is missing. Nothing was changed.")
        ) from error
    act = last()
    assert act is not None
    return {
        "verb": spec.name,
        "act": str(act.id) if act.changed else None,
        "changed": act.changed,
        "result": resource(result, by),
    }


def _record(spec: Verb, name: str, annotation: Any, value: Any, by: Actor) -> Any:
    """As `_resolve`; what goes wrong with an argument that is not the verb's subject says which one it was."""
    try:
        return _resolve(annotation, value, by)
    except NotFound as error:
        raise NotFound(error.text, **error.facts | ({} if name == subject_name(spec) else {"argument": name})) from None
    except Invalid as error:
        raise Invalid({name: error.errors[""]}) from None


def _resolve(annotation: Any, value: Any, by: Actor) -> Any:
    """Ids become records in this one place, filtered by what the actor may see."""
    kinds = record_types(annotation)
    if not kinds or value is None or isinstance(value, Record):
        return value
    if isinstance(value, (list, tuple)):
        return [_resolve(kinds[0] if len(kinds) == 1 else annotation, each, by) for each in value]
    if len(kinds) == 1:
        return find(kinds[0].noun(), value, by)
    noun, _colon, public_id = str(value).partition(":")
    if noun not in {kind.noun() for kind in kinds}:
        names = ", ".join(kind.noun() for kind in kinds)
        raise Invalid({"": [_("Write it as noun:id, with one of these nouns: %(names)s.") % {"names": names}]})
    return find(noun, public_id, by)


def _messages(error: ValidationError) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in each["loc"])
        found.setdefault(place, []).append(
            _words(each["type"], each["msg"].removeprefix("Value error, "), each.get("ctx", {}))
        )
    return found


def _words(kind: str, message: str, limits: Mapping[str, Any]) -> str:
    """What the validator found, in the words of the house where those are better."""
    if kind == "string_too_long":
        return too_long(limits["max_length"])
    words = {
        "missing": _("This is needed."),
        "missing_argument": _("This is needed."),
        "extra_forbidden": _("There is no argument of this name."),
        "is_instance_of": _("Send a file."),
        "timezone_aware": _("Say the time zone too, as in 2026-12-04T10:30:00Z."),
    }
    return words.get(kind, f"{message.rstrip('.')}.")


def json_schema(name: str, *, ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """The verb's input as JSON Schema, which the caller may change."""
    return deepcopy(_json_schema(arguments(name), ref_template))


@cache
def _json_schema(model: type[BaseModel], ref_template: str) -> dict[str, Any]:
    return model.model_json_schema(ref_template=ref_template)
