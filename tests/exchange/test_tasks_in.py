"""Tasks of files: about which record, for whom, due when and done; once, updated, and taken back."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from fairlead.demo.world import World
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.models import ExternalId, Opportunity, Task
from fairlead.models.task import due_moment
from fairlead.verbs.import_records import import_records, undo_import
from tests.exchange.test_bring_in import brought

TASKS: Any = Wishes("tasks", system="salesforce")


def content() -> list[str]:
    names = [each.attname for each in Task._meta.concrete_fields if each.name not in ("version", "custom")]
    steps = Opportunity.objects.order_by("pk").values_list("pk", "next_step_at", "criteria_met")
    return [
        *map(repr, Task.objects.order_by("pk").values_list(*names)),
        repr(list(steps)),
        repr(ExternalId.objects.count()),
    ]


def test_tasks_come_in_once_and_are_taken_back(world: World, tmp_path: Path) -> None:
    sam = world.sam.actor("web")
    sales = "Opportunity ID,Opportunity Name,Company\nX1,Desks for Leeds,Quist\nX2,Chairs,Quist\n"
    brought(tmp_path, sales, Wishes("opportunities", system="salesforce"), sam)
    before = content()
    mail = world.priya.mails.all()[0].address
    text = (
        "Task ID,Subject,Type,What ID,Email,Contact,Due Date,Status,Completed On,Assigned To,Outcome\n"
        "T1,Ring them,Call,X1,,,2030-02-03 14:30,Not Started,,,\n"
        f"T2,Write,Email,,{mail},,2030-02-04,,,{world.mira.name},\n"
        "T3,Met,Meeting,X2,,,2024-02-04,Completed,2024-02-05,,Liked it\n"
        "T4,Zoned,,X2,,,2030-02-03T14:30:00Z,,,,\n"
        "T5,Nowhere,,X9,,,,,,,\n"
        "T6,Nothing,,,,,,,,,\n"
    )
    outcome = brought(tmp_path, text, TASKS, sam)
    dry = plan(sam, tmp_path / "file.csv", TASKS)
    assert [each.outcome for each in dry.verdicts(tmp_path / "file.csv")] == ["duplicate"] * 4 + ["rejected"] * 2
    assert [reason for _draft, reason in outcome.rejected] == [
        "There is no record “X9”, more than one, or you may not see it.",
        "Nothing in this row says which record the task is about.",
    ]
    ring, write, met, zoned = (Task.objects.get(external_ids__value=f"T{number}") for number in (1, 2, 3, 4))
    desks = Opportunity.objects.get(title="Desks for Leeds")
    assert (ring.about, ring.kind, ring.due_on, ring.due_time) == (desks, "call", date(2030, 2, 3), time(14, 30))
    assert ring.due_at == due_moment(ring.due_on, ring.due_time, world.sam.tz) == desks.next_step_at
    assert (ring.assignee, ring.planned_by, ring.is_open) == (world.sam, world.sam, True)
    assert (write.about, write.assignee, write.kind, write.due_time) == (world.priya, world.mira, "mail", None)
    assert (met.state, met.kind, met.outcome, met.done_at) == (
        "done",
        "meeting",
        "Liked it",
        datetime(2024, 2, 5, tzinfo=UTC),
    )
    assert zoned.due_at == datetime(2030, 2, 3, 14, 30, tzinfo=UTC) and zoned.kind == "todo"
    again = brought(tmp_path, text, TASKS, sam)
    assert (again.counts["made"], again.counts["there"]) == (0, 4)
    rows = "Task ID,Subject,Due Date,Done\nT1,Ring,2031-01-01,yes\nT3,Met,,no\n"
    later = brought(tmp_path, rows, Wishes("tasks", system="salesforce", mode="update"), sam)
    ring.refresh_from_db(), met.refresh_from_db(), desks.refresh_from_db()
    assert (ring.title, ring.due_on, ring.state, met.state) == ("Ring", date(2031, 1, 1), "done", "done")
    assert later.counts["updated"] == 1 and desks.next_step_at is None
    for into in (later.into, again.into, outcome.into):
        undo_import(sam, into)
    assert content() == before


def test_programs_send_tasks_and_our_own_files_update_them(world: World, tmp_path: Path) -> None:
    sam = world.sam.actor("web")
    there = Task.objects.filter(assignee=world.sam, state="open", opportunity__isnull=False)[0]
    rows = (
        f"id,title,kind,due_on,opportunity,opportunity.id\n{there.public_id},Anew,meeting,2030-05-06,{there.about},x\n"
    )
    outcome = brought(tmp_path, rows, Wishes("tasks", mode="update"), sam)
    there.refresh_from_db()
    assert (there.title, there.kind, there.due_on, outcome.counts["updated"]) == (
        "Anew",
        "meeting",
        date(2030, 5, 6),
        1,
    )
    row: Any = {"title": "Ring", "company_name": world.peverell.name, "due_on": date(2030, 1, 1)}
    done = import_records(sam, noun="task", rows=[row, row | {"company_name": "Nobody"}])
    assert done["made"] == 1 and [each["row"] for each in done["refused"]] == [2]
    assert Task.objects.get(title="Ring").about == world.peverell


def test_what_a_task_is_related_to_is_an_opportunity_or_a_company(world: World, tmp_path: Path) -> None:
    sale, firm = world.managed_it, world.peverell
    text = (
        f"Subject,Related To,Due Date\nFirst,{sale.title},2030-02-01\nSecond,{firm.name},2030-02-02\nThird,No Such,\n"
    )
    outcome = brought(tmp_path, text, Wishes("tasks"), world.sam.actor("web"))
    assert outcome.counts["made"] == 2, [reason for _draft, reason in outcome.rejected]
    assert [Task.objects.get(title=title).about for title in ("First", "Second")] == [sale, firm]
    assert [draft.number for draft, _reason in outcome.rejected] == [3]
