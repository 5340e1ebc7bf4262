"""The phone page in a real browser: by keyboard alone, without JavaScript, axe at every width."""

import pytest
from playwright.sync_api import expect

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Activity, Lead, Task
from fairlead.verbs.people import create_person
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401
from tests.browser.test_record import toast


def test_an_unknown_caller_by_keyboard_alone(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/", who=world.sam))
    page.keyboard.press("g")
    page.keyboard.press("h")
    field = page.get_by_role("combobox", name="Number or name")
    expect(field).to_be_focused()
    page.keyboard.type("020 7946 0777")
    expect(page.locator("#found")).to_contain_text("Nobody with “020 7946 0777”")
    page.keyboard.press("Enter")  # nobody to open: on to the form, where the number stands already
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    expect(page.get_by_role("textbox", name="Phone")).to_have_value("020 7946 0777")
    page.keyboard.type("Ada New")
    for _field in ("Company", "Phone", "E-mail", "Interest"):
        page.keyboard.press("Tab")
    page.keyboard.type("Laptops")
    page.keyboard.press("Tab")
    page.keyboard.type("Yellow")
    for _field in ("The call", "Note"):
        page.keyboard.press("Tab")
    page.keyboard.type("Wants 3 laptops")
    page.keyboard.press("Tab")
    page.keyboard.type("Call back")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")
    toast(page, "Ada New added, call logged.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada New")
    lead = Lead.objects.get(name="Ada New")
    assert (str(lead.source), lead.interest, lead.phone_e164) == ("Yellow pages", "Laptops", "+442079460777")
    assert Activity.objects.get(lead=lead).direction == "in" and Task.objects.get(lead=lead).due_on is not None
    page.locator("body").press("z")
    toast(page, "Undone")
    assert not Lead.objects.filter(name="Ada New").exists()


def test_a_known_caller_by_keyboard_alone(visit: Opener, world: World) -> None:  # noqa: F811
    create_person(world.sam.actor("web"), name="Nia Pugh", phones=["020 7946 0411"])
    create_person(world.sam.actor("web"), name="Noa Pugh", phones=["020 7946 0412"])
    page = ready(visit("/call", who=world.sam))
    page.keyboard.insert_text("7946 0411")
    page.keyboard.press("Enter")  # at once: it waits for the answer
    expect(page.get_by_role("heading", level=1)).to_have_text("Nia Pugh")
    expect(page.get_by_role("textbox", name="What happened")).to_be_focused()
    page.keyboard.type("Asked for the price list")
    page.keyboard.press("Control+Enter")
    toast(page, "Call logged.")
    assert Activity.objects.get(text="Asked for the price list").direction == "in"
    page.goto("/call?number=pugh")
    ready(page)
    first = page.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    for _option in range(page.locator(".caller").count()):  # round to where it began
        page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/**")


def test_without_javascript(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit("/call", who=world.sam, java_script_enabled=False)
    page.get_by_role("combobox", name="Number or name").fill("joanna weir")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("option", name="Joanna Weir")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("joanna weir")
    page.get_by_role("button", name="Add lead and log call").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("joanna weir")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
    theme: str,
) -> None:
    page = visit("/call", width, theme, world.sam)
    with clock.at(world.now):
        for path in ("/call", "/call?number=peverell", "/call?number=0207946", "/call?number=zzzz"):
            page.goto(path)
            assert (path, violations(page)) == (path, [])
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
