"""Lead rules in a real browser: written, put in order, rehearsed and made live by keys alone; a queue claimed from."""

import pytest
from playwright.sync_api import Page, expect

from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Lead, RuleSet
from fairlead.verbs.capture import capture_lead
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401

pytestmark = pytest.mark.browser
RULES = "/settings/rules"


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (320, "light")])
def test_the_pages_are_accessible(visit: Opener, world: World, width: int, theme: str) -> None:  # noqa: F811
    live = RuleSet.live_one()
    assert live is not None
    for path in (RULES, f"{RULES}/{live.rules[0]['key']}", f"{RULES}/versions", "/settings/queues", "/queues"):
        page = ready(visit(path, width, theme, who=world.admin))
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _press in range(80):
        page.keyboard.press("Tab")
        label = page.evaluate(
            "(() => { const e = document.activeElement; "
            "return (e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || '').trim() })()"
        )
        if label.startswith(name):
            return
    raise AssertionError(f"Tab never came to {name}.")


def test_a_rule_is_written_ordered_rehearsed_and_made_live_by_keys_alone(
    visit: Opener,  # noqa: F811
    world: World,
) -> None:
    page = ready(visit(RULES, who=world.admin))
    page.keyboard.press("n")
    expect(page.get_by_label("Who gets it")).to_be_visible()
    tab_to(page, "Name")
    page.keyboard.type("Spain")
    tab_to(page, "What to ask of")
    page.keyboard.type("Cou")
    tab_to(page, "Add condition")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Country", exact=True)).to_be_focused()
    page.keyboard.type("Spain")
    tab_to(page, "Person")
    page.keyboard.type("Lena")
    tab_to(page, "Save rule")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("This is a draft")
    expect(page.locator(".asked")).to_contain_text("country is Spain")

    tab_to(page, "Move Spain: drag")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".asked li").nth(3)).to_contain_text("Spain")
    page.locator("h1").click()
    page.keyboard.press("r")
    expect(page.locator(".settings h2").first).to_contain_text("would go another way")
    page.go_back()
    tab_to(page, "Make live")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("is live")
    live = RuleSet.live_one()
    assert live is not None and live.rules[3]["name"] == "Spain"


def test_the_first_that_waits_is_claimed_with_one_key(visit: Opener, world: World) -> None:  # noqa: F811
    capture_lead(system("web form", label="Fairlead"), name="Ann Waiting")
    waiting = Lead.objects.open().filter(owner=None, queue__isnull=False).count()
    page = ready(visit("/", who=world.sam))
    page.keyboard.press("g")
    page.keyboard.press("u")
    expect(page.locator("h1")).to_have_text("Queues")
    page.keyboard.press("j")
    name = page.locator("tr[data-row] a[data-open]").first.inner_text()
    page.keyboard.press("y")
    expect(page.locator("#toasts")).to_contain_text(f"{name} is yours.")
    assert Lead.objects.open().filter(owner=None, queue__isnull=False).count() == waiting - 1
