"""A file brought in, stopped, gone on with and taken back by nothing but the keyboard, on a desk and on a phone."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from fairlead.core.outbox import carry_out, claim
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Person, Run
from fairlead.programs.runs import LEASE
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401 (a fixture)

CSV = "First Name,Last Name,Email,Created Date,Hobby\n" + "".join(
    f"Zora{n},Lee,zora{n}@x.example,03/04/2024,tea\n" for n in range(5)
)


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    (tmp_path / "people.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("width", [1440, 390])
def test_an_import_by_keyboard_alone(
    visit: Opener,  # noqa: F811
    world: World,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.setattr("fairlead.web.pages.imports.FEW_ROWS", 0)
    page = ready(visit("/people", width, who=world.sam))
    page.keyboard.type("gi")
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    page.wait_for_load_state("networkidle")
    tab_to(ready(page), page.get_by_label("Choose a file, or drop it here"))
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Space")
    choosing.value.set_files(data / "people.csv")
    pressed(page, "u", page.get_by_role("button", name="Look at it"))
    page.wait_for_url(re.compile("/imports/[a-z0-9]{10}$"))

    tab_to(ready(page), page.get_by_role("radio", name="Day first"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Hobby becomes"))
    page.keyboard.type("Notes")
    page.keyboard.press("Tab")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="5 of 5 rows would be brought in")).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_text("Waiting.")).to_be_visible()

    cancel = page.get_by_role("button", name="Cancel")
    tab_to(page, cancel)
    told(state="running", phase="working", done=2, total=5, started_at=world.now)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "40")
    expect(page.get_by_text("Bringing in, 2 of 5")).to_be_visible()
    expect(cancel).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("Stopping.")).to_be_visible()
    told(state="waiting")
    worked_off()
    expect(page.get_by_text("Cancelled")).to_be_visible()
    assert not Person.objects.filter(name__startswith="Zora").exists()

    entered(page, page.get_by_role("button", name="Go on"))
    expect(page.get_by_text("Waiting.")).to_be_visible()
    worked_off()
    take_back = page.get_by_role("button", name="Take the import back")
    expect(take_back).to_be_visible()
    assert Person.objects.filter(name__startswith="Zora", about="tea").count() == 5
    entered(page, take_back)
    expect(page.get_by_text("Waiting.")).to_be_visible()
    worked_off()
    expect(page.get_by_text("Nothing of it is left.")).to_be_visible()
    assert not Person.objects.filter(name__startswith="Zora").exists()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def tab_to(page: Page, wanted: Locator) -> None:
    """On by Tab until this is reached, as somebody without a mouse does."""
    expect(wanted).to_be_visible()
    for _step in range(120):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by Tab.")


def entered(page: Page, button: Locator) -> None:
    tab_to(page, button)
    page.keyboard.press("Enter")


def pressed(page: Page, key: str, button: Locator) -> None:
    """By its key, which works wherever nothing is typed."""
    expect(button).to_have_attribute("aria-keyshortcuts", key.upper())
    page.keyboard.press(key)


def told(**facts: Any) -> None:
    with writing():
        Run.objects.filter(kind="import").update(**facts)


def worked_off() -> None:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)
