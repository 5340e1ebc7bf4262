"""Putting a step off by keyboard: S, then a digit, on a record, on Today and in a list."""

from datetime import timedelta

from playwright.sync_api import expect

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Task
from fairlead.web.addresses import url_of
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401


def test_on_a_record(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.keyboard.press("s")
    expect(page.get_by_role("menuitem", name="Tomorrow")).to_be_focused()
    page.keyboard.press("4")
    expect(page.locator("#toasts")).to_contain_text("off to")
    moved = Task.objects.get(pk=world.call_priya.pk)
    assert moved.due_on == clock.today(world.sam.tz) + timedelta(days=14)


def test_on_a_row_of_today_which_leaves_and_hands_on_the_focus(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/", who=world.sam))
    rows = page.locator("li[data-row]:has([data-snooze])")
    there, title = rows.count(), rows.first.locator("[data-open]").inner_text()
    rows.first.locator("[data-open]").focus()
    page.keyboard.press("s")
    expect(page.get_by_role("menuitem", name="Tomorrow")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(rows.first.locator("[data-open]")).to_be_focused()
    page.keyboard.press("s")
    page.keyboard.press("5")
    expect(page.locator("#toasts")).to_contain_text("off to")
    expect(rows).to_have_count(there - 1)
    expect(page.locator("[data-row] [data-open]:focus")).to_have_count(1)
    assert Task.objects.get(title=title).due_on == clock.today(world.sam.tz) + timedelta(days=28)


def test_in_a_list_also_to_another_day(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/opportunities?q=Managed IT for 45", who=world.sam))
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.get_by_role("menuitem", name="Tomorrow")).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("off to")
    assert Task.objects.get(pk=world.call_priya.pk).due_on == clock.today(world.sam.tz) + timedelta(days=1)
    expect(page.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("s")
    expect(page.get_by_role("menuitem", name="Tomorrow")).to_be_focused()
    page.keyboard.press("6")
    expect(page.get_by_role("heading", name="Put it off")).to_be_visible()
