"""Qualifying in a real browser: with the mouse, by keyboard alone, without JavaScript, every width, axe."""

import re

import pytest
from playwright.sync_api import Page, expect

from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Reason
from fairlead.verbs.disqualify import disqualify_lead
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401


def at(lead: Lead, name: str = "qualify") -> str:
    return f"/leads/{lead.public_id}/{name}"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
    theme: str,
) -> None:
    done, lost = world.lead("Vikram Nair"), world.lead("Bethan Morris")
    disqualify_lead(world.sam.actor("web"), lost, reason=Reason.objects.offered("disqualified")[0], note="Next year")
    page = visit("/leads", width, theme, world.mira)
    screens = [at(world.joanna), at(world.joanna, "disqualify"), f"/leads/{done.public_id}", f"/leads/{lost.public_id}"]
    for path in [*screens, at(lost, "recycle")]:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_with_the_mouse(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(f"/leads/{world.joanna.public_id}", who=world.sam))
    page.get_by_role("link", name="Qualify").click()
    expect(page.get_by_role("radio", name="Halden Bakery Co.")).to_be_checked()
    card = page.get_by_role("group", name="Opportunity")
    expect(card.get_by_label("Title", exact=True)).to_have_value("Cyber security check")
    page.get_by_role("radio", name="No opportunity").click()
    expect(card.get_by_label("Title", exact=True)).to_be_hidden()
    page.get_by_role("radio", name="New opportunity").click()
    card.get_by_label("Value").fill("2.4k")
    expect(page.get_by_label("Why go on without")).to_be_visible()
    for text in ("Need confirmed", "They can pay for it"):
        page.get_by_role("checkbox", name=text).check()
    expect(page.get_by_label("Why go on without")).to_be_hidden()
    page.get_by_role("button", name="Qualify").last.click()
    expect(page.locator("#toasts")).to_contain_text("Joanna Weir qualified: ")
    expect(page).to_have_url(re.compile("/opportunities/"))
    expect(page.locator("#timeline")).to_contain_text("qualified Joanna Weir")
    page.goto(f"/leads/{world.joanna.public_id}")
    expect(page.get_by_role("region", name="What it became")).to_contain_text("Cyber security check")
    page.get_by_role("button", name="Un-qualify").click()
    expect(page.locator("#toasts")).to_contain_text("Joanna Weir is open again.")
    assert not Opportunity.objects.filter(title="Cyber security check").exists()


def test_by_keyboard_alone(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(f"/leads/{world.joanna.public_id}", who=world.sam))
    page.keyboard.press("q")
    expect(page.get_by_role("heading", name="Qualify Joanna Weir")).to_be_visible()
    tab_to(page, "Halden Bakery Co.")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="New company")).to_be_checked()
    page.keyboard.press("ArrowUp")
    tab_to(page, "Value")
    page.keyboard.type("2400")
    tab_to(page, "Why go on without")
    page.keyboard.type("She wants it this week")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Joanna Weir qualified: ")
    page.keyboard.press("z")
    expect(page.locator("#toasts")).to_contain_text("Undone")
    assert Lead.objects.get(pk=world.joanna.pk).is_open


def test_without_javascript_an_error_loses_nothing(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit(at(world.joanna), who=world.sam, width=390, java_script_enabled=False)
    page.get_by_label("Title", exact=True).fill("Both shops")
    page.get_by_label("Value").fill("a lot")
    page.get_by_role("button", name="Qualify").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Not qualified yet")
    expect(page.get_by_label("Title", exact=True)).to_have_value("Both shops")
    page.get_by_label("Value").fill("900")
    page.get_by_label("Why go on without").fill("Urgent")
    page.get_by_role("button", name="Qualify").last.click()
    expect(page.get_by_role("heading", name="Both shops")).to_be_visible()


def tab_to(page: Page, label: str) -> None:
    """Press Tab until what this label names has the focus."""
    wanted = page.get_by_label(label, exact=True).first
    for _press in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {label}.")
