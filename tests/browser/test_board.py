"""The board in a real browser: a card moves by pointer, by keys and by its menu; what cannot move goes back."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import ExitCriterion, Opportunity
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401
from tests.web.test_board import demand, relieve

pytestmark = pytest.mark.browser
BOSS = system("test")


def lane(page: Page, name: str) -> Any:
    return page.locator(".lane").filter(has=page.locator("h2", has_text=name))


def card(page: Page, title: str) -> Any:
    return page.locator(".board [data-row]").filter(has_text=title)


def stage(title: str) -> str:
    return Opportunity.objects.get(title=title).stage.name


@pytest.fixture(autouse=True)
def free(world: World) -> None:
    """Nothing stands against a move but what the test says."""
    for each in ExitCriterion.objects.live():
        relieve(BOSS, criterion=each)


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (1440, "dark"), (390, "light"), (320, "dark")])
def test_the_board_is_accessible(visit: Opener, width: int, theme: str) -> None:  # noqa: F811
    page = ready(visit("/pipeline", width, theme))
    for path in ("/pipeline", "/pipeline?as=list", "/pipeline/gaps", "/no-next-step"):
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_card_moves_by_pointer_and_comes_back_by_undo(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline"))
    counts = [int(each) for each in page.locator(".lane h2 small").all_inner_texts()]
    box, to = card(page, "Wi-Fi refresh").bounding_box(), lane(page, "Propose").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(to["x"] + 80, to["y"] + 200, steps=6)
    expect(page.locator(".lane.over h2")).to_contain_text("Propose")
    page.mouse.up()
    expect(lane(page, "Propose")).to_contain_text("Wi-Fi refresh")
    expect(page.locator("#toasts")).to_contain_text("moved to Propose")
    expect(page.locator(".is-saving")).to_have_count(0)
    after = [int(each) for each in page.locator(".lane h2 small").all_inner_texts()]
    assert after == [counts[0], counts[1] - 1, counts[2] + 1, counts[3]] and stage("Wi-Fi refresh") == "Propose"
    page.keyboard.press("z")
    expect(lane(page, "Develop")).to_contain_text("Wi-Fi refresh")
    assert stage("Wi-Fi refresh") == "Develop"


def test_a_card_stands_where_it_was_let_go_in_another_lane(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline"))
    there = titles(page, "Propose")
    box, below = card(page, "Wi-Fi refresh").bounding_box(), card(page, there[2]).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(below["x"] + 60, below["y"] + 8, steps=8)
    expect(page.locator(".lane .above h3")).to_have_text(there[2])
    page.mouse.up()
    expect(page.locator("#toasts")).to_contain_text("moved to Propose")
    expect(page.locator(".is-saving")).to_have_count(0)
    now = [*there[:2], "Wi-Fi refresh", *there[2:]]
    assert titles(page, "Propose") == now
    ready(page).reload()
    assert titles(page, "Propose") == now


def test_escape_lets_go(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline"))
    box, to = card(page, "Wi-Fi refresh").bounding_box(), lane(page, "Close").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(to["x"] + 80, to["y"] + 200, steps=6)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".lifted")).to_have_count(0)
    assert page.url.endswith("/pipeline") and stage("Wi-Fi refresh") == "Develop"


def test_keys_move_cards_and_the_focus(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline"))
    page.keyboard.press("j")
    first = page.locator(".board .cur h3").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator(".board .cur h3").inner_text()
    assert first != second and second in lane(page, "Develop").inner_text()
    page.keyboard.press("]")
    expect(lane(page, "Propose")).to_contain_text(second)
    expect(page.locator("#toasts")).to_contain_text("moved to Propose")
    expect(page.locator(".board .cur h3")).to_have_text(second)
    page.keyboard.press("[")
    expect(page.locator("#toasts")).to_contain_text("moved to Develop")
    page.keyboard.press("m")
    page.keyboard.press("4")
    expect(lane(page, "Close")).to_contain_text(second)
    expect(page.locator("#toasts")).to_contain_text("moved to Close")
    assert stage(second) == "Close"


def test_what_cannot_move_goes_back_or_asks_why(visit: Opener, world: World) -> None:  # noqa: F811
    sale = world.managed_it
    asked = demand(BOSS, stage=sale.stage, text="Signed by both", force="hard")
    page = ready(visit("/pipeline"))
    card(page, sale.title).locator("h3 a").focus()
    page.keyboard.press("]")
    expect(page.locator("#toasts")).to_contain_text("Signed by both")
    expect(lane(page, "Propose")).to_contain_text(sale.title)
    demand(BOSS, stage=sale.stage, text="Seen the site", force="required")
    relieve(BOSS, criterion=asked)
    card(page, sale.title).locator("h3 a").focus()
    page.keyboard.press("]")
    page.wait_for_url("**/move-stage?stage=*")
    assert "Seen the site" in page.content() or page.get_by_label("Reason").count()


def test_a_phone_moves_a_card_by_its_menu(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline", 390, has_touch=True, is_mobile=True))
    card(page, "Wi-Fi refresh").locator("[data-move]").tap()
    page.locator("#board-move").get_by_text("Propose").tap()
    expect(page.locator("#toasts")).to_contain_text("moved to Propose")
    assert stage("Wi-Fi refresh") == "Propose"


def test_a_card_without_a_next_step_is_parked_by_key(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/pipeline", who=world.sam))
    found = card(page, world.unplanned.title)
    expect(found).to_contain_text("No next step")
    found.locator("[data-open]").focus()
    page.keyboard.press("s")
    page.get_by_role("menuitem", name="Next week").click()
    expect(page.locator("#toasts")).to_contain_text("Parked")
    expect(card(page, world.unplanned.title)).to_contain_text("Parked until")
    page.keyboard.press("z")
    expect(card(page, world.unplanned.title)).to_contain_text("No next step")


def titles(page: Page, name: str) -> list[str]:
    found: list[str] = lane(page, name).locator("h3").all_inner_texts()
    return found


def test_a_card_takes_another_place_of_its_lane(visit: Opener) -> None:  # noqa: F811
    page = ready(visit("/pipeline"))
    before = titles(page, "Develop")
    card(page, before[1]).locator("[data-open]").focus()
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#toasts")).to_contain_text("has another place")
    expect(page.locator(".is-saving")).to_have_count(0)
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".is-saving")).to_have_count(0)
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".is-saving")).to_have_count(0)
    swapped = [before[1], before[0], *before[2:]]
    assert titles(page, "Develop") == swapped
    ready(page).reload()
    assert titles(page, "Develop") == swapped
    last, first = card(page, before[3]).bounding_box(), card(page, swapped[0]).bounding_box()
    page.mouse.move(last["x"] + 60, last["y"] + 20)
    page.mouse.down()
    page.mouse.move(first["x"] + 60, first["y"] + 8, steps=8)
    expect(page.locator(".lane .above")).to_have_count(1)
    page.mouse.up()
    expect(page.locator(".is-saving")).to_have_count(0)
    assert titles(page, "Develop")[0] == before[3]
    card(page, before[3]).locator("[data-open]").focus()
    page.keyboard.press("m")
    page.get_by_role("menuitem", name="By its next step").click()
    expect(page.locator("#toasts")).to_contain_text("by its next step again")
    ready(page).reload()
    assert titles(page, "Develop")[0] == swapped[0]
