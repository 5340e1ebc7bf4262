"""Verbs: typed functions that change records. One definition each, registered here, called by every door."""

import inspect
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, transaction

from fairlead.core import access
from fairlead.core.act import Act, Step, _current, _last, finish, roll_back
from fairlead.core.actor import Actor
from fairlead.core.event import Event
from fairlead.core.record import Record, Row

P = ParamSpec("P")
T = TypeVar("T")

ALWAYS = timedelta.max
MONTH = timedelta(days=30)
RETRIES = 5
# PostgreSQL's serialization failure and deadlock; a victim's act starts again from the beginning.
RETRYABLE = {"40001", "40P01"}


@dataclass(frozen=True)
class Verb:
    """What is known of one verb: everything about it stands at its definition."""

    name: str
    function: Callable[..., Any]
    sentence: str
    may: str
    undo_within: timedelta | None
    keep_later: bool
    opposite: str
    secret: bool
    signature: inspect.Signature = field(repr=False)
    call: Callable[..., Any] = field(repr=False)

    @property
    def doc(self) -> str:
        return inspect.getdoc(self.function) or ""

    @property
    def words(self) -> list[str]:
        """The names in the sentence, such as by, lead, reason; `it` is the result."""
        return re.findall(r"\{(\w+)\}", self.sentence)


REGISTRY: dict[str, Verb] = {}


def verb(
    sentence: str,
    *,
    may: str,
    undo_within: timedelta | None = MONTH,
    keep_later: bool = False,
    opposite: str = "",
    secret: bool = False,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Register a function as a verb.

    `sentence` tells the deed, with names of arguments in braces and {it} for the result. `may` is its permission
    (see access.demand). `undo_within` None: cannot be undone, `opposite` names the verb that answers it instead.
    `keep_later`: undo leaves fields that changed since, and lists them. `secret`: it takes, changes or answers what
    somebody signs in with; no assistant is offered it.
    """

    def register(function: Callable[P, T]) -> Callable[P, T]:
        spec = Verb(
            name=function.__name__,
            function=function,
            sentence=sentence,
            may=may,
            undo_within=undo_within,
            keep_later=keep_later,
            opposite=opposite,
            secret=secret,
            signature=inspect.signature(function, eval_str=True),
            call=function,
        )
        if spec.name in REGISTRY:
            raise ValueError(f"There are two verbs named {spec.name}.")

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            bound = spec.signature.bind(*args, **kwargs)
            bound.apply_defaults()
            act = _current.get()
            result: T = _step(spec, act, bound) if act else _act(spec, bound)
            return result

        REGISTRY[spec.name] = replace(spec, call=call)
        return call

    return register


def _act(spec: Verb, bound: inspect.BoundArguments) -> Any:
    """Run an outermost call as one act in one transaction."""

    def attempt() -> tuple[Act, Any]:
        act = Act(by=bound.arguments["by"])
        token = _current.set(act)
        try:
            with transaction.atomic():
                result = _step(spec, act, bound)
                finish(act)
        except BaseException:
            roll_back(act)
            raise
        finally:
            _current.reset(token)
        return act, result

    act, result = retrying(attempt)
    _last.set(act)
    return result


def retrying(attempt: Callable[[], T]) -> T:
    """Start again from the beginning when the database made this transaction a victim of a race."""
    tries = 1 if transaction.get_connection().in_atomic_block else RETRIES
    for number in range(tries):
        try:
            return attempt()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in RETRYABLE or number == tries - 1:
                raise
            time.sleep(0.02 * 2**number)
    raise AssertionError("unreachable")


def _step(spec: Verb, act: Act, bound: inspect.BoundArguments) -> Any:
    by: Actor = bound.arguments["by"]
    about = list(_records(bound.arguments))
    act.hold(_records(bound.arguments | bound.kwargs))
    nested, number = bool(act.stack), len(act.steps)
    if not nested:
        access.demand(by, spec.may, about[0] if about else None, _given(spec, bound))
    act.steps.append(Step(verb=spec.name, by=by, cause=act.stack[-1] if nested else None, about=about))
    act.stack.append(number)
    try:
        result = spec.function(*bound.args, **bound.kwargs)
        _tell(spec, act.step, bound, result)
        return result
    except BaseException:
        if any(step.took_effect for step in act.steps[number:]):
            act.spoiled_by = spec.name
        raise
    finally:
        act.stack.pop()


def _given(spec: Verb, bound: inspect.BoundArguments) -> set[str]:
    """The names of the arguments that say something, besides their defaults."""
    parameters = spec.signature.parameters
    said = {name for name, value in bound.arguments.items() if value != parameters[name].default}
    return said | set(bound.kwargs) - set(parameters)


def _records(arguments: Mapping[str, Any]) -> Iterator[Row]:
    for value in arguments.values():
        if isinstance(value, Row):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from (each for each in value if isinstance(each, Row))


def _tell(spec: Verb, step: Step, bound: inspect.BoundArguments, result: Any) -> None:
    """Keep what the sentence needs: labels as they are now, and where they point."""
    for word in spec.words:
        value = result if word == "it" else bound.arguments.get(word) or step.labels.get(word)
        value = value or getattr(result, word, None)
        if isinstance(value, (list, tuple)) and len(value) == 1:
            value = value[0]
        if isinstance(value, Record):
            step.refs[word] = [value.noun(), value.public_id]
        if word != "by" and value is not None:
            step.labels[word] = _label(value)


def _label(value: Any) -> str:
    if isinstance(value, Record):
        return value.label
    return str(len(value)) if isinstance(value, (list, tuple)) else str(value)


# --- reading a deed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A piece of a sentence: plain words, or a name with the record it points at."""

    text: str
    word: str = ""
    ref: tuple[str, str] | None = None


def tell(event: Event, sentence: str | None = None) -> list[Part]:
    """The event as a sentence in parts, in the reader's language; a verb that is gone is told by its name."""
    spec = REGISTRY.get(event.verb)
    text = sentence or (spec.sentence if spec else "{by}: " + event.verb.replace("_", " "))
    labels = {"by": event.by_label} | event.labels
    parts: list[Part] = []
    for piece in re.split(r"(\{\w+\})", text):
        word = piece.strip("{}") if piece.startswith("{") else ""
        if word:
            ref = event.refs.get(word)
            parts.append(Part(str(labels.get(word, "")), word, (ref[0], ref[1]) if ref else None))
        elif piece:
            parts.append(Part(piece))
    return parts
