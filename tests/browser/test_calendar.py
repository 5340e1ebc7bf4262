"""The calendar by hand: booked by a key and a click, dragged, moved by keys with the focus kept, taken back."""

from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from fairlead.demo.world import World
from fairlead.models import Meeting
from fairlead.verbs.meetings import book_meeting
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401

TEN = datetime(2027, 12, 7, 10, tzinfo=ZoneInfo("Europe/London"))  # a Tuesday


def test_a_meeting_is_dragged_and_moved_by_keys(visit: Opener, world: World) -> None:  # noqa: F811
    meeting = book_meeting(world.sam.actor("web"), title="Demo", starts_at=TEN, tell=False)
    page = ready(visit("/calendar?on=2027-12-06", who=world.sam))
    assert violations(page) == []
    box, to = (page.locator(each).bounding_box() for each in (".entry", "[data-day='2027-12-09'] .hours"))
    assert box and to
    page.mouse.move(box["x"] + 20, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(to["x"] + 20, box["y"] + 5 + 2 * 48, steps=6)
    page.mouse.up()
    thursday, wednesday = (page.locator(f"[data-day='2027-12-0{day}'] .entry") for day in (9, 8))
    expect(thursday).to_have_attribute("data-at", "12:00")
    expect(thursday.locator("[data-open]")).to_be_focused()
    page.keyboard.press("Shift+ArrowDown")
    expect(thursday).to_have_attribute("data-at", "12:15")
    expect(thursday.locator("[data-open]")).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    expect(wednesday).to_have_attribute("data-at", "12:15")
    page.keyboard.press("z")
    expect(thursday).to_have_attribute("data-at", "12:15")
    assert Meeting.objects.get(pk=meeting.pk).first_day.day == 9
    thursday.locator("[data-open]").focus()
    page.keyboard.press("m")
    expect(page.get_by_role("heading", name="Demo")).to_be_visible()


def test_a_key_and_a_click_book_one(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/calendar?on=2027-12-06", who=world.sam))
    box = page.locator("[data-day='2027-12-10'] .hours").bounding_box()
    assert box
    page.mouse.click(box["x"] + 30, box["y"] + 3 * 48 + 5)
    expect(page.locator("[name=starts_at]")).to_have_value("2027-12-10T10:00")
    page.go_back()
    ready(page).keyboard.press("b")
    expect(page.get_by_role("heading", name="New meeting")).to_be_visible()
