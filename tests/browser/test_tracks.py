"""Tracks in a real browser, by keys: applied to a record, checked off, defined on their line; axe on each page."""

import re

import pytest
from playwright.sync_api import expect

from fairlead.demo.world import World
from fairlead.models import RunningTrack, Track
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit

__all__ = ["visit"]


def test_a_track_is_applied_and_checked_off_by_keys(visit: Opener, world: World) -> None:
    page = visit(f"/opportunities/{world.unplanned.public_id}", 1440, "light", who=world.sam)
    ready(page)
    page.keyboard.press("Shift+T")
    page.get_by_role("link", name="Quote follow-up").press("Enter")
    first = page.get_by_label("Day of Ask whether the quote has arrived")
    shown = first.input_value()
    page.get_by_label("Starts", exact=True).fill("2031-05-05")  # a bank holiday
    page.get_by_label("Starts", exact=True).press("Tab")
    expect(page.get_by_label("Day of Ask whether the quote has arrived")).not_to_have_value(shown)
    expect(page.get_by_label("Day of Ask whether the quote has arrived")).to_have_value("2031-05-07")
    page.get_by_label("Plan Last word before the quote ends").press("Space")
    expect(page.locator("li.out")).to_have_count(1)
    page.get_by_role("button", name="Apply Quote follow-up").press("Enter")
    block = page.locator(".block", has=page.get_by_role("heading", name=re.compile("Quote follow-up")))
    expect(block.locator("li")).to_have_count(3)
    block.get_by_role("button", name="Mark done: Ask whether the quote has arrived").press("Enter")
    expect(block.locator("li.done")).to_have_count(1)
    running = RunningTrack.objects.get(opportunity=world.unplanned)
    assert [task.state for task in running.tasks.order_by("pk")] == ["done", "open", "waiting"]


def test_steps_are_put_in_order_by_arrow_keys_and_the_example_follows(visit: Opener, world: World) -> None:
    track = Track.objects.get(name="Quote follow-up")
    page = visit(f"/tracks/{track.public_id}", 1440, "light", who=world.admin)
    ready(page)
    example = page.locator("#example li")
    expect(example.first).to_contain_text("Ask whether the quote has arrived")
    page.get_by_role("button", name=re.compile("Move Ask whether the quote has arrived: drag")).press("ArrowDown")
    expect(example.first).to_contain_text("Go through their questions")
    page.get_by_label("Step 1", exact=True).first.fill("Send it again")
    page.get_by_role("button", name="Add a step").press("Enter")
    expect(page.locator(".line > li")).to_have_count(5)
    page.locator(".line > li").last.get_by_label("Step 5", exact=True).fill("Say thank you")
    expect(example).to_have_count(5)
    page.locator("form#track .acts .pri").press("Enter")
    expect(page.get_by_text("Quote follow-up saved").first).to_be_visible()
    assert track.newest.steps.count() == 5


@pytest.mark.parametrize("theme", ("light", "dark"))
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(visit: Opener, world: World, width: int, theme: str) -> None:
    track = Track.objects.get(name="Quote follow-up")
    page = visit("/tracks", width, theme, who=world.admin)
    found = []
    for path in ("/tracks", f"/tracks/{track.public_id}", f"/opportunities/{world.managed_it.public_id}/track"):
        page.goto(path if path.startswith("/tracks") else f"{path}?track={track.public_id}")
        found += [f"{path} {each}" for each in violations(page)]
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            found.append(f"{path} is wider than the page")
    assert found == [], chr(10).join(found)
