"""Lists and views with the keyboard alone, and axe on what is new: filters, groups, columns, saving a view."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from fairlead.demo.world import World
from fairlead.models import Event, Person, Pin, View
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401 (a fixture)

SCREENS = [
    "/opportunities?amount.gte=5000+GBP&columns=customer,value,company.industry,tags&sort=-amount",
    "/opportunities?state=any&group=stage",
    "/lists/opportunities/filter",
    "/lists/opportunities/filter?field=owner",
    "/lists/people/filter?field=created_at&add=1&compare=.gte&value=someday",
    "/lists/people/columns",
    "/views/new?of=person&query=owner%3Dme",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(visit: Opener, width: int, theme: str) -> None:  # noqa: F811
    page = visit("/people", width, theme)
    for path in SCREENS:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_filter_save_pin_open_select_act_and_undo_with_the_keyboard(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/people"))
    keys = page.keyboard
    keys.press("f")
    field = page.get_by_label("Field")
    expect(field).to_be_focused()
    field.select_option("company.industry")  # as typing its first letters does
    keys.press("Tab")
    keys.press("Enter")
    compare = page.locator("#pick-compare")
    expect(compare).to_be_focused()
    compare.select_option(".contains")
    keys.press("Tab")
    keys.type("transport")
    keys.press("Enter")
    expect(page.locator(".sentences")).to_contain_text("Company: industry contains “transport”")
    page.wait_for_url(re.compile(r"/people\?.*company\.industry\.contains=transport"))

    ready(page)
    keys.press("v")
    expect(page.get_by_role("menuitem", name="Save as a view")).to_be_focused()
    keys.press("Enter")
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_be_focused()
    keys.type("Hauliers")
    keys.press("Enter")
    expect(page.locator(".toast")).to_contain_text("View Hauliers saved.")
    view = View.objects.get(name="Hauliers")
    assert view.filters == {"company.industry.contains": ["transport"]} and Pin.objects.get().view == view

    page.goto("/")
    pinned = page.get_by_role("navigation", name="Views").get_by_role("link", name=re.compile("Hauliers"))
    matching: Any = Person.objects.live().filter(company__industry__icontains="transport")
    expect(pinned).to_contain_text(str(matching.count()))
    pinned.focus()
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("People")
    expect(page.locator(".sentences")).to_contain_text("transport")

    ready(page)
    keys.press("j")
    keys.press("x")
    keys.press("j")
    keys.press("x")
    expect(page.locator("[data-picked]")).to_have_text("2")
    keys.press("a")
    give = page.get_by_label("Give to", exact=True)
    expect(give).to_be_focused()
    give.select_option(label="Noah Bennett")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("2 people given to Noah Bennett.")
    act = Event.objects.filter(verb="assign_many").latest("id").act
    ready(page)
    keys.press("z")
    expect(page.locator(".toast").last).to_contain_text("Undone")
    assert Event.objects.filter(undoes=act).exists()


def test_a_view_that_was_altered_says_so_and_is_reset(visit: Opener, world: World) -> None:  # noqa: F811
    from fairlead.verbs.views import save_view

    view = save_view(world.mira.actor("web"), list_of="person", name="Mine", filters={"owner": ["me"]})
    page = ready(visit(f"/people?view={view.public_id}"))
    expect(page.get_by_role("link", name="Mine").last).to_have_attribute("aria-current", "page")
    page.get_by_label("Next step").first.select_option("late")
    expect(page.locator(".altered")).to_contain_text("Changed.")
    page.get_by_role("link", name="Reset").click()
    expect(page.locator(".altered")).to_have_count(0)
