"""The stage process: exit criteria tick themselves, required ones ask for a reason, hard ones block."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Closure, ExitCriterion, Gap, Notice, Opportunity, Outbox, Pipeline, Stage, Task, progress
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.competitors import add_rival
from fairlead.verbs.criteria import tick_criterion, untick_criterion
from fairlead.verbs.needs import add_need, edit_need, place_need, remove_need
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity, move_stage
from fairlead.verbs.pipelines import (
    add_criterion,
    add_stage,
    archive_pipeline,
    archive_stage,
    create_pipeline,
    edit_criterion,
    edit_stage,
)
from fairlead.verbs.stakeholders import add_stakeholder
from fairlead.verbs.tasks import add_task
from fairlead.verbs.team_members import add_team_member, remove_team_member


def read(sale: Opportunity) -> Opportunity:
    return Opportunity.objects.get(pk=sale.pk)


def met(sale: Opportunity) -> tuple[int, int]:
    found = read(sale)
    return found.criteria_met, found.criteria_of


def test_facts_tick_themselves_whoever_makes_them_true(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.unplanned  # in Develop, nothing known
    before, of = met(sale)
    need = add_need(sam, sale, text="Ten desks", cost=Decimal("12.50"), weight="should")
    edit_opportunity(world.mira.actor("api"), sale, solution="A cabinet and ten sockets")
    add_stakeholder(sam, sale, person=world.priya, role="decides")
    add_team_member(sam, sale, user=world.dele, role="technical")
    assert (before, of, met(sale)) == (0, 4, (4, 4))
    undo(sam, act=last().id)  # type: ignore[union-attr]
    remove_need(sam, need)
    assert met(sale) == (2, 4)
    with pytest.raises(WrongState, match="ticks itself"):
        tick_criterion(sam, sale, criterion=ExitCriterion.objects.get(fact="need", stage=sale.stage))


def test_moving_on_with_gaps_asks_for_a_reason_and_keeps_it(world: World) -> None:
    sam, sale, close = world.sam.actor("web"), world.managed_it, Stage.objects.get(name="Close")
    seen = ExitCriterion.objects.get(text="Decision maker has seen it")
    untick_criterion(sam, sale, criterion=seen)
    with pytest.raises(Invalid, match="Missing to leave Propose: Decision maker has seen it"):
        move_stage(sam, sale, stage=close)
    move_stage(sam, sale, stage=close, reason="She asked for the contract on the phone")
    gap = Gap.objects.get(opportunity=sale)
    assert (gap.missing, gap.stage.name) == (["Decision maker has seen it"], "Propose")
    undo(sam, act=last().id)  # type: ignore[union-attr]
    assert (
        not Gap.objects.filter(opportunity=sale).exists() and read(sale).stage.name == "Propose" and met(sale) == (1, 4)
    )
    move_stage(sam, sale, stage=Stage.objects.get(name="Qualify"))  # going back asks for nothing
    assert read(sale).stage.name == "Qualify"


def test_hard_criteria_block_also_when_their_stage_is_skipped(world: World) -> None:
    iris, lena, sale = world.admin.actor("web"), world.lena.actor("web"), world.opportunity("Fleet cover")
    edit_opportunity(lena, sale, amount=None)
    with pytest.raises(Invalid, match="Still missing to leave Cover needed: Premium set"):
        move_stage(lena, sale, stage=Stage.objects.get(name="Signature"), reason="In a hurry")
    edit_criterion(iris, ExitCriterion.objects.get(text="Premium set"), force="advisory")
    edit_criterion(iris, ExitCriterion.objects.get(text="Cover listed with its cost"), force="advisory")
    move_stage(lena, sale, stage=Stage.objects.get(name="Signature"), reason="In a hurry")
    assert [each.missing for each in Gap.objects.filter(opportunity=sale)] == [["Exclusions explained"]]


def test_moves_that_cannot_be_are_explained(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    with pytest.raises(Invalid, match="Offer belongs to the pipeline Insurance, and Managed IT for 45 seats is in"):
        move_stage(sam, sale, stage=Stage.objects.get(name="Offer"))
    archive_stage(world.admin.actor("web"), close := Stage.objects.get(name="Close"), to=sale.stage)
    with pytest.raises(Invalid, match="The stage Close is archived"):
        move_stage(sam, sale, stage=close)
    close_won(sam, sale)
    with pytest.raises(WrongState, match="Reopen it first"):
        move_stage(sam, sale, stage=Stage.objects.get(name="Develop"))


def test_a_stage_is_archived_by_moving_what_is_in_it(world: World) -> None:
    iris, propose, develop = world.admin.actor("web"), *Stage.objects.filter(name__in=["Propose", "Develop"])[::-1]
    inside = Opportunity.objects.filter(stage=propose, state="open").count()
    with pytest.raises(Invalid, match=f"{inside} open opportunities are in Propose"):
        archive_stage(iris, propose)
    archive_stage(iris, propose, to=develop)
    assert not Opportunity.objects.filter(stage=propose, state="open").exists()
    assert met(world.managed_it) == (4, 4)  # counted by the criteria of where it is now
    undo(iris, act=last().id)  # type: ignore[union-attr]
    assert Opportunity.objects.filter(stage=propose, state="open").count() == inside and met(world.managed_it) == (2, 4)
    lost = world.opportunity("Dealership phones", "lost")
    archive_stage(iris, propose, to=develop)
    reopen_opportunity(world.sam.actor("web"), lost)
    assert read(lost).stage.name == "Close"


def test_what_a_pipeline_expects_reaches_its_open_sales(world: World) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    pipeline = create_pipeline(iris, name="Renewals", stages=["Asked", "Agreed"])
    asked = pipeline.stages.get(name="Asked")
    facts = {"amount": Decimal("100"), "recurs": "month", "months": 36}
    sale = create_opportunity(sam, title="Renewal", stage=asked, **facts)  # type: ignore[arg-type]
    edit_stage(iris, asked, probability=25)
    add_criterion(iris, asked, text="Customer known", fact="customer", force="required")
    assert (read(sale).total, read(sale).weighted, met(sale)) == (Decimal("3600.00"), Decimal("900.00"), (0, 1))
    edit_opportunity(sam, sale, likelihood=50, months=None)
    assert (read(sale).total, read(sale).weighted) == (Decimal("1200.00"), Decimal("600.00"))
    with pytest.raises(WrongState, match="1 open opportunities are in Renewals"):
        archive_pipeline(iris, pipeline)
    with pytest.raises(Invalid, match="There is one named agreed already"):
        add_stage(iris, pipeline, name=" agreed ")
    with pytest.raises(Invalid, match="There is no fact named moon"):
        add_criterion(iris, asked, text="Full moon", fact="moon")
    with pytest.raises(Invalid, match="from 0 to 100"):
        edit_stage(iris, asked, probability=101)
    assert Pipeline.objects.live().count() == 3


@pytest.mark.parametrize("amount", ["-1", "1e30", "NaN", "Infinity"])
def test_amounts_that_cannot_be_are_refused(world: World, amount: str) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    before = dict(Opportunity.objects.values().get(pk=sale.pk))
    for change in (
        lambda: edit_opportunity(sam, sale, amount=Decimal(amount)),
        lambda: close_won(sam, sale, amount=Decimal(amount)),
        lambda: add_need(sam, sale, text="Too much", cost=Decimal(amount)),
    ):
        with pytest.raises(Invalid, match="Write an amount from 0 to"):
            change()
    with pytest.raises(Invalid, match="Write a number of months"):
        edit_opportunity(sam, sale, months=0)
    with pytest.raises(Invalid, match="Over its whole time"):
        edit_opportunity(sam, sale, amount=Decimal(10) ** 14, recurs="month", months=600)
    assert dict(Opportunity.objects.values().get(pk=sale.pk)) == before


def test_needs_are_kept_in_order(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    one, *_rest, end = sale.needs.all()
    place_need(sam, end, before=one)
    assert sale.needs.first() == end
    with pytest.raises(Invalid, match="another opportunity"):
        place_need(sam, end, before=add_need(sam, world.unplanned, text="Sockets"))
    with pytest.raises(Invalid, match="Write what they need"):
        edit_need(sam, end, text="  ")


def test_who_is_pulled_in_sees_it_and_is_told(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    mails = Outbox.objects.filter(effect="notice", state="waiting")
    before = mails.count()
    member = add_team_member(sam, sale, user=world.lena, role="Second seller")
    notice = Notice.objects.get(user=world.lena, seen_at=None, opportunity=sale)
    assert (notice.kind, notice.text, sale.collaborators.filter(pk=world.lena.pk).exists()) == (
        "team", "second seller", True,
    )  # fmt: skip
    assert mails.count() == before + 1
    undo(sam, act=last().id)  # type: ignore[union-attr]
    assert mails.count() == before and not Notice.objects.filter(pk=notice.pk).exists()
    member = add_team_member(sam, sale, user=world.lena)
    remove_team_member(sam, member)
    assert not sale.collaborators.filter(pk=world.lena.pk).exists()


def test_lost_ends_what_is_open_tells_everyone_and_asks_again(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    sizing = Task.objects.get(title="Size the Felixstowe link")
    rival = add_rival(sam, sale, new_competitor="brightwave").competitor
    day = world.now.date().replace(year=world.now.year + 1)
    close_lost(sam, sale, reason=world.reason("Price"), competitor=rival, note="By 4 %", recontact_on=day)
    closing = last()
    assert closing is not None and not sale.tasks.filter(state="open").exists()
    told = Notice.objects.filter(user=world.dele, opportunity=sale, seen_at=None).values_list("kind", "text")
    assert set(told) == {("cancelled", "Size the Felixstowe link"), ("lost", "Price")}
    again = Task.objects.get(title="Ask again about Managed IT for 45 seats")
    assert (again.about, again.assignee, again.due_on) == (world.priya, world.sam, day)
    assert Closure.objects.get(opportunity=sale).competitor == rival
    with pytest.raises(Invalid, match="reason for something else"):
        close_lost(sam, world.unplanned, reason=world.reason("No need", "disqualified"))
    reopen_opportunity(sam, sale, resume=True)
    sizing.refresh_from_db()
    assert sizing.is_open and [each.outcome for each in sale.closures.order_by("pk")] == ["lost", "reopened"]
    undo(sam, act=last().id)  # type: ignore[union-attr]
    undo(sam, act=closing.id)
    assert read(sale).is_open and not Closure.objects.filter(opportunity=sale).exists()


def test_a_sale_is_closed_by_today_and_asked_about_again_later(world: World) -> None:
    sam, today = world.sam.actor("web"), clock.today(world.sam.tz)
    with pytest.raises(Invalid, match="still to come"):
        close_won(sam, world.managed_it, on=today + timedelta(days=9))
    with pytest.raises(Invalid, match="after today"):
        close_lost(sam, world.managed_it, reason=world.reason("Price"), recontact_on=today)
    assert read(world.managed_it).is_open and not Closure.objects.filter(opportunity=world.managed_it).exists()


def test_won_with_what_was_agreed(world: World) -> None:
    sam, sale = world.sam.actor("web"), world.managed_it
    add_task(sam, sale, title="Send the plan")
    on = world.now.date()
    close_won(sam, sale, amount=Decimal("36000"), on=on, reason=world.reason("Fitted best", "won"), note="From January")
    closure = Closure.objects.get(opportunity=sale)
    assert (closure.amount, closure.on, str(closure.reason)) == (Decimal("36000.00"), on, "Fitted best")
    assert not Task.objects.open().filter(opportunity=sale).exists()
    ids = list(Opportunity.objects.values_list("pk", flat=True))
    assert all(kept == wanted for _pk, kept, wanted in progress.counted(ids))
