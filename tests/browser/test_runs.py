"""Many rows changed with progress and undo, a list exported and read back, in a real browser."""

import csv
import re
from typing import Any

import pytest
from playwright.sync_api import expect

from fairlead.core.changes import create_many
from fairlead.core.outbox import carry_out, claim
from fairlead.core.record import writing
from fairlead.demo.world import World
from fairlead.models import Person, Run
from fairlead.models.index import reindex
from fairlead.programs.runs import LEASE
from tests.browser.conftest import WIDTHS, violations
from tests.browser.test_lists import Opener, ready, visit  # noqa: F401 (a fixture)
from tests.core.conftest import aside


@aside("{by} added many", may="person.create")
def many(by: Any, number: int) -> list[Person]:
    return create_many(Person, [{"name": f"Many {each:04}", "owner_id": by.user_id} for each in range(number)])


def worked_off() -> None:
    for row in claim("worker", lease=LEASE, long=True):
        carry_out(row, LEASE)


def test_many_rows_with_progress_and_undo(visit: Opener, world: World) -> None:  # noqa: F811
    reindex(Person, [person.pk for person in many(world.mira.actor("web"), 230)])
    page = ready(visit("/people?q=many"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("checkbox", name=re.compile("^All ")).check()
    expect(page.locator("[data-matching]")).to_have_text("230")
    page.get_by_role("combobox", name="Give to").select_option(label="Noah Bennett")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Assigning 230 people")
    expect(page.locator("#progress")).to_contain_text("Waiting.")
    expect(page.locator(".side .running")).to_contain_text("1 run running")
    with writing():
        Run.objects.update(state="running", phase="working", done=115, total=230, started_at=world.now)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "50")
    assert violations(page) == []
    with writing():
        Run.objects.update(state="waiting")
    worked_off()
    expect(page.locator("#progress")).to_contain_text("230 people given to Noah Bennett.")
    assert Person.objects.filter(owner=world.noah, name__startswith="Many").count() == 230
    page.locator("#progress").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert Person.objects.filter(owner=world.mira, name__startswith="Many").count() == 230


def test_a_list_is_exported_and_read_back(visit: Opener, world: World, tmp_path: Any) -> None:  # noqa: F811
    page = ready(visit("/people?q=peverell"))
    page.get_by_role("link", name="Export").click()
    page.wait_for_url(re.compile("/people/export"))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    waiting.value.save_as(tmp_path / "people.csv")
    with (tmp_path / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["Name"] for row in rows} == set(
        Person.objects.filter(company=world.peverell).values_list("name", flat=True)
    )
    page.goto("/runs")
    expect(page.get_by_role("link", name="Export of people (CSV)")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(visit: Opener, world: World, width: int, theme: str) -> None:  # noqa: F811
    with writing():
        Run.objects.create(
            kind="export", title="Export of people (CSV)", door="web", by_user=world.mira, state="failed"
        )
    run = Run.objects.get()
    page = visit("/people/export?q=peverell", width, theme)
    for path in ("/people/export?q=peverell", "/runs", f"/runs/{run.public_id}"):
        page.goto(path)
        assert (path, violations(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_it_works_without_scripts(visit: Opener, world: World) -> None:  # noqa: F811
    page = visit("/people/export", java_script_enabled=False)
    page.get_by_role("radio", name="All fields, with ids").check()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Export").click()
    assert waiting.value.suggested_filename.startswith("people-")
    with writing():
        Run.objects.update(state="waiting")
    page.goto(f"/runs/{Run.objects.get().public_id}")
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#progress")).to_contain_text("Cancelled.")
