"""Opportunities of files: their stage, value, customer and end; once, updated, taken back, and out and in again."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.core.act import last
from fairlead.core.actor import system
from fairlead.core.errors import NotAllowed
from fairlead.demo.world import World
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.models import Closure, Company, Event, Opportunity, Person, Pipeline, Reason, SearchRow, Stage
from fairlead.models.search import search
from fairlead.verbs.custom import create_field
from fairlead.verbs.import_records import import_records, undo_import
from tests.exchange.test_bring_in import BY, brought

SALES: Any = Wishes("opportunities")
FILE = (
    "Opportunity ID,Opportunity Name,Account Name,Contact,Email,Stage,Amount,Currency,Close Date,Probability,"
    "Lost Reason,Owner,Created Date,Description,Tags,Recurs\n"
    'O1,Desks for Leeds,{company},Zora Quist,zora@quist.example,{stage},"1,234.50",EUR,2030-02-28,35%,,{owner},'
    "2024-03-01,Wants oak,fair,monthly\n"
    "O2,Chairs,Quist Ltd,,,Closed Won,500,,2024-05-02,,Quick,,2024-03-02,,,\n"
    "O3,Lamps,Quist Ltd,,,Closed Lost,€700,,2024-06-01,,Went quiet,,2024-03-03,,,\n"
    "O4,Rugs,,,,No such stage,10,,,,,,,,,\n"
    "O5,Beds,,,,,-3,,,,,,,,,\n"
)
KEPT = (Opportunity, Closure, Company, Person, Reason, Stage, SearchRow)


def content() -> dict[str, Any]:
    passing = {"version", "terms"}
    names = {
        model: [each.attname for each in model._meta.concrete_fields if each.name not in passing] for model in KEPT
    }
    found = {model.__name__: model._base_manager.values_list(*names[model]) for model in KEPT}
    return {name: sorted(repr(row[1:] if name == "SearchRow" else row) for row in rows) for name, rows in found.items()}


def text(world: World) -> str:
    stage = Stage.objects.live().order_by("pipeline__position", "position")[1]
    return FILE.format(company=world.peverell.name, stage=stage.name.upper(), owner=world.sam.name)


def test_opportunities_come_in_once_with_their_ends_and_are_taken_back_whole(world: World, tmp_path: Path) -> None:
    before = content()
    outcome = brought(tmp_path, text(world), SALES)
    assert dict(outcome.counts) == {"made": 3, "updated": 0, "there": 0, "refused": 2}
    assert [reason for _draft, reason in outcome.rejected] == [
        "There is no stage “No such stage” in use.",
        "Write an amount from 0 to 999,999,999,999,999.",
    ]
    desks = Opportunity.objects.get(title="Desks for Leeds")
    assert (desks.company, desks.owner, desks.state, str(desks.amount)) == (
        world.peverell,
        world.sam,
        "open",
        "1234.50",
    )
    assert (desks.currency, desks.recurs, desks.likelihood, desks.close_on) == ("EUR", "month", 35, date(2030, 2, 28))
    assert desks.total_minor == 12 * 123450 and desks.weighted_minor == 12 * 123450 * 35 // 100
    assert desks.created_at.date() == desks.stage_since.date() == date(2024, 3, 1) and desks.about == "Wants oak"
    assert [each.name for each in desks.tags.all()] == ["fair"]
    assert desks.person is not None and desks.person.name == "Zora Quist" and desks.person.company == world.peverell
    assert [each.address for each in desks.person.mails.all()] == ["zora@quist.example"]
    assert desks in search(BY, "desks leeds") and desks.criteria_of == desks.stage.criteria.live().count()
    won, lost = Closure.objects.get(opportunity__title="Chairs"), Closure.objects.get(opportunity__title="Lamps")
    assert (won.outcome, won.on, str(won.amount), won.reason, won.note) == (
        "won",
        date(2024, 5, 2),
        "500.00",
        None,
        "Quick",
    )
    assert (lost.outcome, lost.on, lost.currency, lost.note) == ("lost", date(2024, 6, 1), "EUR", "Went quiet")
    assert won.opportunity.company == lost.opportunity.company and lost.opportunity.state == "lost"
    again = brought(tmp_path, text(world), SALES)
    assert (again.counts["made"], again.counts["there"]) == (0, 3)
    undo_import(BY, outcome.into)
    undo_import(BY, again.into)
    assert content() == before


def test_updates_move_and_end_what_is_open_and_reopen_nothing(world: World, tmp_path: Path) -> None:
    brought(tmp_path, text(world), SALES)
    between = content()
    later = Wishes("opportunities", mode="create_and_update", unknown="create")
    rows = (
        "Opportunity ID,Opportunity Name,Stage,Amount,Close Date,Lost Reason\n"
        "O1,Desks,Closed Lost,2000,2024-07-01,Too dear\nO2,Chairs,Closed Lost,,,\n"
    )
    outcome = brought(tmp_path, rows, later)
    desks, chairs = Opportunity.objects.get(title="Desks"), Opportunity.objects.get(title="Chairs")
    assert (desks.state, str(desks.amount), desks.currency, chairs.state) == ("lost", "2000.00", "EUR", "won")
    closure = desks.closures.get()
    assert (closure.on, closure.reason and closure.reason.name) == (date(2024, 7, 1), "Too dear")
    undo_import(BY, outcome.into)
    assert content() == between


def test_stages_and_choices_that_are_not_there_are_added_by_who_may(world: World, tmp_path: Path) -> None:
    create_field(BY, noun="opportunity", name="Product", kind="choice", choices=["Oak"])
    head = "Deal Name,Deal Stage,Pipeline,Product,Contact\n"
    rows = f"{head}A,Engaging,,Pine,Noor\nB,engaging,,oak,Noor\nC,Engaging,Nope,,\n"
    outcome = brought(tmp_path, rows, Wishes("opportunities", unknown="create"), BY)
    assert outcome.counts["made"] == 2 and "no pipeline “Nope”" in outcome.rejected[0][1]
    first, second = Opportunity.objects.filter(title__in=["A", "B"]).order_by("title")
    assert first.stage == second.stage and first.stage.name == "Engaging" and first.person == second.person
    assert first.stage.pipeline == Pipeline.objects.live()[0] and first.custom["product"] != second.custom["product"]
    sam = world.sam.actor("web")
    refused = brought(tmp_path, rows.replace("Engaging", "Waiting"), Wishes("opportunities", unknown="create"), sam)
    assert len(refused.rejected) == 2 and "Waiting" in refused.rejected[0][1]
    undo_import(BY, outcome.into)
    assert not Stage.objects.filter(name="Engaging").exists()


def test_found_by_title_and_customer_and_by_their_own_ids(world: World, tmp_path: Path) -> None:
    there = Opportunity.objects.live().filter(state="open", company__isnull=False).order_by("pk")[0]
    rows = f"Deal Name,Company,Amount\n{there.title},{there.company},77\n{there.title},Another Ltd,88\n"
    wishes = Wishes("opportunities", mode="create_and_update", match=("name",))
    planned = plan(BY, tmp_path / "file.csv", wishes) if (tmp_path / "file.csv").write_text(rows) else None
    assert planned and [each.outcome for each in planned.verdicts(tmp_path / "file.csv")] == ["update", "new"]
    assert dict(brought(tmp_path, rows, wishes).counts) == {"made": 1, "updated": 1, "there": 0, "refused": 0}
    there.refresh_from_db()
    assert there.amount == 77
    rows = f"id,title,amount,about,company,company.id,state\n{there.public_id},Anew,78,,{there.company},x,lost\n"
    outcome = brought(tmp_path, rows, Wishes("opportunities", mode="update"))
    there.refresh_from_db()
    assert (there.title, there.amount, there.state, outcome.counts["updated"]) == ("Anew", 78, "open", 1)


def test_programs_send_them_too_and_amounts_are_for_who_may_set_them(world: World) -> None:
    rows: Any = [
        {"title": "One", "outcome": "won", "amount": Decimal("12.5"), "company_name": "Quist"},
        {"title": "", "row": 2},
        {"title": "Two", "currency": "eur"},
    ]
    done = import_records(BY, noun="opportunity", rows=rows)
    assert (done["made"], [each["row"] for each in done["refused"]]) == (1, [2, 3])
    assert done["refused"][0]["reason"] == "There is no name in this row."
    act = last()
    assert act and Event.objects.filter(act=act.id, links__kind="opportunity").exists()
    with pytest.raises(NotAllowed):
        import_records(world.dele.actor("web"), noun="opportunity", rows=rows)
    assert system("x") != BY
