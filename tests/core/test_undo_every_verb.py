"""Every verb of the sales process is taken back to what was before, and done again to what was after it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from fairlead.core import clock
from fairlead.core.act import forget, last
from fairlead.core.record import Record
from fairlead.core.schema import perform, subject_name, subjects
from fairlead.core.undo import redo, undo
from fairlead.core.verb import REGISTRY
from fairlead.models import Reason, Schedule, Source, Stage, Tag, Team
from fairlead.verbs.activities import log_call
from fairlead.verbs.companies import create_company
from fairlead.verbs.competitors import add_rival, create_competitor
from fairlead.verbs.leads import create_lead
from fairlead.verbs.meetings import book_meeting
from fairlead.verbs.needs import add_need
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import tag
from fairlead.verbs.people import create_person
from fairlead.verbs.pipelines import add_criterion, create_pipeline
from fairlead.verbs.products import create_product
from fairlead.verbs.queues import create_queue
from fairlead.verbs.quotes import record_quote
from fairlead.verbs.rates import set_rate
from fairlead.verbs.schedules import add_absence
from fairlead.verbs.stakeholders import add_stakeholder
from fairlead.verbs.suppressions import suppress_address
from fairlead.verbs.tasks import add_task
from fairlead.verbs.team_members import add_team_member
from fairlead.verbs.track_definitions import add_track_trigger, create_track
from fairlead.verbs.tracks import apply_track
from tests.core.conftest import House, content
from tests.doors.matrix import ARGUMENTS
from tests.doors.matrix import MAIN as NOUNS
from tests.doors.test_matrix import acted_on

# What is no deed of the sales process: how one signs in, what comes in and goes out, how the house is set up. All else
# is tried, so a new verb that is not taken back as it should, or that the stock below has nothing for, fails.
ELSEWHERE = {
    *("calendar_files", "calls", "capture", "custom", "endpoints", "feeds", "files", "form_fields", "forms"),
    *("identities", "import_files", "import_records", "imports", "lead_rules", "mail_templates", "mailboxes"),
    *("occasions", "organisation", "passwords", "profiles", "response_clock", "responses", "roles", "routing", "runs"),
    *("second_factors", "sending", "sessions", "submissions", "tokens", "trials", "undo", "users", "views"),
}
VERBS = sorted(
    name
    for name, spec in REGISTRY.items()
    if spec.undo_within and spec.function.__module__.rpartition(".")[2] not in ELSEWHERE
)
# What has to be done before there is something to do.
FIRST = {
    "claim_lead": "give_up",
    "continue_track": "pause_track",
    "correct_completion": "complete_task",
    "leave_team": "join_team",
    "recycle_lead": "disqualify_lead",
    "remove_collaborator": "add_collaborator",
    "remove_guest": "invite_guests",
    "reopen_opportunity": "close_won",
    "reopen_quote": "accept_quote",
    "reopen_task": "complete_task",
    "unarchive": "archive",
    "unpark": "park",
    "unqualify_lead": "qualify_lead",
    "untick_criterion": "tick_criterion",
    "update_steps": "change_the_steps",
} | {name: name.removeprefix("un") for name in VERBS if name.startswith("unarchive_")}
# Deeds that are another verb's, with what it is called with.
AS = {
    "give_up": ("assign", {"owner": None}),
    "change_the_steps": ("edit_track", {"track": "@runs", "steps": [{"text": "Write"}, {"text": "Ask"}]}),
}
STEPS: Any = [
    {"key": "a", "text": "Call", "kind": "call"},
    {"key": "b", "text": "Then", "days": 2, "after": "previous"},
    {"key": "c", "text": "Last", "days": 1, "unit": "weekdays", "after": "previous"},
]


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
        ours += [needs[0], criteria[0], create_competitor(by, name="Brightwave")]
        ours += [add_rival(by, deal, new_competitor="Corvus"), add_stakeholder(by, deal, person=bo, role="uses")]
        ours += [add_team_member(sam, deal, user=house.ada, role="Law"), house.ada.notices.get()]
        ours += [set_rate(by, currency="EUR", rate=Decimal("1.15")), Reason.objects.offered("lost")[0]]
        tracks = [create_track(by, name=name, steps=STEPS, applies_to=list(NOUNS), tags=["Old"]) for name in "AB"]
        begun = clock.now() - timedelta(hours=2)
        away = {"starts_on": begun.date(), "ends_on": begun.date()}
        asked: Any = {"checklist": [{"text": "Ask", "done": False}], "repeats": "weekly", "due_on": begun.date()}
        ours += [book_meeting(by, deal, title="Visit", starts_at=begun, colleagues=[house.ada, house.sam])]
        ours += [add_task(by, deal, title="Ring", **asked), apply_track(sam, deal, track=tracks[0]), tracks[0]]
        ours += [add_track_trigger(by, tracks[1], source=Source.objects.get(name="Trade show"))]
        ours += [add_absence(by, user=house.sam, **away), Schedule.objects.get(), Team.objects.get(name="South")]
        ours += [log_call(by, deal, text="Talked"), create_product(by, name="Fibre"), create_queue(by, name="Late")]
        ours += [
            record_quote(by, deal, number="Q-1"),
            suppress_address(by, address="x@y.example", channel="mail", reason="Asked"),
        ]
        self.records: dict[str, Record] = {each.noun(): each for each in ours}  # type: ignore[union-attr,misc]
        for noun in NOUNS:
            tag(by, self.records[noun], tag="Old")
        self.named = {
            "noah": house.nora,
            "track": tracks[1],
            "runs": tracks[0],
            "trigger": self.records["track_trigger"],
            "source": Source.objects.get(name="Phone"),
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
        name, called_with = AS.get(name) or (name, ARGUMENTS[name])
        record = self.records[noun] if noun else None
        given = {key: self.filled(value, record) for key, value in called_with.items()}
        subject = subject_name(REGISTRY[name])
        if record and subject and subject not in given:
            many = len(subjects(REGISTRY[name])) > 1
            given[subject] = f"{noun}:{record.public_id}" if many else record.public_id
        forget()
        perform(name, self.by, given | ({"reason": "Sure"} if name in {"move_stage", "move_pipeline"} else {}))
        done = last()
        assert done is not None and done.changed, f"{name} of {noun} changes nothing"
        return done.id

    def filled(self, value: Any, record: Record | None) -> Any:
        if isinstance(value, list):
            return [self.filled(each, record) for each in value]
        if record and value in ("@id", "@record"):
            return record.public_id if value == "@id" else f"{record.noun()}:{record.public_id}"
        return self.named[value[1:]].public_id if str(value).startswith("@") else value


@pytest.fixture
def stock(house: House) -> Stock:
    return Stock(house)


@pytest.mark.parametrize("all_nouns", [False, pytest.param(True, marks=pytest.mark.load)])
def test_every_verb_is_taken_back_and_done_again(stock: Stock, all_nouns: bool) -> None:
    wrong, at_first = [], content()
    for name in VERBS:
        nouns = acted_on(name)
        for noun in nouns if all_nouns else nouns[-1:]:
            with transaction.atomic():
                if name in FIRST:
                    stock.do(FIRST[name], noun)
                before = content() if name in FIRST else at_first
                act = stock.do(name, noun)
                after = content()
                undo(stock.by, act=act)
                wrong += [f"{name} {noun} taken back"] if content() != before or before == after else []
                redo(stock.by, act=act)
                wrong += [f"{name} {noun} done again"] if content() != after else []
                transaction.set_rollback(True)
    assert wrong == [] and len(VERBS) > 130
