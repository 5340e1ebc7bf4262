"""Lists and adding in a real browser: keys, cells, many at once, filters, the palette, axe at every width."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from fairlead.demo.world import World
from fairlead.models import Event, Opportunity, Person, User
from tests.browser.conftest import PATIENCE, WIDTHS, violations

SCREENS = [
    "/people",
    "/companies",
    "/leads",
    "/opportunities",
    "/opportunities?owner=me&next=none",
    "/people?q=zzzz",
    "/people/new",
    "/opportunities/new",
    "/new",
    "/search",
    "/search?q=pe",
    "/people?nonsense=1",
]
Opener = Callable[..., Page]


@pytest.fixture
def visit(chromium: Browser, world: World, live_server: Any) -> Iterator[Opener]:
    """`visit("/people")` opens a page of the product as its manager; console errors fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(path: str, width: int = 1440, theme: str = "light", who: User | None = None, **more: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme, base_url=live_server.url, **more
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session(who or world.mira), "url": live_server.url}]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


def session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


IDLE = """() => document.readyState === "complete" && document.querySelector("[data-htmx-powered]")
  && !document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling, .is-saving")"""


def ready(page: Page) -> Page:
    """Its scripts have run, and what they asked for has come."""
    page.wait_for_function(IDLE)
    page.wait_for_timeout(100)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(visit: Opener, width: int, theme: str) -> None:
    page = visit("/people", width, theme)
    for path in SCREENS:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_cell_is_edited_with_the_keyboard(visit: Opener, world: World) -> None:
    page = ready(visit("/people?q=priya"))
    page.keyboard.press("j")
    page.keyboard.press("i")
    box = page.get_by_role("textbox", name="Phone")
    expect(box).to_be_focused()
    box.fill("020 7946 0999")
    box.press("Enter")
    expect(page.get_by_role("link", name=re.compile("Phone: 020 7946 0999"))).to_be_visible()
    expect(page.locator(".toast")).to_contain_text("Phone of Priya Raman changed.")
    assert world.priya.phones.get().typed == "020 7946 0999"


def test_escape_puts_a_cell_back_and_tab_goes_on(visit: Opener, world: World) -> None:
    page = ready(visit("/opportunities?q=managed+45"))
    value = page.get_by_role("link", name=re.compile("^Value: "))
    value.click()
    page.get_by_role("textbox", name="Value").fill("1")
    page.keyboard.press("Escape")
    expect(value).to_be_visible()
    value.click()
    page.get_by_role("textbox", name="Value").fill("40k")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Close date")).to_be_focused()
    assert str(Opportunity.objects.get(pk=world.managed_it.pk).amount) == "40000.00"


def test_what_a_cell_cannot_hold_is_said_beneath_it(visit: Opener) -> None:
    page = ready(visit("/opportunities?q=managed+45"))
    page.get_by_role("link", name=re.compile("^Close date: ")).click()
    page.get_by_role("textbox", name="Close date").fill("someday")
    page.keyboard.press("Enter")
    expect(page.locator("td .error")).to_contain_text("“someday” is no date")


def test_rows_are_picked_with_x_and_given_away_as_one_act(visit: Opener, world: World) -> None:
    page = ready(visit("/people?q=peverell"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.get_by_role("combobox", name="Give to").select_option(label="Noah Bennett")
    page.get_by_role("button", name="Assign").click()
    expect(page.locator(".toast")).to_contain_text("2 people given to Noah Bennett.")
    assert Event.objects.filter(verb="assign_many").values("act").distinct().count() == 1
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).not_to_contain_text("given to")
    assert Person.objects.filter(company=world.peverell, owner=world.noah).count() == 0


def test_a_filter_is_chosen_and_taken_away(visit: Opener) -> None:
    page = ready(visit("/opportunities", who=None))
    page.get_by_role("combobox", name="Stage").select_option(label="Stage: Propose")
    page.wait_for_url(re.compile(r"/opportunities\?.*stage="))
    assert "owner=&" not in page.url and "q=&" not in page.url
    chip = page.get_by_role("link", name=re.compile("Stage is Propose"))
    chip.click()
    page.wait_for_url(re.compile(r"/opportunities(\?state=open)?$"))


def test_a_likeness_shows_while_typing_and_adding_goes_on(visit: Opener, world: World) -> None:
    page = ready(visit("/people/new"))
    page.get_by_role("textbox", name="Name").fill("P. Raman")
    page.get_by_role("textbox", name="E-mail").press_sequentially(world.priya.mails.first().address)
    expect(page.locator("#alike")).to_contain_text("This looks like Priya Raman at Peverell Logistics.")
    page.get_by_role("button", name="Add person").click()
    page.wait_for_url(re.compile("/people/.*p-raman"))


def test_the_palette_finds_a_record_and_opens_it(visit: Opener) -> None:
    page = ready(visit("/leads"))
    page.keyboard.press("Control+k")
    page.keyboard.type("@priya ram")
    option = page.get_by_role("option", name=re.compile("Priya Raman"))
    expect(option).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/people/.*priya-raman"))


def test_lists_and_adding_work_without_scripts(visit: Opener, world: World) -> None:
    page = visit("/people", java_script_enabled=False)
    page.get_by_role("searchbox").fill("priya")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("link", name=re.compile("^Phone: ")).click()
    page.get_by_role("textbox", name="Phone").fill("020 7946 0111")
    page.get_by_role("button", name="Save phone").click()
    assert "q=priya" in page.url
    expect(page.get_by_role("link", name=re.compile("Phone: 020 7946 0111"))).to_be_visible()
    page.goto("/people/new")
    page.get_by_role("textbox", name="Name").fill("Priya Raman")
    page.get_by_role("button", name="Add person").click()
    page.get_by_role("button", name="Add anyway").click()
    assert Person.objects.filter(name="Priya Raman").count() == 2
