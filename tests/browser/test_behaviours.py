"""What the page does beyond forms and links: keys, palette, composer, toasts, in-place edits, faults."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

Visit = Callable[..., Page]


def current(page: Page) -> str:
    return page.evaluate("document.querySelector('.row.cur, tr.cur')?.querySelector('[data-open]')?.textContent ?? ''")


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim() || document.activeElement.tagName")


def draft(page: Page) -> str | None:
    return page.evaluate("localStorage.getItem('fairlead:1:draft:opportunity-1')")


def until(question: Callable[[], object], tries: int = 100) -> object:
    """The first true answer; the page runs on between two tries."""
    for _ in range(tries):
        if answer := question():
            return answer
        time.sleep(0.05)
    return None


def test_no_script_needs_eval_or_inline_style(visit: Visit) -> None:
    page = visit("/opportunities/1")
    assert page.evaluate("document.querySelectorAll('[style], style, script:not([src])').length") == 0
    assert page.evaluate("document.adoptedStyleSheets.length") == 0


def test_a_double_click_sends_a_form_once(visit: Visit) -> None:
    page = visit("/opportunities/1")
    page.evaluate("""() => {
        const form = document.createElement("form");
        form.append(Object.assign(document.createElement("button"), {textContent: "Send it"}));
        form.addEventListener("submit", (event) => { event.preventDefault(); form.title += "1"; });
        document.querySelector("main").prepend(form);
    }""")
    sent = page.locator("form", has=page.get_by_role("button", name="Send it"))
    sent.get_by_role("button").dblclick()
    expect(sent).to_have_attribute("title", "1")
    sent.get_by_role("button").click()
    expect(sent).to_have_attribute("title", "11")


def test_g_chords_go_and_focus_lands_in_the_content(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url("**/pipeline".replace("**", page.url.rstrip("/")))
    expect(page.locator("h1")).to_have_text("Pipeline")
    expect(page).to_have_title("Pipeline · Fairlead")
    assert page.evaluate("document.activeElement.id") == "main"
    page.go_back()
    expect(page.locator("h1")).to_have_text("Today")


def test_j_and_k_move_and_enter_opens(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("j")
    assert current(page) == "Chase quote Q-2025-0139"
    page.keyboard.press("k")
    page.keyboard.press("ArrowUp")
    assert current(page) == focused(page) == "Send survey notes to Mairi Sinclair"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Managed IT for 45 seats")


def test_d_finishes_the_row_and_passes_the_focus_on(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("j")
    page.keyboard.press("d")
    expect(page.get_by_text("Chase quote Q-2025-0139")).to_have_count(0)
    expect(page.locator("#toasts")).to_have_text("Done.UndoZ")
    assert current(page) == focused(page) == "Discovery meeting with Ruth Adeyemi"
    page.keyboard.press("z")
    expect(page.locator("h1")).to_have_text("/undo/5")


def test_the_last_row_takes_its_group_along(visit: Visit) -> None:
    page = visit("/")
    for name in ("Reply to Joanna Weir", "Ring back 020 7946 0182"):
        page.get_by_role("button", name=f"Mark done: {name}").click()
        expect(page.get_by_text(name, exact=True)).to_have_count(0)
    expect(page.get_by_text("Answer first")).to_have_count(0)
    assert current(page) == "Call Tom Ashworth"


def test_letters_stay_letters_in_fields_and_with_modifiers(visit: Visit) -> None:
    page = visit("/opportunities/1")
    page.keyboard.press("o")
    expect(page.locator("#log textarea")).to_be_focused()
    assert page.locator("[name=kind]:checked").input_value() == "note"
    expect(page.locator("#log .pri")).to_contain_text("Save note")
    page.keyboard.type("gp? ced")
    assert page.locator("#log textarea").input_value() == "gp? ced"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+c")
    assert page.locator("[name=kind]:checked").input_value() == "note"


def test_letters_can_be_turned_off(visit: Visit) -> None:
    page = visit("/?keys=off")
    for key in ("g", "p", "?", "/", "j"):
        page.keyboard.press(key)
    expect(page.locator("h1")).to_have_text("Today")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("kbd:visible")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_the_palette_finds_places_actions_and_records_and_gives_the_focus_back(visit: Visit) -> None:
    page = visit("/opportunities/1")
    page.get_by_role("link", name="Peverell Logistics").focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("peverell")
    expect(page.get_by_role("option", name="Peverell Logistics", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "Peverell Logistics"
    page.keyboard.press("Control+k")
    page.keyboard.type("> move")
    expect(page.locator("[role=option]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("/s/4")
    page.keyboard.press("/")
    expect(page.locator("[data-group=recent] [role=option]")).to_have_text("Managed IT for 45 seats")
    page.keyboard.type("compan")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("/companies")


def test_an_unknown_word_searches_everything(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("/")
    page.keyboard.type("@zzz")
    expect(page.locator("[data-group=records] [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    assert page.locator("[role=option][aria-selected=true]").inner_text().startswith("Peverell Logistics")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("/people/1")


def test_the_sheet_of_keys(visit: Visit) -> None:
    page = visit("/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_a_draft_survives_and_is_forgotten_once_sent(visit: Visit) -> None:
    page = visit("/opportunities/1")
    page.keyboard.press("t")
    page.keyboard.type("Send the survey notes")
    assert until(lambda: draft(page))
    page.reload()
    expect(page.locator("#log textarea")).to_have_value("Send the survey notes")
    assert page.locator("[name=kind]:checked").input_value() == "task"
    expect(page.get_by_label("Due")).to_be_visible()
    page.locator("#log textarea").press("Control+Enter")
    expect(page.locator("#posted")).to_contain_text("'kind': 'task', 'text': 'Send the survey notes'")
    assert draft(page) is None


def test_edit_in_place(visit: Visit) -> None:
    typed = "5 Jan 2026"
    page = visit("/opportunities/1")
    close = page.locator("#p-close")
    close.get_by_role("link").click()
    expect(page.get_by_role("textbox", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    assert focused(page) == "12 Dec 2025"
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Close")).to_be_focused()
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(close).to_have_text(typed)
    assert focused(page) == typed


def test_tab_saves_and_opens_the_next_property(visit: Visit) -> None:
    page = visit("/opportunities/1")
    page.locator("#p-value a").click()
    expect(page.get_by_role("textbox", name="Value")).to_be_focused()
    page.keyboard.type("£40,000")
    page.keyboard.press("Tab")
    expect(page.locator("#p-value")).to_have_text("£40,000")
    expect(page.get_by_role("textbox", name="Close")).to_be_focused()


def test_a_wrong_value_says_so_and_a_clash_shows_both(visit: Visit) -> None:
    page = visit("/opportunities/1", expect_errors=True)
    close = page.locator("#p-close")
    close.get_by_role("link").click()
    expect(page.get_by_role("textbox", name="Close")).to_be_focused()
    page.keyboard.type("bad")
    page.keyboard.press("Enter")
    expect(close.locator(".error")).to_contain_text("This is not a date")
    close.locator("input[type=text]").fill("clash")
    page.keyboard.press("Enter")
    expect(close.get_by_role("alert")).to_contain_text("Dele Okafor changed close to 5 Dec while you were editing")
    close.get_by_role("button", name="Keep yours").click()
    expect(close).to_have_text("12 Dec")


def test_a_fault_keeps_the_row_and_offers_to_try_again(visit: Visit) -> None:
    page = visit("/", expect_errors=True)
    page.get_by_role("button", name="Mark done: Send survey notes").click()
    expect(page.locator("#toasts")).to_contain_text("Not saved: the server did not answer.")
    expect(page.get_by_text("Send survey notes to Mairi Sinclair")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".toast")).to_have_count(1)


def test_a_refusal_is_told_in_its_own_words(visit: Visit) -> None:
    page = visit("/", expect_errors=True)
    page.get_by_role("button", name="Mark done: Call Graham Pell").click()
    expect(page.locator(".toast p")).to_have_text("You can see this task but not finish it. Ask Mira Holt.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_a_lost_network_is_told(visit: Visit) -> None:
    page = visit("/", expect_errors=True)
    page.context.set_offline(True)
    page.get_by_role("button", name="Mark done: Chase quote").click()
    expect(page.locator("#toasts")).to_contain_text("Not saved: the server did not answer.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Chase quote Q-2025-0139")).to_have_count(0)


def test_selecting_rows(visit: Visit) -> None:
    page = visit("/people")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    expect(page.locator("[data-select]:checked")).to_have_count(2)
    page.get_by_label("Select all on this page").check()
    expect(page.locator("[data-select]:checked")).to_have_count(7)


def test_menus_open_by_key_and_close_by_choice(visit: Visit) -> None:
    page = visit("/people")
    page.keyboard.press("j")
    page.keyboard.press(".")
    expect(page.get_by_role("menuitem", name="Open")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Do not contact")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    assert focused(page) == "Priya Raman"


def test_dialogs_give_the_focus_back(visit: Visit) -> None:
    page = visit("/gallery")
    page.get_by_role("button", name="Close as lost").click()
    expect(page.get_by_role("dialog", name="Close as lost")).to_be_visible()
    page.keyboard.press("Escape")
    assert focused(page) == "Close as lost"


def test_everything_posts_and_links_without_scripts(visit: Visit) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("button", name="Mark done: Chase quote").click()
    expect(page).to_have_url(page.url.split("?")[0] + "?done=1")
    page.get_by_role("link", name="Call Tom Ashworth").click()
    page.locator("#log textarea").fill("Left a message")
    page.locator("#log button[type=submit]").click()
    expect(page.locator("#posted")).to_contain_text("Left a message")
