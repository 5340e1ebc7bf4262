"""Today in a real browser: worked through by keys alone, put off, taken back; axe at every width."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from fairlead.demo.world import World
from tests.browser.conftest import PATIENCE, WIDTHS, violations


@pytest.fixture
def today(chromium: Browser, world: World, live_server: Any) -> Iterator[Page]:
    """Sam's Today; console errors fail the test."""
    client = Client()
    client.force_login(world.sam)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, base_url=live_server.url)
    context.set_default_timeout(PATIENCE)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto("/")
    page.locator("[data-htmx-powered]").first.wait_for(state="attached")
    yield page
    context.close()
    assert complaints == []


def test_the_list_is_worked_through_by_keys(today: Page) -> None:
    current = today.locator(".row.cur b")
    today.keyboard.press("w")
    expect(current).to_have_text("Reply to Joanna Weir")
    today.keyboard.press("j")
    today.keyboard.press("j")
    expect(current).to_have_text("Send survey notes to Mairi Sinclair")
    today.keyboard.press("d")
    expect(current).to_have_text("Call Tom Ashworth")
    expect(today.locator("#toasts")).to_contain_text("Send survey notes")
    today.keyboard.press("s")
    today.keyboard.press("1")
    expect(current).to_have_text("Call Priya Raman about Q-2025-0147")
    expect(today.locator(".group h2", has_text="Overdue")).to_have_count(0)
    today.keyboard.press("z")
    expect(today.locator(".group h2", has_text="Overdue")).to_have_count(1)
    expect(today.locator(".row b", has_text="Call Tom Ashworth")).to_have_count(1)
    expect(today.locator(".row b", has_text="Send survey notes")).to_have_count(0)


def test_a_call_is_logged_from_its_row(today: Page) -> None:
    today.keyboard.press("w")
    today.keyboard.press("c")
    box = today.locator("textarea[name=text]")
    expect(box).to_be_focused()
    today.keyboard.type("Left a message.")
    today.keyboard.press("Control+Enter")
    expect(today.locator("#toasts")).to_contain_text("Call logged")
    today.goto("/")
    expect(today.locator(".row b", has_text="Reply to Joanna Weir")).to_have_count(0)


@pytest.mark.parametrize("width", sorted(WIDTHS))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_never_scrolls_sideways(today: Page, width: int, theme: Any) -> None:
    today.set_viewport_size({"width": width, "height": WIDTHS[width]})
    today.emulate_media(color_scheme=theme)
    assert violations(today) == []
    assert today.evaluate("document.documentElement.scrollWidth <= innerWidth")
