"""Every route: declared, for its methods only, closed to visitors, and without effect for those who may only read."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from fairlead.core.actor import system
from fairlead.core.event import Event
from fairlead.core.record import rows
from fairlead.demo.world import World
from fairlead.models import Role
from fairlead.verbs.users import change_role
from fairlead.web.routes import EXEMPT, demand_declared, routes, undeclared

ALL = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# What one may always do, however little one's role allows: to oneself.
ONES_OWN = ("settings", "sign-", "tip", "welcome", "invitation", "password")


def bare(request: Any) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("bare", bare)]


def filled(address: str) -> str:
    """The route with something in its places; none of it exists, so nothing must happen."""
    values = {"uuid": str(uuid.UUID(int=7)), "record": "people", "thing": "people"}

    def value(place: re.Match[str]) -> str:
        return values.get(place[1], "7")

    return "/" + re.sub(r"<(?:(\w+):)?\w+>", value, address)


def all_routes() -> Iterator[Any]:
    for address, view in routes():
        yield pytest.param(address, view, id=address or "today")


def pages() -> Iterator[Any]:
    for address, view in routes():
        if not address.startswith("api/"):
            yield pytest.param(address, view, id=address or "today")


def test_every_route_says_who_may_open_it_and_how() -> None:
    assert undeclared() == []
    assert set(EXEMPT) <= {address for address, _view in routes()} and all(EXEMPT.values())


def test_a_route_that_does_not_is_an_error_at_the_start(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.web.test_routes"
    assert undeclared() == ["bare"]
    with pytest.raises(ImproperlyConfigured, match="bare"):
        demand_declared()
    assert [error.id for error in run_checks() if error.id == "fairlead.E001"] == ["fairlead.E001"]


@pytest.mark.parametrize(("address", "view"), list(all_routes()))
def test_permissions_are_ones_that_exist(address: str, view: Any) -> None:
    noun, _dot, action = view.may.partition(".")
    assert view.may in {"anyone", "member", "record"} or (noun in rows() and action), view.may


@pytest.mark.parametrize(("address", "view"), list(all_routes()))
def test_other_methods_are_refused(client: Client, world: World, address: str, view: Any) -> None:
    client.force_login(world.admin)
    for method in ALL - set(view.methods):
        status = client.generic(method, filled(address), content_type="application/json").status_code
        assert status == (401 if address.startswith("api/") and view.may != "anyone" else 405), method


@pytest.mark.parametrize(("address", "view"), list(pages()))
def test_visitors_sign_in_first(client: Client, world: World, address: str, view: Any) -> None:
    for method in view.methods:
        answer = client.generic(method, filled(address))
        if view.may == "anyone":
            assert answer.status_code in {200, 302, 303, 410, 422}
        else:
            assert answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in?next=%2F")


@pytest.mark.parametrize("role", ["Read-only", "Intake"])
@pytest.mark.parametrize(("address", "view"), [each for each in pages() if "POST" in each.values[1].methods])
def test_posts_of_those_who_may_only_read_do_nothing(
    client: Client, world: World, address: str, view: Any, role: str
) -> None:
    change_role(system("test"), world.sam, role=Role.objects.get(name=role))
    client.force_login(world.sam)
    before = Event.objects.count()
    for public_id in ("7", world.priya.public_id, world.admin.public_id):
        answer = client.post(filled(address).replace("/7", f"/{public_id}"), {"name": "X", "title": "X", "text": "X"})
        assert answer.status_code < 500
    if not address.startswith(ONES_OWN) or view.may.startswith("organisation."):
        later = Event.objects.order_by("pk")[before:]
        assert not [event.verb for event in later if role == "Read-only" or event.verb != "create_lead"]
