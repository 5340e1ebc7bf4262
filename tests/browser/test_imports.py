"""A file on its way in, in a real browser: dropped, mapped by keyboard, tried, imported, seen, taken back."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fairlead.core.outbox import carry_out, claim
from fairlead.demo.world import World
from fairlead.models import Import, Person
from fairlead.programs.runs import LEASE
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401 (a fixture)

CSV = (
    "First Name,Last Name,Email,Created Date,Hobby\n"
    "Ann,Lee,ann@x.example,03/04/2024,tea\nBob,Ray,bob@x.example,05/06/2024,<b>chess</b>\n,,,,golf\n"
)


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Path) -> Path:
    settings.DATA, settings.FILES = tmp_path, tmp_path / "files"
    (tmp_path / "people.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


def dropped(page: Page, data: Path) -> Page:
    page.get_by_label("Choose a file, or drop it here").set_input_files(data / "people.csv")
    page.get_by_role("button", name="Look at it").click()
    page.wait_for_url(re.compile("/imports/[a-z0-9]{10}$"))
    return page


def test_the_story_of_an_import(
    visit: Opener,  # noqa: F811
    world: World,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = ready(visit("/people", who=world.sam))
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(re.compile("/imports$"))
    dropped(page, data)
    hobby = page.get_by_label("Hobby becomes")
    expect(hobby).to_have_value("Leave out")
    hobby.focus()
    expect(hobby).to_have_value("")
    page.get_by_label("Email becomes").focus()
    expect(hobby).to_have_value("Leave out")
    hobby.fill("Notes")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Say whether the day or the month comes first")).to_be_visible()
    expect(hobby).to_have_value("Notes")
    page.get_by_label("Day first, 24/12/2026").check()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="2 of 3 rows would be brought in")).to_be_visible()
    page.get_by_role("link", name=re.compile("^New")).click()
    expect(page.get_by_role("cell", name="Ann Lee")).to_be_visible()
    assert violations(page) == []
    monkeypatch.setattr("fairlead.web.pages.imports.FEW_ROWS", 0)
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_text("Waiting.")).to_be_visible()
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)
    expect(page.get_by_role("button", name="Take the import back")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download rejected rows").click()
    waiting.value.save_as(data / "rejected.csv")
    assert "golf" in (data / "rejected.csv").read_text("utf-8-sig")
    page.get_by_role("link", name="Show the people").click()
    expect(ready(page).get_by_role("link", name="Bob Ray")).to_be_visible()
    assert Person.objects.get(name="Bob Ray").about == "<b>chess</b>"
    monkeypatch.setattr("fairlead.web.pages.imports.FEW_ROWS", 200)
    page.goto(f"/imports/{Import.objects.get().public_id}")
    page.get_by_role("button", name="Take the import back").click()
    expect(page.get_by_text("Nothing of it is left.")).to_be_visible()
    assert not Person.objects.filter(name__in=["Ann Lee", "Bob Ray"]).exists()


def test_it_works_without_scripts(visit: Opener, world: World, data: Path) -> None:  # noqa: F811
    page = dropped(visit("/imports", java_script_enabled=False), data)
    page.get_by_label("Month first, 12/24/2026").check()
    page.get_by_label("Hobby becomes").fill("Tags")
    page.get_by_role("button", name="Try it").click()
    page.get_by_role("button", name="Import 2 rows").click()
    page.get_by_role("link", name="Show the people").click()
    expect(page.get_by_role("link", name="Ann Lee")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    visit: Opener,  # noqa: F811
    world: World,
    data: Path,
    width: int,
    theme: str,
) -> None:
    long = "x" * 300
    (data / "people.csv").write_text(
        f"{CSV.splitlines()[0]},{long},Password\nAnn,Lee,a@x.example,1/2/2024,t,{long},p\n"
    )
    page = dropped(visit("/imports", width, theme), data)
    at = page.url
    for turn in ("plan", "tried", "done"):
        if turn == "tried":
            page.get_by_label("Day first, 24/12/2026").check()
            page.get_by_role("button", name="Try it").click()
            expect(page.get_by_role("heading", name="1 of 1 rows would be brought in")).to_be_visible()
        if turn == "done":
            page.get_by_role("button", name="Import 1 row").click()
            expect(page.get_by_role("button", name="Take the import back")).to_be_visible()
        page.goto(at)
        assert (turn, violations(page)) == (turn, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), turn
    page.goto("/imports")
    assert violations(page) == []
