"""The look as promised: no violation for axe, nothing wider than the page, a visible outline at every tab stop."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import WIDTHS, violations

SCREENS = [
    "/", "/opportunities/1", "/pipeline", "/people", "/people?empty=1", "/people/new?errors", "/gallery", "/sign-in",
    "/fault/404", "/fault/503",
]  # fmt: skip
CHECKS = Path(__file__).parent / "checks"
UNLIT = (CHECKS / "unlit.js").read_text()
SMALL = (CHECKS / "small.js").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", SCREENS)
def test_axe_finds_nothing(visit: Callable[..., Page], path: str, width: int, theme: str) -> None:
    page = visit(path, width, theme)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", SCREENS)
def test_every_tab_stop_shows_where_it_is(visit: Callable[..., Page], path: str, width: int) -> None:
    page = visit(path, width)
    unlit = []
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        unlit.append(page.evaluate(UNLIT))
    assert unlit
    assert [stop for stop in unlit if stop] == []


@pytest.mark.parametrize("path", SCREENS)
def test_targets_are_large_enough(visit: Callable[..., Page], path: str) -> None:
    assert visit(path, 1440).evaluate(SMALL, 24) == []
    assert visit(path, 390, has_touch=True, is_mobile=True).evaluate(SMALL, 44) == []


def test_first_view_is_small(visit: Callable[..., Page], gallery_url: str) -> None:
    """At most 8 requests and 110 KB as sent, counting what a server with gzip sends."""
    page = visit("/fault/503")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(gallery_url + "/opportunities/1", wait_until="networkidle")
    page.reload(wait_until="networkidle")
    sizes = {url: len(gzip.compress(page.context.request.get(url).body())) for url in set(asked)}
    assert len(sizes) <= 8, sizes
    assert sum(sizes.values()) <= 110_000, sizes
