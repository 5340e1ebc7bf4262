"""Every route declares who may open it and which methods it has; one that does not stops the start."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver

# Routes that need no declaration, each with its reason. Health and static files are answered before the routes.
EXEMPT: dict[str, str] = {}


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every (address, view) of the product."""
    for entry in (resolver or get_resolver()).url_patterns:
        address = f"{before}{entry.pattern}"
        if isinstance(entry, URLPattern):
            yield address, entry.callback
        else:
            yield from routes(entry, address)


def undeclared() -> list[str]:
    """The routes without permission or methods."""
    return [
        address
        for address, view in routes()
        if address not in EXEMPT and not (getattr(view, "may", "") and getattr(view, "methods", ()))
    ]


def demand_declared() -> None:
    """Refuse to serve while a route stands open by mistake."""
    if found := undeclared():
        raise ImproperlyConfigured(f"These routes say not who may open them, or how: {', '.join(found)}")


@register()
def every_route_declares(app_configs: object = None, **_facts: Any) -> list[CheckMessage]:
    hint = "Put @page(…) of fairlead.web.page on the view."
    words = "The route /{} says not who may open it, or with which methods."
    return [Error(words.format(address), hint=hint, id="fairlead.E001") for address in undeclared()]
