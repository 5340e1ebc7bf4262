"""The inbox in a real browser: worked through by keys alone, by pointer, and at the width of a phone."""

import pytest
from playwright.sync_api import Page, expect

from fairlead.demo.world import World
from fairlead.models import Activity, Lead
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401

pytestmark = pytest.mark.browser
INBOX = "/leads?as=inbox"


def names(page: Page) -> list[str]:
    return page.locator(".pile .item b").all_inner_texts()


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light"), (320, "dark")])
def test_the_inbox_is_accessible(visit: Opener, width: int, theme: str) -> None:  # noqa: F811
    page = ready(visit(INBOX, width, theme))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_leads_are_worked_through_by_keys_alone(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/", who=world.sam))
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.locator("#preview .who h2")).to_be_visible()
    everybody = names(page)
    page.keyboard.press("j")
    expect(page.locator("#preview .who h2")).to_have_text(everybody[1])
    page.keyboard.press("j")
    expect(page.locator("#preview .who h2")).to_have_text(everybody[2])
    page.keyboard.press("k")
    expect(page.locator("#preview .who h2")).to_have_text(everybody[1])
    lead = next(each for each in Lead.objects.open() if each.label == everybody[1])
    assert f"peek={lead.public_id}" in page.url
    page.keyboard.press("c")
    page.keyboard.type("Rang, left word")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Call logged")
    expect(page.locator("#preview .who h2")).to_have_text(everybody[1])
    assert Activity.objects.filter(lead=lead, kind="call").count() >= 1
    page.keyboard.press("Shift+L")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("disqualified")
    expect(page.locator("#preview .who h2")).to_have_text(everybody[2])
    lead.refresh_from_db()
    assert lead.state == "disqualified" and everybody[1] not in names(page)
    page.keyboard.press("z")
    expect(page.locator(".pile")).to_contain_text(everybody[1])
    page.keyboard.press("q")
    expect(page.locator("h1")).to_contain_text("Qualify")


def test_a_press_shows_a_lead_beside_and_enter_opens_it(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(INBOX))
    page.get_by_role("link", name="Joanna Weir", exact=True).first.click()
    expect(page.locator("#preview p.said")).to_have_text(world.joanna.message)
    page.keyboard.press("a")
    page.get_by_role("menuitem", name="Lena Kaur").click()
    expect(page.locator(f"#row-{world.joanna.public_id}")).to_contain_text("Lena Kaur")
    page.locator(f"#row-{world.joanna.public_id} a").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Joanna Weir")
    page.go_back()
    expect(page.locator(".pile")).to_be_visible()


def test_on_a_phone_a_lead_opens_its_own_page(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(INBOX, 390))
    expect(page.locator("#preview")).to_be_hidden()
    page.get_by_role("link", name="Joanna Weir", exact=True).first.click()
    expect(page.locator("h1")).to_have_text("Joanna Weir")


def test_rows_are_picked_and_given_away_together(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(INBOX))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator("[data-picked]")).to_have_text("2")
    page.locator("#bulk").get_by_label("Give to").select_option(label="Lena Kaur")
    page.locator("#bulk").get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("2 leads")
    expect(page.locator(".pile")).to_be_visible()
