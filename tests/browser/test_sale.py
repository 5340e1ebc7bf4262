"""A sale worked on its page from open to won and lost: with the mouse, by keyboard alone, and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from fairlead.demo.world import World
from fairlead.models import ExitCriterion, Gap, Opportunity, Task
from fairlead.verbs.criteria import untick_criterion
from fairlead.web.addresses import url_of
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401
from tests.browser.test_record import toast


class Mouse:
    """How one works on a page: what is pressed, what is typed into, and what is chosen."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, what: Locator) -> None:
        what.click()

    def type(self, what: Locator, text: str) -> None:
        what.click()
        what.fill(text)

    def choose(self, what: Locator, label: str) -> None:
        what.select_option(label=label)


class Finger(Mouse):
    def press(self, what: Locator) -> None:
        what.tap()


class Keyboard(Mouse):
    """Tab to it (in a menu, arrows), then Enter or letters; a pointer is never used."""

    def press(self, what: Locator) -> None:
        self._reach(what)
        self.page.keyboard.press("Enter")

    def type(self, what: Locator, text: str) -> None:
        self._reach(what)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, what: Locator, label: str) -> None:
        self._reach(what)
        self.page.keyboard.type(label)

    def _reach(self, what: Locator) -> None:
        what.wait_for()
        key = "ArrowDown" if what.get_attribute("role") == "menuitem" else "Tab"
        for _press in range(250):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"Tab does not come to {what}.")


HANDS: list[tuple[Callable[[Page], Mouse], int, dict[str, Any]]] = [
    (Mouse, 1440, {}),
    (Keyboard, 1440, {}),
    (Finger, 390, {"has_touch": True, "is_mobile": True}),
]
everyhow = pytest.mark.parametrize(("hand", "width", "more"), HANDS, ids=["mouse", "keyboard", "phone"])


@pytest.fixture
def opened(visit: Opener, world: World) -> Callable[..., Page]:  # noqa: F811
    def on(sale: Opportunity, width: int, more: dict[str, Any]) -> Page:
        page = ready(visit(url_of(sale), width, who=world.sam, **more))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return page

    return on


@everyhow
def test_criteria_stages_and_a_move_with_a_gap(
    opened: Callable[..., Page], world: World, hand: Any, width: int, more: dict[str, Any]
) -> None:
    by, seen = world.sam.actor("web"), ExitCriterion.objects.get(text="Decision maker has seen it")
    untick_criterion(by, world.managed_it, criterion=seen)
    page = opened(world.managed_it, width, more)
    does, line = hand(page), page.locator(".stages")
    expect(line.locator("[aria-current=step]")).to_contain_text("Propose")
    does.press(line.get_by_role("button", name="Close"))
    expect(page.get_by_text("Missing to leave Propose: Decision maker has seen it.")).to_be_visible()
    assert violations(page) == []
    does.type(page.get_by_label("Reason"), "She signs tomorrow")
    does.press(page.locator("form.form button[type=submit]"))
    expect(line.locator("[aria-current=step]")).to_contain_text("Close")
    assert Gap.objects.get(opportunity=world.managed_it).reason == "She signs tomorrow"
    does.press(line.get_by_role("button", name="Propose"))
    does.press(page.locator(".exit").get_by_role("button", name="Mark done: Decision maker has seen it"))
    toast(page, "Ticked “Decision maker has seen it”")
    does.press(line.get_by_role("button", name="Close"))
    expect(line.locator("[aria-current=step]")).to_contain_text("Close")
    assert Gap.objects.filter(opportunity=world.managed_it).count() == 1


@everyhow
def test_the_next_step_is_planned_and_done(
    opened: Callable[..., Page], world: World, hand: Any, width: int, more: dict[str, Any]
) -> None:
    page = opened(world.unplanned, width, more)
    does, bar = hand(page), page.locator("#next-step")
    expect(bar).to_contain_text("No next step")
    does.press(bar.get_by_role("button", name="In 2 weeks"))
    expect(bar).to_contain_text("Follow up with")
    does.press(bar.get_by_role("button", name="Done", exact=True))
    expect(bar).to_contain_text("No next step")
    assert Task.objects.get(opportunity=world.unplanned, title__startswith="Follow up").state == "done"
    does.press(bar.locator("[popovertarget=park-menu]"))
    does.press(page.get_by_role("menuitem", name="In 2 weeks"))
    expect(bar).to_contain_text("Parked")
    does.press(bar.get_by_role("button", name="Take it up now"))
    expect(bar).to_contain_text("No next step")
    assert Opportunity.objects.get(pk=world.unplanned.pk).parked_until is None


@everyhow
def test_needs_people_competitors_and_the_team(
    opened: Callable[..., Page], world: World, hand: Any, width: int, more: dict[str, Any]
) -> None:
    page, sale = opened(world.unplanned, width, more), world.unplanned
    does = hand(page)
    needs, people, rivals, team = (page.locator(f"#{name}") for name in ("needs", "people", "competitors", "team"))
    does.type(needs.get_by_label("What they need"), "Ten desks")
    does.choose(needs.get_by_label("How much it matters", exact=True), "Should")
    does.press(needs.get_by_role("button", name="Add", exact=True))
    expect(needs).to_contain_text("Ten desks")
    does.press(needs.get_by_role("button", name="Mark as met: Ten desks"))
    expect(needs.get_by_role("button", name="Ten desks: met. Take the tick off")).to_be_visible()
    does.type(people.get_by_label("Who has a say"), "Nell Quist")
    does.choose(people.get_by_label("Their part in it"), "Blocks")
    does.press(people.get_by_role("button", name="Add", exact=True))
    expect(people).to_contain_text("Nell Quist")
    does.type(rivals.get_by_label("Who else they ask"), "Brightwave")
    does.press(rivals.get_by_role("button", name="Add", exact=True))
    does.press(rivals.locator("summary"))
    expect(rivals.get_by_text("Cheap, long contracts")).to_be_visible()
    does.choose(team.get_by_label("Who", exact=True), "Dele Okafor")
    does.type(team.get_by_label("As what, such as technical"), "Technical")
    does.press(team.get_by_role("button", name="Ask", exact=True))
    expect(team).to_contain_text("Dele Okafor")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    does.press(rivals.get_by_role("button", name="Take Brightwave off"))
    toast(page, "Took the competitor Brightwave off")
    assert [(each.text, each.weight, each.met) for each in sale.needs.all()] == [("Ten desks", "should", True)]
    assert [(str(each.person), each.role) for each in sale.stakeholders.all()] == [("Nell Quist", "blocks")]
    assert [each.role for each in sale.team_members.filter(user=world.dele)] == ["Technical"]
    assert not sale.rivals.exists()


@everyhow
def test_won_reopened_and_lost(
    opened: Callable[..., Page], world: World, hand: Any, width: int, more: dict[str, Any]
) -> None:
    page = opened(world.managed_it, width, more)
    does, send = hand(page), page.locator("form.form button[type=submit]")
    does.press(page.locator("a[href$=close-won]"))
    does.type(page.get_by_label("Amount"), "36,500.50")
    does.type(page.get_by_label("Note"), "From January")
    does.press(send)
    expect(page.locator(".exit.closed")).to_contain_text("Won on")
    expect(page.locator(".exit.closed")).to_contain_text("£36,500.50")
    does.press(page.get_by_role("button", name="Reopen", exact=True))
    expect(page.locator(".exit")).to_contain_text("To leave Propose")
    if width < 700:
        does.press(page.locator("[popovertarget=more-menu]"))
        does.press(page.get_by_role("menuitem", name="Close as lost"))
    else:
        does.press(page.locator(".head").get_by_role("link", name="Lost"))
    does.choose(page.get_by_label("Reason"), "Price")
    does.press(send)
    expect(page.locator(".exit.closed")).to_contain_text("Lost on")
    expect(page.locator(".exit.closed")).to_contain_text("Price")
    assert violations(page) == []
    sale = Opportunity.objects.get(pk=world.managed_it.pk)
    assert [each.outcome for each in sale.closures.order_by("pk")] == ["won", "reopened", "lost"]
    assert str(sale.closures.order_by("pk")[0].amount) == "36500.50"
