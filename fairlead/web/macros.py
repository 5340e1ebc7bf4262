"""Calling Jinja's macros without what only other templates need: a page of fifty rows calls a thousand of them."""

from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from jinja2.runtime import Context as BaseContext
from jinja2.runtime import Macro
from jinja2.utils import missing
from markupsafe import Markup

PLAIN = (FunctionType, MethodType)


class Context(BaseContext):
    """Calls macros and plain functions directly; for everything else, Jinja asks what it wants passed."""

    def call(__self, __obj: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        kind = type(__obj)
        if kind is Macro:
            __obj = quick(__obj)  # type: ignore[arg-type]
        elif kind not in PLAIN or hasattr(__obj, "jinja_pass_arg"):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs)


def quick(macro: Macro) -> Callable[..., Markup]:
    """The macro as a function; what it makes is always markup, because every template of ours escapes."""
    known: Callable[..., Markup] | None = macro.__dict__.get("quick")
    if known is None:
        known = macro.__dict__["quick"] = _quick(macro)
    return known


def _quick(macro: Macro) -> Callable[..., Markup]:
    if macro.catch_kwargs or macro.catch_varargs or "caller" in macro.arguments:
        return macro  # type: ignore[return-value]
    function, names = macro._func, {name: place for place, name in enumerate(macro.arguments)}
    undefined = macro._environment.undefined
    if macro.caller:
        names["caller"] = len(names)
    count = len(names)

    def call(*args: Any, **kwargs: Any) -> Markup:
        values = [*args, *[missing] * (count - len(args))]
        for name, value in kwargs.items():
            try:
                place = names[name]
            except KeyError:
                raise TypeError(f"macro {macro.name!r} takes no keyword argument {name!r}") from None
            if values[place] is not missing or place < len(args):
                raise TypeError(f"macro {macro.name!r} was given {name!r} twice")
            values[place] = value
        if macro.caller and values[-1] is missing:
            values[-1] = undefined("No caller defined", name="caller")
        return Markup(function(*values))  # noqa: S704 (made by a template, which escapes)

    return call
