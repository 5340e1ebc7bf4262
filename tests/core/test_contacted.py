"""When somebody was last in contact: what counts, and that it stays right whatever is moved or taken back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.core.actor import Actor
from fairlead.core.changes import change_many, create, create_many, remove
from fairlead.core.undo import redo, undo
from fairlead.models import Activity, Company, Lead, Opportunity, Person
from fairlead.verbs.activities import edit_activity, log_call, log_mail, log_note
from fairlead.verbs.companies import create_company
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity
from fairlead.verbs.ownership import archive
from fairlead.verbs.people import create_person, edit_person
from tests.core.conftest import House, act, aside, content, queries

MONDAY = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
TUESDAY, LATER = MONDAY + timedelta(days=1), MONDAY + timedelta(days=30, microseconds=1)


class Known:
    """Jo at Acme and Kim at Beta, with a sale and an inquiry of Jo's."""

    def __init__(self, by: Actor) -> None:
        self.acme, self.beta = (create_company(by, name=name) for name in ("Acme", "Beta"))
        self.jo, self.kim = (create_person(by, name=name) for name in ("Jo", "Kim"))
        self.sale = create_opportunity(by, title="Laptops", person=self.jo, company=self.acme)
        self.lead = edit_lead(by, create_lead(by, name="J."), person=self.jo, company=self.acme)

    def last(self) -> dict[str, datetime]:
        """When everybody who ever was in contact was so last, by name."""
        found: dict[str, datetime] = {}
        for model in (Person, Company):
            talked: Any = model._base_manager.exclude(last_contact_at=None)  # type: ignore[attr-defined]
            found |= {each.name: each.last_contact_at for each in talked}
        return found


@pytest.fixture
def known(house: House) -> Known:
    return Known(house.by.sam)


def test_calls_about_sales_and_inquiries_count_notes_do_not(house: House, known: Known) -> None:
    log_note(house.by.sam, known.sale, text="Thought about it")
    assert known.last() == {}
    log_call(house.by.sam, known.sale, happened_at=MONDAY)
    assert known.last() == {"Jo": MONDAY, "Acme": MONDAY}
    log_mail(house.by.sam, known.lead, happened_at=TUESDAY)
    assert known.last() == {"Jo": TUESDAY, "Acme": TUESDAY}
    log_call(house.by.sam, known.acme, happened_at=LATER)
    assert known.last() == {"Jo": TUESDAY, "Acme": LATER}
    assert Opportunity.objects.get().last_contact_at == MONDAY and Lead.objects.get().last_contact_at == TUESDAY


def test_who_talks_to_a_person_talks_to_their_company(house: House, known: Known) -> None:
    log_call(house.by.sam, known.kim, happened_at=MONDAY)
    assert known.last() == {"Kim": MONDAY}
    edit_person(house.by.sam, known.kim, company=known.beta)
    assert known.last() == {"Kim": MONDAY, "Beta": MONDAY}
    edit_person(house.by.sam, known.kim, company=known.acme)
    assert known.last() == {"Kim": MONDAY, "Acme": MONDAY}


def test_it_moves_with_the_sale_and_the_inquiry(house: House, known: Known) -> None:
    log_call(house.by.sam, known.sale, happened_at=MONDAY)
    log_call(house.by.sam, known.lead, happened_at=TUESDAY)
    edit_opportunity(house.by.sam, known.sale, person=known.kim, company=known.beta)
    assert known.last() == {"Kim": MONDAY, "Beta": MONDAY, "Jo": TUESDAY, "Acme": TUESDAY}
    moved = act()
    edit_lead(house.by.sam, known.lead, person=None, company=known.beta)
    assert known.last() == {"Kim": MONDAY, "Beta": TUESDAY}
    undo(house.by.sam, act=act())
    undo(house.by.sam, act=moved)
    assert known.last() == {"Jo": TUESDAY, "Acme": TUESDAY}


def test_undo_correction_and_archiving_count_again(house: House, known: Known) -> None:
    entry = log_call(house.by.sam, known.sale, happened_at=LATER)
    logged, after = act(), content()
    edit_activity(house.by.sam, entry, happened_at=MONDAY)
    assert known.last() == {"Jo": MONDAY, "Acme": MONDAY}
    undo(house.by.sam, act=act())
    undo(house.by.sam, act=logged)
    assert known.last() == {}
    redo(house.by.sam, act=logged)
    assert content() == after
    archive(house.by.mira, known.sale)
    assert known.last() == {"Jo": LATER, "Acme": LATER}


@aside("{by} brought in a sale with its calls", may="edit")
def bring_in(by: Actor, sale: Opportunity, *, many: int) -> Opportunity:
    """A second sale for the same person, with many calls, by bulk statements."""
    other = create(Opportunity, title="Old", person=sale.person, owner=sale.owner, stage=sale.stage, stage_since=MONDAY)
    moments = [MONDAY - timedelta(days=number) for number in range(many)]
    create_many(Activity, [{"kind": "call", "opportunity": other, "happened_at": at} for at in moments])
    return other


@aside("{by} handed over the sales", may="edit")
def hand_over(by: Actor, sale: Opportunity, *, person: Person) -> Opportunity:
    """All sales get this person at once."""
    change_many(list(Opportunity.objects.all()), person=person)
    return sale


@aside("{by} took the calls and the sale away", may="edit")
def take_away(by: Actor, sale: Opportunity) -> None:
    """The entries and what they are about go in one act."""
    for entry in Activity.objects.filter(opportunity=sale):
        remove(entry)
    remove(sale)


def test_many_at_once_take_as_many_statements_as_few(house: House, known: Known) -> None:
    with queries() as few:
        bring_in(house.by.sam, known.sale, many=2)
    with queries() as many:
        bring_in(house.by.sam, known.sale, many=200)
    counted = [[each["sql"] for each in found if "last_contact_at" in each["sql"]] for found in (few, many)]
    assert len(counted[0]) == len(counted[1]) > 0
    assert known.last() == {"Jo": MONDAY}
    hand_over(house.by.sam, known.sale, person=known.kim)
    assert known.last() == {"Kim": MONDAY}
    undo(house.by.sam, act=act())
    assert known.last() == {"Jo": MONDAY}


def test_what_is_gone_no_longer_counts(house: House, known: Known) -> None:
    log_call(house.by.sam, known.sale, happened_at=MONDAY)
    before = content()
    take_away(house.by.sam, known.sale)
    assert known.last() == {}
    undo(house.by.sam, act=act())
    assert content() == before and known.last() == {"Jo": MONDAY, "Acme": MONDAY}
