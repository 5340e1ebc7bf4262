"""Whatever is done with leads, opportunities and their tasks, in whatever order: what must always hold holds after it.

A refused deed leaves no trace, what was done last can be taken back to what was before, and done again.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fairlead.core import clock
from fairlead.core.act import forget, last
from fairlead.core.errors import Refused
from fairlead.core.undo import redo, undo
from fairlead.models import (
    Closure,
    Company,
    CriterionTick,
    ExitCriterion,
    Lead,
    Need,
    Opportunity,
    Person,
    Quote,
    Reason,
    Stage,
    Stakeholder,
    Task,
)
from fairlead.verbs.activities import log_call
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.companies import create_company
from fairlead.verbs.criteria import tick_criterion, untick_criterion
from fairlead.verbs.disqualify import disqualify_lead, recycle_lead
from fairlead.verbs.leads import create_lead
from fairlead.verbs.needs import add_need, remove_need
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity, move_pipeline, move_stage
from fairlead.verbs.ownership import archive, park, unarchive, unpark
from fairlead.verbs.people import create_person
from fairlead.verbs.pipelines import (
    add_criterion,
    archive_criterion,
    archive_stage,
    create_pipeline,
    edit_criterion,
    edit_stage,
    unarchive_stage,
)
from fairlead.verbs.qualify import qualify_lead, unqualify_lead
from fairlead.verbs.quotes import accept_quote, decline_quote, record_quote, remove_quote, reopen_quote, withdraw_quote
from fairlead.verbs.stakeholders import add_stakeholder, remove_stakeholder
from fairlead.verbs.tasks import add_task, cancel_task, complete_task, reopen_task, snooze_task
from fairlead.verbs.team_members import add_team_member
from tests.core.conftest import House, content

START, DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC), date(2026, 3, 2)
NUMBERS, WAYS = st.integers(0, 5), st.integers(0, 3)
# What each fact of a criterion means, said apart from the product.
TRUE: dict[str, Callable[[Opportunity], bool]] = {
    "customer": lambda sale: bool(sale.company_id or sale.person_id),
    "need": lambda sale: sale.needs.exists(),
    "solution": lambda sale: sale.solution != "",
    "decider": lambda sale: sale.stakeholders.filter(role="decides").exists(),
    "technical": lambda sale: any(each.role.lower().startswith("technical") for each in sale.team_members.all()),
    "quote": lambda sale: sale.quotes.exists(),
    "accepted": lambda sale: sale.quotes.filter(state="accepted").exists(),
    "value": lambda sale: sale.amount_minor is not None,
    "next_step": lambda sale: sale.next_step_at is not None,
}
few_and_many = pytest.mark.parametrize(
    ("examples", "steps"), [(2, 25), pytest.param(30, 50, marks=[pytest.mark.fuzz, pytest.mark.load])]
)


class Process(RuleBasedStateMachine):
    """Verbs on records picked by number. `done` holds what can be taken back: (act, state before it, after it)."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.by, self.otto, self.step = house.by.ada, house.otto, 0
        self.done: list[tuple[Any, Any, Any]] = []
        self.taken: list[tuple[Any, Any, Any]] = []
        second = create_pipeline(self.by, name="Cover", stages=["Talk", "Sign"])
        add_criterion(self.by, second.stages.all()[0], text="Value", fact="value", force="hard")
        add_criterion(self.by, second.stages.all()[1], text="Step", fact="next_step", force="required")
        create_person(self.by, name="Ann", company=create_company(self.by, name="Acme"))
        add_task(self.by, create_lead(self.by, name="Ann", email="ann@acme.test", interest="Wi-Fi"), title="Write")
        create_opportunity(self.by, title="Tills")

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    # --- what can be done ----------------------------------------------------------------------------------------

    @rule(amount=NUMBERS)
    def a_lead_comes_in(self, amount: int) -> None:
        self.do(lambda: create_lead(self.by, name=f"Lead {amount}", phone="020 7946 0001", company_name="Acme"))

    @rule(n=NUMBERS, amount=NUMBERS)
    def a_sale_is_opened(self, n: int, amount: int) -> None:
        stage = any_of(Stage, n) if n else None
        self.do(lambda: create_opportunity(self.by, title=f"Sale {n}", stage=stage, amount=Decimal(amount) / 3))

    @rule(n=NUMBERS, company=WAYS, person=WAYS, sale=WAYS, reason=st.sampled_from(["", "Sure"]))
    def qualify(self, n: int, company: int, person: int, sale: int, reason: str) -> None:
        ticked = [any_of(ExitCriterion, n)] if n % 2 else []
        asked = asked_for(Company, company, n) | asked_for(Person, person, n) | asked_for(Opportunity, sale, n)
        self.do(lambda: qualify_lead(self.by, any_of(Lead, n), reason=reason, ticked=ticked, **asked))

    @rule(n=NUMBERS)
    def unqualify(self, n: int) -> None:
        self.do(lambda: unqualify_lead(self.by, any_of(Lead, n)))

    @rule(n=NUMBERS, days=WAYS, silence=st.booleans())
    def disqualify(self, n: int, days: int, silence: bool) -> None:
        why, on = Reason.objects.offered("disqualified")[0], DAY + timedelta(days=days) if days else None
        self.do(lambda: disqualify_lead(self.by, any_of(Lead, n), reason=why, recontact_on=on, do_not_contact=silence))

    @rule(n=NUMBERS)
    def recycle(self, n: int) -> None:
        self.do(lambda: recycle_lead(self.by, any_of(Lead, n)))

    @rule(n=NUMBERS, stage=NUMBERS, reason=st.sampled_from(["", "Sure"]))
    def move(self, n: int, stage: int, reason: str) -> None:
        verb = move_pipeline if n % 2 else move_stage
        self.do(lambda: verb(self.by, any_of(Opportunity, n), stage=any_of(Stage, stage), reason=reason))

    @rule(n=NUMBERS, which=NUMBERS, back=st.booleans())
    def tick(self, n: int, which: int, back: bool) -> None:
        record = any_of(Lead, n) if n == 0 else any_of(Opportunity, n)
        verb = untick_criterion if back else tick_criterion
        self.do(lambda: verb(self.by, record, criterion=any_of(ExitCriterion, which)))

    @rule(n=NUMBERS, way=WAYS, amount=NUMBERS)
    def develop(self, n: int, way: int, amount: int) -> None:
        sale, by = any_of(Opportunity, n), self.by
        ways: list[Callable[[], Any]] = [
            lambda: add_need(by, sale, text="Signal", cost=Decimal(amount)),
            lambda: add_stakeholder(by, sale, new_person="Bo", role="decides" if amount % 2 else "uses"),
            lambda: add_team_member(by, sale, user=self.otto, role="Technical" if amount % 2 else "Law"),
            lambda: edit_opportunity(by, sale, solution="Fibre" * (amount % 2), close_on=DAY),
        ]
        self.do(ways[way])

    @rule(n=NUMBERS, need=st.booleans())
    def find_out_otherwise(self, n: int, need: bool) -> None:
        if need:
            self.do(lambda: remove_need(self.by, any_of(Need, n)))
        else:
            self.do(lambda: remove_stakeholder(self.by, any_of(Stakeholder, n)))

    @rule(n=NUMBERS, amount=NUMBERS, way=st.integers(0, 6))
    def quote(self, n: int, amount: int, way: int) -> None:
        if way < 2:
            self.do(lambda: record_quote(self.by, any_of(Opportunity, n), number=str(amount), amount=Decimal(amount)))
        else:
            verb: Any = (accept_quote, decline_quote, withdraw_quote, reopen_quote, remove_quote)[way - 2]
            self.do(lambda: verb(self.by, any_of(Quote, n)))

    @rule(n=NUMBERS, amount=NUMBERS, likelihood=NUMBERS, recurs=st.sampled_from(["once", "month", "year"]))
    def reckon(self, n: int, amount: int, likelihood: int, recurs: Any) -> None:
        chance, months = (None if likelihood == 0 else 20 * likelihood), (None if amount < 2 else 7 * amount)
        worth = {"amount": Decimal("333.33") * amount if amount else None, "likelihood": chance, "months": months}
        self.do(lambda: edit_opportunity(self.by, any_of(Opportunity, n), recurs=recurs, **worth))

    @rule(n=NUMBERS, won=st.booleans(), later=st.booleans())
    def close(self, n: int, won: bool, later: bool) -> None:
        sale, why = any_of(Opportunity, n), Reason.objects.offered("lost")[n % 3]
        on = DAY + timedelta(days=90) if later else None
        lost = lambda: close_lost(self.by, sale, reason=why, recontact_on=on)  # noqa: E731
        self.do((lambda: close_won(self.by, sale, amount=Decimal(7) if later else None)) if won else lost)

    @rule(n=NUMBERS, resume=st.booleans())
    def reopen(self, n: int, resume: bool) -> None:
        self.do(lambda: reopen_opportunity(self.by, any_of(Opportunity, n), resume=resume))

    @rule(n=NUMBERS, about=WAYS, days=WAYS)
    def plan(self, n: int, about: int, days: int) -> None:
        record = any_of((Opportunity, Lead, Person, Opportunity)[about], n)
        on = DAY + timedelta(days=days) if days else None
        if n % 2:
            self.do(lambda: add_task(self.by, record, title="Ring", due_on=on))
        else:
            self.do(lambda: log_call(self.by, record, text="Talked", next_on=on))

    @rule(n=NUMBERS, way=WAYS)
    def work_off(self, n: int, way: int) -> None:
        task, by = any_of(Task, n), self.by
        ways: list[Callable[[], Any]] = [
            lambda: complete_task(by, task, outcome="Done"),
            lambda: reopen_task(by, task),
            lambda: cancel_task(by, task),
            lambda: snooze_task(by, task, due_on=DAY + timedelta(days=30 + n)),
        ]
        self.do(ways[way])

    @rule(n=NUMBERS, lead=st.booleans(), way=WAYS)
    def put_aside(self, n: int, lead: bool, way: int) -> None:
        record, by = any_of(Lead if lead else Opportunity, n), self.by
        ways: list[Callable[[], Any]] = [
            lambda: park(by, record, until=DAY + timedelta(days=n)),
            lambda: unpark(by, record),
            lambda: archive(by, record),
            lambda: unarchive(by, record),
        ]
        self.do(ways[way])

    @rule(n=NUMBERS, way=st.integers(0, 4), to=NUMBERS)
    def change_the_process(self, n: int, way: int, to: int) -> None:
        stage, criterion, by = any_of(Stage, n), any_of(ExitCriterion, n), self.by
        ways: list[Callable[[], Any]] = [
            lambda: edit_stage(by, stage, probability=15 * to),
            lambda: archive_stage(by, stage, to=any_of(Stage, to) if to else None),
            lambda: unarchive_stage(by, stage),
            lambda: archive_criterion(by, criterion),
            lambda: edit_criterion(by, criterion, force=("advisory", "required", "hard")[to % 3]),
        ]
        self.do(ways[way])

    # --- taken back and done again -------------------------------------------------------------------------------

    @precondition(lambda self: self.done)
    @rule()
    def take_back(self) -> None:
        act, before, after = self.done.pop()
        assert state() == after
        self.at_next_moment(lambda: undo(self.by, act=act))
        assert state() == before
        self.taken.append((act, before, after))

    @precondition(lambda self: self.taken)
    @rule()
    def do_again(self) -> None:
        act, before, after = self.taken.pop()
        self.at_next_moment(lambda: redo(self.by, act=act))
        assert state() == after
        self.done.append((act, before, after))

    # --- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def the_next_step_is_the_earliest_open_task(self) -> None:
        for model in (Lead, Opportunity, Person, Company):
            for record in model.objects.all():
                open_tasks = Task.objects.filter(**{model.noun(): record}, state="open", archived_at=None)
                moments = [each.due_at for each in open_tasks if each.due_at]
                assert record.next_step_at == min(moments, default=None)
        unplanned = Opportunity.objects.filter(state="open", archived_at=None, next_step_at=None)
        lacking = {each for each in unplanned if each.parked_until is None or each.parked_until <= DAY}
        assert set(Opportunity.objects.without_next_step(DAY)) == lacking

    @invariant()
    def what_is_kept_of_a_sale_is_true(self) -> None:
        for sale in Opportunity.objects.select_related("stage"):
            criteria = ExitCriterion.objects.filter(stage=sale.stage, archived_at=None)
            ticked = set(CriterionTick.objects.filter(opportunity=sale).values_list("criterion", flat=True))
            met = [TRUE[each.fact](sale) if each.fact else each.pk in ticked for each in criteria]
            assert not sale.is_open or (sale.criteria_met, sale.criteria_of) == (sum(met), len(met))
            times = {"once": 12, "month": 12 * (sale.months or 12), "year": sale.months or 12}[sale.recurs]
            chance = sale.stage.probability if sale.likelihood is None else sale.likelihood
            total = None if sale.amount_minor is None else sale.amount_minor * times // 12
            assert (sale.total_minor, sale.weighted_minor) == (total, None if total is None else total * chance // 100)

    @invariant()
    def a_sale_is_as_its_last_closure_says(self) -> None:
        for sale in Opportunity.objects.select_related("stage"):
            outcomes = list(Closure.objects.filter(opportunity=sale).order_by("pk").values_list("outcome", flat=True))
            assert sale.state == (outcomes[-1] if outcomes else "open").replace("reopened", "open")
            assert all((each == "reopened") == (at % 2 == 1) for at, each in enumerate(outcomes))
            assert not sale.is_open or sale.archived_at or sale.stage.archived_at is None

    @invariant()
    def an_answered_quote_has_its_day(self) -> None:
        for quote in Quote.objects.all():
            assert (quote.decided_on is None) == quote.is_open

    @invariant()
    def what_a_lead_became_is_there(self) -> None:
        for lead in Lead.objects.select_related("opportunity"):
            made = [lead.company_id, lead.person_id, lead.opportunity_id]
            assert lead.state != "qualified" or any(made)
            assert lead.state == "qualified" or lead.opportunity is None
            assert (lead.state == "disqualified") == (lead.reason is not None)
            assert lead.is_open == (lead.decided_at is None)

    # --- how -----------------------------------------------------------------------------------------------------

    def do(self, deed: Callable[[], Any]) -> None:
        """Do it; refused, it leaves no trace."""
        before = state()
        forget()
        try:
            self.at_next_moment(deed)
        except (Refused, LookupError):
            assert state() == before
            return
        act = last()
        if act and act.changed:
            self.done.append((act.id, before, state()))
            self.taken.clear()

    def at_next_moment(self, deed: Callable[[], Any]) -> None:
        self.step += 1
        with clock.at(START + timedelta(seconds=self.step)):
            deed()


def state() -> Any:
    """Everything; of a closed sale without its counts, which a change of the process leaves as they are."""
    found = content()
    for sale in found["opportunity"].values():
        if sale["state"] != "open":
            del sale["criteria_met"], sale["criteria_of"]
    return found


def asked_for(model: Any, way: int, number: int) -> dict[str, Any]:
    """A new one, one that is there, or none of this noun, as qualifying asks for it."""
    there = model._base_manager.order_by("pk")
    if way == 1:
        return {f"new_{model.noun()}": {}}
    return {model.noun(): there[number % len(there)]} if way == 2 and there else {}


def any_of(model: Any, number: int) -> Any:
    found = list(model._base_manager.order_by("pk"))
    if not found:
        raise LookupError
    return found[number % len(found)]


@few_and_many
def test_the_process_holds(house: House, examples: int, steps: int) -> None:
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Process(house), settings=how)
    assert Opportunity.objects.count() == 0  # each play was put away
