"""The short head of a record: there when the page is scrolled, under the full one before, never over the focus."""

import pytest
from playwright.sync_api import Page, expect

from fairlead.demo.world import World
from fairlead.web.addresses import url_of
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, visit  # noqa: F401

ON_TOP = """() => {
  const box = document.querySelector(".brief").getBoundingClientRect();
  const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return [Math.round(box.y), Boolean(found.closest(".brief"))];
}"""
HIDDEN = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at.closest(".sr, .skip, .side, .tabbar")) return "";
  const box = at.getBoundingClientRect(), edge = document.querySelector(".brief").getBoundingClientRect().bottom;
  return box.bottom < edge && !at.closest(".head, .back") ? at.outerHTML.slice(0, 120) : "";
}"""
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((each) => (sum += each.value)))
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


def scrolled(page: Page) -> Page:
    page.evaluate("scrollTo(0, 500)")
    return page


@pytest.mark.parametrize("width", WIDTHS)
def test_it_is_uncovered_by_scrolling_and_moves_nothing(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
) -> None:
    page = visit(url_of(world.managed_it), width, who=world.sam)
    assert page.evaluate(ON_TOP)[1] is False
    scrolled(page)
    assert page.evaluate(ON_TOP) == [0, True]
    expect(page.locator(".brief")).to_contain_text("Managed IT for 45 seats")
    expect(page.locator(".brief .ml")).to_be_visible()
    expect(page.locator(".brief time")).to_be_visible()
    assert page.evaluate("document.querySelector('.brief').offsetHeight") == 44
    assert page.evaluate(SHIFTS) == 0
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_focus_is_never_under_it(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit(url_of(world.managed_it), 390, who=world.sam)
    page.locator(".older a, .tl a, aside button, aside a").last.focus()
    hidden = []
    for _number in range(70):
        page.keyboard.press("Shift+Tab")
        hidden.append(page.evaluate(HIDDEN))
    assert [each for each in hidden if each] == []


def test_a_record_that_lacks_a_step_says_so_and_paper_has_none_of_it(
    visit: Opener,  # noqa: F811
    world: World,
) -> None:
    page = scrolled(visit(url_of(world.unplanned), who=world.sam))
    expect(page.locator(".brief")).to_contain_text("No next step")
    page.emulate_media(media="print")
    expect(page.locator(".brief")).to_be_hidden()
