"""The composer in a browser: what the text says stands there as chips, and Ctrl+Enter does exactly that."""

import pytest
from playwright.sync_api import expect

from fairlead.demo.world import World
from fairlead.models import Activity, Task
from fairlead.web.addresses import url_of
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401


def test_chips_before_saving(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), who=world.sam))
    page.keyboard.press("c")
    page.keyboard.type("Left a message, try again tomorrow 10am. @Dele size the link. Decision on 15 January")
    said = page.locator(".said")
    expect(said).to_contain_text("Voicemail left")
    expect(said).to_contain_text("Call Priya Raman again · Tomorrow, 10:00")
    expect(said.get_by_role("checkbox", name="Close date")).not_to_be_checked()
    assert page.locator(".mirror u").all_inner_texts() == ["tomorrow 10am", "15 January"]
    expect(page.get_by_label("How the call went")).to_be_hidden()
    assert violations(page) == []
    page.keyboard.press("Alt+1")
    expect(said.get_by_role("checkbox", name="Close date")).to_be_checked()
    said.get_by_role("checkbox", name="Dele Okafor").uncheck()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Call logged. Next: Tomorrow, 10:00.")
    world.managed_it.refresh_from_db()
    assert world.managed_it.close_on and world.managed_it.close_on.month == 1
    assert Activity.objects.latest("id").outcome == "voicemail"
    assert not Task.objects.filter(title="Size the link").exists()


def test_sent_before_the_chips_came(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.priya), who=world.sam))
    page.keyboard.press("t")
    page.keyboard.type("Send the quote in 2 weeks")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Task added.")
    task = Task.objects.latest("id")
    assert (task.title, task.kind, task.due_on is not None) == ("Send the quote", "mail", True)


@pytest.mark.parametrize("width", [1440, 390])
def test_a_phrase_in_the_palette_plans_by_keys(visit: Opener, world: World, width: int) -> None:  # noqa: F811
    page = ready(visit("/calendar", width, who=world.sam))
    page.keyboard.press("Control+k")
    page.keyboard.type("call priya tomorrow 9")
    expect(page.get_by_role("option").first).to_contain_text("Call Priya · Tomorrow, 09:00")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Priya Raman")).to_be_visible()
    box = page.locator("#log textarea")
    expect(box).to_be_focused()
    expect(box).to_have_value("Call Priya tomorrow 9")
    expect(page.locator(".said")).to_contain_text("Call Priya · Tomorrow, 09:00")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Task added. Next: Tomorrow, 09:00.")
    expect(box).to_have_value("")
    task = Task.objects.latest("id")
    assert (task.title, task.kind, task.person, str(task.due_time)) == ("Call Priya", "call", world.priya, "09:00:00")
    page.keyboard.press("Control+k")
    page.keyboard.type("in 3 working days")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Follow up with Priya Raman")


def test_a_criterion_is_unticked_on_the_phone(visit: Opener, world: World) -> None:  # noqa: F811
    page = ready(visit(url_of(world.managed_it), 390, who=world.sam))
    page.get_by_role("button", name="Decision maker has seen it: done. Take the tick off").click()
    expect(page.get_by_role("button", name="Mark done: Decision maker has seen it")).to_be_visible()
    world.managed_it.refresh_from_db()
    assert world.managed_it.criteria_met == 1
