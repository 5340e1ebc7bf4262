"""Every page that a link leads to can be opened: an administrator follows them all."""

import re
from collections import Counter
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from fairlead.demo.world import World
from tests.web.test_lists import signed_in

ELSEWHERE = ("/static/", "/api/", "/f/", "/in/", "/files/", "/sign-out")
# Where something is made that the demo has none of, there is nothing to follow to.
SEEN = {
    "forms/<str:public_id>", "tracks/<str:public_id>", "tracks/<str:public_id>/report", "calendar", "tasks", "queues",
    "settings/rules", "settings/mail-templates/<str:public_id>", "settings/queues",
    "settings/schedules/<str:public_id>", "settings/pipelines/<str:public_id>",
    "settings/roles/<str:public_id>", "settings/people/<str:public_id>",
    "<record:noun>/<str:address>", "leads/<str:address>/qualify", "pipeline", "no-next-step", "imports", "submissions",
}  # fmt: skip


@pytest.mark.parametrize("often", [1, pytest.param(2, marks=pytest.mark.load)])
def test_every_link_of_an_administrator_opens(world: World, often: int) -> None:
    """Each kind of page once; the load tests open two of each kind."""
    iris = signed_in(world.admin)
    met: Counter[str] = Counter()
    waiting, broken = ["/"], {}
    while waiting:
        at = waiting.pop(0)
        kind = _kind(at)
        if kind is None or met[kind] >= often:
            continue
        met[kind] += 1
        html, status = _opened(iris, at)
        if status >= 400:
            broken[at] = status
        waiting += [found for found in _links(html) if (other := _kind(found)) and met[other] < often]
    assert broken == {}
    routes = {kind.partition(" ")[0] for kind in met}
    assert routes >= SEEN, SEEN - routes


def _opened(client: Client, at: str) -> tuple[str, int]:
    answer = client.get(at, follow=True)
    html = "" if answer.streaming else answer.content.decode(errors="replace")
    return html, answer.status_code


def _links(html: str) -> list[str]:
    found = (unescape(each) for each in re.findall(r'href="(/[^"#]*)', html))
    return [each for each in found if not each.startswith(ELSEWHERE)]


def _kind(at: str) -> str | None:
    """The route of an address, with the noun of a record and the names in its query; none of what is no page."""
    parts = urlsplit(at)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return at
    if "GET" not in getattr(found.func, "methods", ("GET",)):
        return at
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")} & {"as", "group", "view", "tab", "of"})
    return " ".join([found.route, str(found.kwargs.get("noun", "")), *names])
