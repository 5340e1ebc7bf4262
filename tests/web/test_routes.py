"""Every route: declared, for its methods only, closed to visitors, and without effect for those who may only read."""

import re
import uuid
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

# The doors of programs, which bring a token and are told 401 without one.
PROGRAMS = ("api/", "in/", "mcp")
ALL = {"GET", "POST", "PUT", "PATCH", "DELETE"}
# Forms and sealed links for everybody: what is not there is not there, for anybody.
VISITORS = ("f/", "u/")
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


def pages() -> list[tuple[str, Any]]:
    return [(address, view) for address, view in routes() if not address.startswith(PROGRAMS + VISITORS)]


def test_every_route_says_who_may_open_it_and_how() -> None:
    assert undeclared() == []
    assert set(EXEMPT) <= {address for address, _view in routes()} and all(EXEMPT.values())


def test_a_route_that_does_not_is_an_error_at_the_start(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.web.test_routes"
    assert undeclared() == ["bare"]
    with pytest.raises(ImproperlyConfigured, match="bare"):
        demand_declared()
    assert [error.id for error in run_checks() if error.id == "fairlead.E001"] == ["fairlead.E001"]


def test_permissions_are_ones_that_exist() -> None:
    nouns = {f"{noun}." for noun in [*rows(), "event"]}  # events are no rows, and their audit is a right of its own
    named = {view.may for _address, view in routes()} - {"anyone", "member", "record"}
    assert {may for may in named if f"{may.partition('.')[0]}." not in nouns or may.endswith(".")} == set()


def test_other_methods_are_refused(client: Client, world: World) -> None:
    client.force_login(world.admin)
    answered = {}
    for address, view in routes():
        refused = 401 if address.startswith("api/") and view.may != "anyone" else 405
        for method in ALL - set(view.methods):
            status = client.generic(method, filled(address), content_type="application/json").status_code
            if status != refused:
                answered[f"{method} {address}"] = status
    assert answered == {}


def test_visitors_sign_in_first(client: Client, world: World) -> None:
    let_in = {}
    for address, view in pages():
        for method in view.methods:
            answer = client.generic(method, filled(address))
            sent = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in?next=%2F")
            sent = sent if method == "GET" else answer.status_code == 401 and b"/sign-in" in answer.content
            if not sent and (view.may != "anyone" or answer.status_code not in {200, 302, 303, 410, 422}):
                let_in[f"{method} {address}"] = answer.status_code
    assert let_in == {}


@pytest.mark.parametrize(
    ("role", "turn"),
    [
        ("Read-only", 0),
        ("Intake", 1),
        *[pytest.param(role, None, marks=pytest.mark.load) for role in ("Read-only", "Intake")],
    ],
)
def test_posts_of_those_who_may_only_read_do_nothing(client: Client, world: World, role: str, turn: int | None) -> None:
    """Intake may do one thing: create leads, from a call or a file too. By turns; both everywhere by the load tests."""
    change_role(system("test"), world.sam, role=Role.objects.get(name=role))
    client.force_login(world.sam)
    done: dict[str, list[str]] = {}
    for address, view in pages() if turn is None else pages()[turn::2]:
        if "POST" not in view.methods or (address.startswith(ONES_OWN) and not view.may.startswith("organisation.")):
            continue
        before = Event.objects.latest("pk").pk
        ids = ("7", world.priya.public_id, world.call_priya.public_id, world.admin.public_id)
        for at in {filled(address).replace("/7", f"/{public_id}") for public_id in ids}:
            answer = client.post(at, {"name": "X", "title": "X", "text": "X"})
            assert answer.status_code < 500, address
        verbs = set(Event.objects.filter(pk__gt=before).values_list("verb", flat=True))
        if verbs - ({"create_lead", "create_import", "take_call", "log_call"} if role == "Intake" else set()):
            done[address] = sorted(verbs)
    assert done == {}
