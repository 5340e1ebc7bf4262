"""Every verb of the sales process is taken back to what was before, and done again to what was after it."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from fairlead.core.act import forget, last
from fairlead.core.record import Record
from fairlead.core.schema import perform, subject_name, subjects
from fairlead.core.undo import redo, undo
from fairlead.core.verb import REGISTRY
from fairlead.models import Reason, Stage, Tag
from fairlead.verbs.companies import create_company
from fairlead.verbs.competitors import add_rival, create_competitor
from fairlead.verbs.leads import create_lead
from fairlead.verbs.needs import add_need
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import tag
from fairlead.verbs.people import create_person
from fairlead.verbs.pipelines import add_criterion, create_pipeline
from fairlead.verbs.rates import set_rate
from fairlead.verbs.stakeholders import add_stakeholder
from fairlead.verbs.tasks import add_task
from fairlead.verbs.team_members import add_team_member
from tests.core.conftest import House, content
from tests.doors.matrix import ARGUMENTS

MODULES = (
    *("closing", "competitors", "criteria", "disqualify", "needs", "notices", "opportunities", "ownership"),
    *("pipelines", "qualify", "rates", "reasons", "stakeholders", "targets", "team_members"),
)
TASKS = {f"{deed}_task" for deed in ("add", "assign", "cancel", "complete", "edit", "reopen", "snooze")}
FOUND = {name for name, spec in REGISTRY.items() if spec.function.__module__.rpartition(".")[2] in MODULES}
VERBS = sorted(FOUND | TASKS)
# What has to be done before there is something to do.
FIRST = {
    "claim_lead": "give_up",
    "recycle_lead": "disqualify_lead",
    "remove_collaborator": "add_collaborator",
    "reopen_opportunity": "close_won",
    "reopen_task": "complete_task",
    "unarchive": "archive",
    "unpark": "park",
    "unqualify_lead": "qualify_lead",
    "untick_criterion": "tick_criterion",
} | {name: name.removeprefix("un") for name in VERBS if name.startswith("unarchive_")}


class Stock:
    """One record of each noun, made by the verbs, with a second one where order matters."""

    def __init__(self, house: House) -> None:
        self.by, by, sam = house.by.ada, house.by.ada, house.by.sam
        bo = create_person(by, name="Bo", company=create_company(by, name="Acme"))
        deal = create_opportunity(sam, title="Deal", person=create_person(by, name="Ann"), amount=Decimal(900))
        second = create_pipeline(by, name="Cover", stages=["Talk", "Sign"])
        needs = [add_need(by, deal, text=text) for text in ("Signal", "Spare link")]
        criteria = [add_criterion(by, second.stages.all()[0], text=text) for text in ("One", "Two")]
        ours = [deal, bo, bo.company, create_lead(by, name="Jo", email="jo@acme.test"), second, second.stages.all()[0]]
        ours += [needs[0], criteria[0], add_task(by, deal, title="Ring"), create_competitor(by, name="Brightwave")]
        ours += [add_rival(by, deal, new_competitor="Corvus"), add_stakeholder(by, deal, person=bo, role="uses")]
        ours += [add_team_member(sam, deal, user=house.ada, role="Law"), house.ada.notices.get()]
        ours += [set_rate(by, currency="EUR", rate=Decimal("1.15")), Reason.objects.offered("lost")[0]]
        self.records: dict[str, Record] = {each.noun(): each for each in ours}  # type: ignore[union-attr,misc]
        for noun in ("person", "company", "lead", "opportunity"):
            tag(by, self.records[noun], tag="Old")
        self.named = {
            "noah": house.nora,
            "person": bo,
            "priya": deal.person,
            "reason": Reason.objects.offered("disqualified")[0],
            "lost": Reason.objects.offered("lost")[0],
            "tag": Tag.objects.get(name="Old"),
            "criterion": deal.stage.criteria.get(text="Need confirmed"),
            "elsewhere": second.stages.all()[0],
            "stage": Stage.objects.get(pipeline=deal.stage.pipeline_id, name="Close"),
        }

    def do(self, name: str, noun: str) -> Any:
        """The act of this verb on the record of this noun, with what the matrix calls it with."""
        if name == "give_up":
            name, given = "assign", {"owner": None}
        else:
            given = {key: self.filled(value) for key, value in ARGUMENTS[name].items()}
        if noun:
            record = self.records[noun]
            many = len(subjects(REGISTRY[name])) > 1
            given[subject_name(REGISTRY[name])] = f"{noun}:{record.public_id}" if many else record.public_id
        forget()
        perform(name, self.by, given | ({"reason": "Sure"} if name in {"move_stage", "move_pipeline"} else {}))
        done = last()
        assert done is not None and done.changed, f"{name} of {noun} changes nothing"
        return done.id

    def filled(self, value: Any) -> Any:
        return self.named[value[1:]].public_id if str(value).startswith("@") else value


@pytest.fixture
def stock(house: House) -> Stock:
    return Stock(house)


@pytest.mark.parametrize("all_nouns", [False, pytest.param(True, marks=pytest.mark.load)])
def test_every_verb_is_taken_back_and_done_again(stock: Stock, all_nouns: bool) -> None:
    wrong = []
    for name in VERBS:
        nouns = subjects(REGISTRY[name]) or [""]
        for noun in nouns if all_nouns else nouns[-1:]:
            with transaction.atomic():
                if name in FIRST:
                    stock.do(FIRST[name], noun)
                before = content()
                act = stock.do(name, noun)
                after = content()
                undo(stock.by, act=act)
                wrong += [f"{name} {noun} taken back"] if content() != before or before == after else []
                redo(stock.by, act=act)
                wrong += [f"{name} {noun} done again"] if content() != after else []
                transaction.set_rollback(True)
    assert wrong == [] and len(VERBS) > 60
