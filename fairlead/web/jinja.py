"""The Jinja2 environment of every page: autoescape always on, `ui` for the components, formats for the reader.

Formats and components need to know who reads (zone, locale, now) and for which request a form is made. Both come from
the context of the page being rendered: `request`, and optionally `reader`; nothing is passed along by hand.
"""

import functools
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils import timezone
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from fairlead.models.response_clock import Hours, left
from fairlead.web import formats, lines
from fairlead.web.formats import Reader
from fairlead.web.macros import Context, quick

MACRO = re.compile(r"\{%-? macro ([a-z]\w*)\(")
# Small components that depend on their arguments alone: a list of 50 rows asks for each many times.
SAME_EVERY_TIME = {"icon", "kind_icon", "kbd", "stage", "ticks", "avatar", "company_mark", "chip", "stopped"}


@dataclass(slots=True)
class Rendering:
    """The page being made: for which request, and for whom. `alone`: a piece of it, of which all is in its key."""

    request: HttpRequest | None
    reader: Reader
    alone: bool = False
    token: str = ""
    hours: Hours = field(default_factory=Hours)


current: ContextVar[Rendering] = ContextVar("the page being rendered")


class Page(Template):
    """A template that tells formats and components, while it renders, whom it renders for."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        context = dict(*args, **kwargs)
        token = current.set(Rendering(context.get("request"), reader_of(context)))
        try:
            return super().render(context)
        finally:
            current.reset(token)

    def alone(self, reader: Reader, shown: dict[str, Any]) -> Markup:
        """What it makes of these values for a reader, whatever the page, the request and the moment are."""
        token = current.set(Rendering(None, reader, alone=True))
        try:
            return Markup(super().render(shown))  # noqa: S704 (made by a template, which escapes)
        finally:
            current.reset(token)


class Components:
    """Every macro of templates/ui by its name: `{{ ui.icon("phone") }}` needs no import."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self._files = self._read()

    def __getattr__(self, name: str) -> Callable[..., Markup]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._files and self._environment.auto_reload:
            self._files = self._read()
        if name not in self._files:
            raise AttributeError(name)
        macro = quick(getattr(self._environment.get_template(self._files[name]).module, name))
        if self._environment.auto_reload:
            return macro
        # `typed` keeps what is escaped already (Markup) apart from the same text that is not.
        kept = functools.lru_cache(maxsize=4096, typed=True)(macro) if name in SAME_EVERY_TIME else macro
        setattr(self, name, kept)
        return kept

    def _read(self) -> dict[str, str]:
        files: dict[str, str] = {}
        for file in sorted(self._folder.glob("*.html")):
            for name in MACRO.findall(file.read_text()):
                if name in files:
                    raise ValueError(f"ui/{file.name} and {files[name]} both define the macro {name}")
                files[name] = f"ui/{file.name}"
        return files


def environment(**options: Any) -> Environment:
    """Called by Django's Jinja2 backend, once per process."""
    options |= {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    env = Environment(**options)  # noqa: S701 (autoescape is set above)
    env.template_class, env.context_class = Page, Context
    env.globals |= {
        "ui": Components(env, settings.PACKAGE / "web/templates/ui"),
        "piece": pieces(env),
        "gathered": lines.Gathered,
        "asset": staticfiles_storage.url,
        "csrf": csrf,
        "csrf_header": csrf_token,
        "now": now,
        "time_left": time_left,
        "today": lambda: reader().today,
        "plural": for_the_reader(formats.plural),
        "initials": formats.initials,
        "hue": formats.hue,
        "version": settings.VERSION,
    }
    env.filters |= {name: for_the_reader(getattr(formats, name)) for name in FILTERS}
    env.filters["duration"] = formats.duration
    return env


# Filters of formats.py that end with the reader; keyword arguments pass through: {{ amount|money("GBP") }}.
FILTERS = (
    "day",
    "short_date",
    "plain_date",
    "long_day",
    "full_date",
    "weekday_name",
    "weekday_and_day",
    "clock",
    "moment",
    "due",
    "ago",
    "iso",
    "money",
    "exact_money",
    "short_money",
    "count",
    "capped",
    "big_count",
    "size",
)


def for_the_reader(function: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(function)
    def filtered(value: Any, *args: Any, **kwargs: Any) -> str:
        return function(value, *args, reader=reader(), **kwargs)

    return filtered


def pieces(environment: Environment) -> Callable[..., str]:
    """`{{ piece("lists/_bulk.html", total=total) }}`: a template that sees these values alone, made once for each."""

    def piece(template_name: str, /, **values: Any) -> str:
        known, template = reader(), environment.get_template(template_name)
        assert isinstance(template, Page)
        made = functools.partial(template.alone, known, values)
        if environment.auto_reload:
            return made()
        return lines.kept((template_name, *clock_of(known), lines.shown(values)), made)

    return piece


def clock_of(known: Reader) -> tuple[str, str, date]:
    """What formats depend on: the reader's zone, their language, and what day it is there."""
    return getattr(known.zone, "key", str(known.zone)), str(known.locale), known.today


def now() -> datetime:
    return of_this_request().reader.now


def time_left(lead: Any) -> timedelta:
    """Working time that is left to answer this lead; below nothing when it is late by so much."""
    page = of_this_request()
    return timedelta(minutes=left(lead, page.hours, page.reader.now))


def of_this_request() -> Rendering:
    """The page being made. A piece that is kept must not ask: it would keep what is this request's alone."""
    page = current.get()
    if page.alone:
        raise RuntimeError("A kept piece of a page depends on the values it is given, and on nothing else.")
    return page


def reader() -> Reader:
    return current.get().reader


def reader_of(context: dict[str, Any]) -> Reader:
    """Whoever reads: the context's `reader`, else the request's, else by the settings."""
    known = context.get("reader") or getattr(context.get("request"), "reader", None)
    return known if isinstance(known, Reader) else default_reader(timezone.now())


def default_reader(now: datetime) -> Reader:
    return Reader(ZoneInfo(settings.TIME_ZONE), default_locale(), now)


@functools.cache
def default_locale() -> Locale:
    return Locale.parse(settings.LANGUAGE_CODE, sep="-")


def csrf() -> Markup:
    """The hidden field every posting form carries."""
    return Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(csrf_token())


def csrf_token() -> str:
    """The same everywhere on a page, another one on each."""
    page = of_this_request()
    if not page.token and page.request is not None:
        page.token = get_token(page.request)
    return page.token
