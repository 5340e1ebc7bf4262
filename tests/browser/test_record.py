"""Record pages in a real browser: keys, editing in place, undo, a conflict, no JavaScript, axe at every width."""

import re

import pytest
from playwright.sync_api import Page, expect

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Activity, Opportunity, Task
from fairlead.verbs.closing import close_lost
from fairlead.verbs.opportunities import edit_opportunity
from fairlead.web.addresses import url_of
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401


def toast(page: Page, text: str) -> None:
    expect(page.locator("#toasts")).to_contain_text(text)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    width: int,
    theme: str,
) -> None:
    by, base = world.sam.actor("web"), f"/opportunities/{world.managed_it.public_id}"
    edit_opportunity(by, world.unplanned, title="New fit-out", about="More words", likelihood=40)
    close_lost(by, world.opportunity("Microsoft 365 move"), reason=world.reason("Price"), note="Went elsewhere")
    screens = [url_of(record) for record in (world.priya, world.callum, world.peverell, world.lukasz, world.joanna)]
    screens += [url_of(record) for record in (world.managed_it, world.unplanned)]
    screens += [url_of(world.opportunity("Microsoft 365 move", "lost")), f"{url_of(world.managed_it)}?kind=task"]
    screens += [f"{base}/close-lost", f"{base}/edit/amount", f"/people/{world.priya.public_id}/edit/address"]
    screens += [f"/tasks/{world.call_priya.public_id}/edit", f"{base}/add-collaborator"]
    page = visit("/people", width, theme, world.sam)
    for path in screens:
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_a_call_with_its_next_step_by_keyboard_alone(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.unplanned), who=world.sam))
    page.keyboard.press("c")
    expect(page.get_by_role("textbox", name="What happened")).to_be_focused()
    page.keyboard.type("Left a message with Joan")
    page.get_by_label("How the call went").select_option("voicemail")
    page.get_by_role("textbox", name="Next step").fill("Call Joan again")
    page.get_by_label("Another day").fill("+1w")
    page.get_by_label("Another day").press("Control+Enter")
    toast(page, "Call logged. Next:")
    expect(page.locator("#next-step")).to_contain_text("Call Joan again")
    expect(page.locator("#timeline")).to_contain_text("voicemail left")
    page.keyboard.press("z")
    toast(page, "Undone: Called New practice fit-out.")
    expect(page.locator("#next-step")).to_contain_text("No next step")
    assert not Activity.objects.filter(text__startswith="Left a message").exists()


def test_the_draft_stays_until_it_is_sent(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.priya), who=world.sam))
    page.keyboard.press("o")
    page.keyboard.type("Half a thought")
    page.wait_for_function("() => Object.values(localStorage).some((kept) => kept.includes('Half a thought'))")
    ready(page).reload()
    expect(page.get_by_role("textbox", name="What happened")).to_have_value("Half a thought")
    expect(page.get_by_role("radio", name="Note")).to_be_checked()
    page.get_by_role("textbox", name="What happened").press("Control+Enter")
    toast(page, "Note saved.")
    expect(page.get_by_role("textbox", name="What happened")).to_have_value("")


def test_a_step_done_opens_the_composer_for_the_next(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.keyboard.press("d")
    toast(page, "Did “Call Priya Raman about Q-2025-0147”.")
    box = page.get_by_role("textbox", name="What happened")
    expect(box).to_be_focused()
    expect(page.get_by_role("radio", name="Task")).to_be_checked()
    page.keyboard.type("Send the references")
    box.press("Control+Enter")
    toast(page, "Task added.")
    assert Task.objects.get(title="Send the references").assignee == world.sam


def test_snoozed_from_the_menu(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.keyboard.press("s")
    page.get_by_role("menuitem", name="In 2 weeks").click()
    toast(page, "Put “Call Priya Raman about Q-2025-0147” off to")
    task = Task.objects.get(pk=world.call_priya.pk)
    assert task.due_on is not None and (task.due_on - clock.today(world.sam.tz)).days == 14


def test_properties_in_place(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.locator("#p-amount a").click()
    page.get_by_role("textbox", name="Value").fill("1")
    page.keyboard.press("Escape")
    expect(page.locator("#p-amount")).to_have_text("£38,400 a year")
    expect(page.locator("#p-amount a")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Value").fill("40k")
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Close date")).to_be_focused()
    expect(page.locator("#p-amount")).to_have_text("£40,000 a year")
    expect(page.locator("#facts")).to_contain_text("£40,000 a year")
    page.get_by_role("textbox", name="Close date").fill("some day")
    page.keyboard.press("Enter")
    expect(page.locator("#p-close_on .error")).to_contain_text("no date here")
    page.get_by_role("textbox", name="Close date").fill("12 Dec 2031")
    page.keyboard.press("Enter")
    expect(page.locator("#p-close_on")).to_have_text("12 Dec 2031")
    page.locator("#p-company a").click()
    page.get_by_role("combobox", name="Company").fill("Halden")
    expect(page.locator("#options-company option")).not_to_have_count(0)
    page.get_by_role("combobox", name="Company").fill("Halden Bakery Co.")
    page.keyboard.press("Enter")
    expect(page.locator("#facts")).to_contain_text("Halden Bakery Co.")
    sale = Opportunity.objects.select_related("company").get(pk=world.managed_it.pk)
    assert (str(sale.amount), str(sale.close_on), str(sale.company)) == ("40000.00", "2031-12-12", "Halden Bakery Co.")


def test_two_people_edit_one_field(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.locator("#p-close_on a").click()
    box = page.get_by_role("textbox", name="Close date")
    expect(box).to_be_focused()
    edit_opportunity(world.mira.actor("web"), world.managed_it, close_on=clock.today(world.sam.tz))
    box.fill("1 Dec 2031")
    box.press("Enter")
    clash = page.locator("#p-close_on .conflict")
    expect(clash).to_contain_text("Mira Holt changed close date")
    expect(clash).to_contain_text("1 Dec 2031")
    page.get_by_role("button", name="Keep yours").click()
    expect(page.locator("#p-close_on")).to_have_text("1 Dec 2031")


def test_stages_by_key_and_by_hand(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.keyboard.press("]")
    toast(page, "Moved Managed IT for 45 seats from Propose to Close.")
    page.get_by_role("button", name=re.compile("^Develop")).click()
    expect(page.locator(".stages [aria-current=step]")).to_contain_text("Develop")


def test_without_javascript(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit(url_of(world.unplanned), who=world.sam, java_script_enabled=False)
    page.get_by_role("button", name="In 2 weeks").click()
    toast(page, "Task added. Next:")
    page.get_by_role("button", name="Undo").last.click()
    toast(page, "Undone:")
    page.locator("#log label", has_text="Note").click()
    page.get_by_role("textbox", name="What happened").fill("By hand")
    page.get_by_role("button", name="Save note").click()
    toast(page, "Note saved.")
    page.locator("#p-likelihood a").click()
    page.get_by_label("Likelihood").fill("35")
    page.get_by_role("button", name="Save").click()
    toast(page, "Likelihood saved.")
    expect(page.locator("#p-likelihood")).to_have_text("35%")
    assert Activity.objects.filter(text="By hand").count() == 1


def test_next_and_previous_in_the_list(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit("/people?sort=name", who=world.sam))
    page.locator("[data-row] [data-open]").nth(1).click()
    expect(page.locator("#timeline")).to_be_visible()
    second = page.locator("h1").inner_text()
    page.keyboard.press("j")
    expect(page.locator("h1")).not_to_have_text(second)
    page.keyboard.press("k")
    expect(page.locator("h1")).to_have_text(second)


def test_a_file_is_attached(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.priya), who=world.sam))
    page.get_by_label("Attach a file").set_input_files(
        files=[{"name": "offer.txt", "mimeType": "text/plain", "buffer": b"An offer"}]
    )
    page.get_by_role("button", name="Attach", exact=True).click()
    toast(page, "offer.txt attached.")
    with page.expect_download() as got:
        page.get_by_role("link", name="offer.txt").click()
    assert got.value.suggested_filename == "offer.txt"


def test_a_part_is_edited_where_it_stands(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    needs = page.locator("section, div").filter(has=page.locator("h2", has_text="Needs")).last
    words = needs.locator(".piece a.val").first
    before = words.inner_text()
    words.click()
    expect(needs.get_by_role("textbox", name="Need", exact=True)).to_be_focused()
    page.keyboard.type("Something else")
    page.keyboard.press("Escape")
    expect(needs.locator(".piece a.val").first).to_have_text(before)
    needs.locator(".piece a.val").first.click()
    expect(needs.get_by_role("textbox", name="Need", exact=True)).to_be_focused()
    page.keyboard.type("One supplier for all")
    page.keyboard.press("Enter")
    toast(page, "Need saved.")
    expect(needs.locator(".piece a.val").first).to_have_text("One supplier for all")
    assert world.managed_it.needs.filter(text="One supplier for all").exists()
    page.keyboard.press("z")
    toast(page, "Undone")
    assert world.managed_it.needs.filter(text=before).exists()
