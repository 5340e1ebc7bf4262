"""Whatever is done, taking it all back in reverse leaves the database as it was."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.core import clock
from fairlead.core.act import forget, last
from fairlead.core.actor import Actor
from fairlead.core.errors import Refused
from fairlead.core.undo import redo, undo
from fairlead.models import (
    Activity,
    Company,
    ExitCriterion,
    Lead,
    Need,
    Opportunity,
    Person,
    Reason,
    Stage,
    Suppression,
    Task,
    progress,
)
from fairlead.verbs.activities import edit_activity, log_call, log_note
from fairlead.verbs.bulk import archive_many, assign_many, tag_many
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.companies import create_company, edit_company
from fairlead.verbs.criteria import tick_criterion
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.needs import add_need, remove_need
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity, move_stage
from fairlead.verbs.ownership import add_collaborator, archive, assign, park, tag, unarchive
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.stakeholders import add_stakeholder
from fairlead.verbs.suppressions import lift_suppression, suppress
from fairlead.verbs.tasks import add_task, assign_task, complete_task, reopen_task, snooze_task
from fairlead.verbs.team_members import add_team_member
from tests.core.conftest import House, content

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEXT = ("Ann", "Łukasz", "山田", 'O\'Brien 100% "x"')
Deed = tuple[int, int, int]
few_and_many = pytest.mark.parametrize("examples", [3, pytest.param(20, marks=pytest.mark.load)])


class Play:
    """A choice of verbs, each on a record picked by number."""

    def __init__(self, house: House) -> None:
        self.house, self.by = house, house.by.ada
        self.verbs: list[Callable[[Actor, int, str], Any]] = [
            lambda by, n, text: create_person(by, name=text, mails=[f"{n}@acme.test"], company=self.any(Company, n)),
            lambda by, n, text: create_company(by, name=text, phones=["020 7946 0000"], address={"city": text}),
            lambda by, n, text: create_lead(by, name=text, email=f"{n}@acme.test", phone="020 7946 0001"),
            lambda by, n, text: create_opportunity(by, title=text, person=self.any(Person, n)),
            lambda by, n, text: edit_person(by, self.one(Person, n), name=text, mails=[f"{n % 3}@acme.test"]),
            lambda by, n, text: edit_company(by, self.one(Company, n), name=text, address={"city": ""}),
            lambda by, n, text: edit_lead(by, self.one(Lead, n), name=text, company=self.any(Company, n)),
            lambda by, n, text: log_call(by, self.one(Lead, n), text=text, next_on=date(2026, 3, 1 + n)),
            lambda by, n, text: log_note(by, self.one(Opportunity, n), text=text),
            lambda by, n, text: edit_activity(
                by, self.one(Activity, n), happened_at=START - timedelta(days=n, microseconds=1)
            ),
            lambda by, n, text: add_task(by, self.one(Person, n), title=text, due_on=date(2026, 7, 1 + n)),
            lambda by, n, text: complete_task(by, self.one(Task, n), outcome=text),
            lambda by, n, text: reopen_task(by, self.one(Task, n)),
            lambda by, n, text: snooze_task(by, self.one(Task, n), due_on=date(2026, 8, 1 + n)),
            lambda by, n, text: assign_task(by, self.one(Task, n), assignee=self.house.sam),
            lambda by, n, text: move_stage(by, self.one(Opportunity, n), stage=Stage.objects.all()[n % 4], reason=text),
            lambda by, n, text: close_won(by, self.one(Opportunity, n)),
            lambda by, n, text: close_lost(by, self.one(Opportunity, n), reason=Reason.objects.offered("lost")[n % 4]),
            lambda by, n, text: reopen_opportunity(by, self.one(Opportunity, n)),
            lambda by, n, text: tag(by, self.one(Person, n), tag=text),
            lambda by, n, text: add_collaborator(by, self.one(Lead, n), helper=self.house.otto),
            lambda by, n, text: assign(by, self.one(Person, n), owner=self.house.nora),
            lambda by, n, text: archive(by, self.one(Company, n)),
            lambda by, n, text: unarchive(by, self.one(Company, n)),
            lambda by, n, text: park(by, self.one(Lead, n), until=date(2026, 9, 1 + n)),
            lambda by, n, text: suppress(by, self.one(Person, n), reason=text),
            lambda by, n, text: lift_suppression(by, self.one(Suppression, n), reason=text),
            lambda by, n, text: tag_many(by, list(Lead.objects.all()), tag=text),
            lambda by, n, text: assign_many(by, list(Person.objects.all()), owner=self.house.sam),
            lambda by, n, text: archive_many(by, list(Person.objects.all())),
            lambda by, n, text: add_need(by, self.one(Opportunity, n), text=text, cost=Decimal(n)),
            lambda by, n, text: remove_need(by, self.one(Need, n)),
            lambda by, n, text: add_stakeholder(
                by, self.one(Opportunity, n), person=self.one(Person, n), role="decides"
            ),
            lambda by, n, text: add_team_member(by, self.one(Opportunity, n), user=self.house.otto, role="technical"),
            lambda by, n, text: tick_criterion(by, self.one(Opportunity, n), criterion=self.one(ExitCriterion, n)),
            lambda by, n, text: edit_opportunity(by, self.one(Opportunity, n), amount=Decimal(n), solution=text),
        ]

    def any(self, model: Any, number: int) -> Any:
        found = list(model.objects.order_by("id"))
        return found[number % len(found)] if found else None

    def one(self, model: Any, number: int) -> Any:
        found = self.any(model, number)
        if found is None:
            raise LookupError
        return found

    def do(self, deed: Deed) -> Any:
        """The act's id; None when nothing took effect."""
        verb, number, text = deed
        forget()
        try:
            self.verbs[verb % len(self.verbs)](self.by, number, TEXT[text])
        except (Refused, LookupError):
            return None
        found = last()
        return found.id if found and found.changed else None


def counts_are_right() -> bool:
    """What is kept of criteria and worth, against what it should be."""
    found = list(Opportunity.objects.values_list("pk", flat=True))
    return all(kept == wanted for _pk, kept, wanted in progress.counted(found))


deeds = st.lists(st.tuples(st.integers(0, 35), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=14)


@few_and_many
def test_taken_back_in_reverse_nothing_is_left(house: House, examples: int) -> None:
    play = Play(house)

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(deeds)
    def there_and_back(wanted: list[Deed]) -> None:
        with transaction.atomic():
            for number, verb in enumerate((0, 1, 2, 3, 7, 10)):
                assert play.do((verb, number, number % 4))
            states = [content()]
            acts = []
            for number, deed in enumerate(wanted):
                with clock.at(START + timedelta(seconds=number)):
                    assert counts_are_right()
                    if (act := play.do(deed)) is not None:
                        acts.append(act)
                        states.append(content())
            with clock.at(START + timedelta(hours=1)):
                for number in reversed(range(len(acts))):
                    undo(play.by, act=acts[number])
                    assert content() == states[number]
                for number, act in enumerate(acts):
                    redo(play.by, act=act)
                    assert content() == states[number + 1]
            transaction.set_rollback(True)

    there_and_back()
