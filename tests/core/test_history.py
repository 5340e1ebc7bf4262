"""“As of”: whatever was done, a record is shown at any moment as it was at that moment."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.history import as_of, changed_since, many_as_of, part_models, restored
from fairlead.core.record import dump, kept, linked, nouns, pack
from fairlead.core.undo import redo, undo
from fairlead.models import Lead, Person
from fairlead.verbs.bulk import assign_many, tag_many
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.ownership import assign
from fairlead.verbs.people import create_person, edit_person
from tests.core.conftest import House
from tests.core.test_any_sequence import Deed, Play, deeds, few_and_many

TEST = system("test")
START = datetime(2031, 3, 2, 9, 0, tzinfo=UTC)  # after the house was built
SHOWN = ("person", "company", "lead", "opportunity", "task", "activity", "user")
Taken = dict[tuple[str, int], tuple[dict[str, Any], dict[str, dict[int, dict[str, Any]]]]]


def taken() -> Taken:
    """Every record with its parts, as they are."""
    return {(noun, row.pk): (dump(row), parts(row)) for noun in SHOWN for row in nouns()[noun]._base_manager.all()}


def parts(record: Any) -> dict[str, dict[int, dict[str, Any]]]:
    found: dict[str, dict[int, dict[str, Any]]] = {}
    for model in part_models(record):
        for row in model._base_manager.filter(**{record.noun(): record.pk}):
            found.setdefault(model.noun(), {})[row.pk] = dump(row)
    return found


def rolled_back(moment: datetime) -> Taken:
    """The same, from what is there now."""
    found: Taken = {}
    for noun in SHOWN:
        for row in nouns()[noun]._base_manager.all():
            past = as_of(row, moment)
            if past.values is not None:
                found[noun, row.pk] = (past.values, past.parts)
    return found


def there(then: Taken, now: Taken) -> Taken:
    """Without what is gone meanwhile: nobody can open its page any more."""
    return {link: values for link, values in then.items() if link in now}


@few_and_many
def test_any_sequence_at_any_moment(house: House, examples: int) -> None:
    """Undone and done again, too: each earlier state comes back whole, of records alone, in many and with parts."""
    play = Play(house)

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(deeds)
    def back(wanted: list[Deed]) -> None:
        with transaction.atomic():
            states: list[tuple[datetime, Taken]] = []
            for number, deed in enumerate([(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3), (7, 0, 1), *wanted]):
                moment = START + timedelta(seconds=number)
                with clock.at(moment):
                    act = play.do(deed)
                    if act is not None and number % 3 == 0:
                        undo(play.by, act=act)
                        if number % 2:
                            redo(play.by, act=act)
                states.append((moment, taken()))
            now = taken()
            for moment, then in states:
                assert rolled_back(moment) == there(then, now)
                assert_many(moment, then, now)
            transaction.set_rollback(True)

    back()


def assert_many(moment: datetime, then: Taken, now: Taken) -> None:
    for noun in SHOWN:
        found = list(nouns()[noun]._base_manager.all())
        wanted = {pk: then[noun, pk][0] if (noun, pk) in then else None for kind, pk in now if kind == noun}
        assert many_as_of(found, moment) == wanted
        since = changed_since(noun, moment)
        changed = {pk: values for (_noun, pk), values in since.values.items()}
        assert changed.keys() <= since.ids
        assert {pk: changed[pk] and now[noun, pk][0] | changed[pk] for pk in changed if (noun, pk) in now} == {
            pk: wanted[pk] for pk in changed if (noun, pk) in now
        }


def test_who_waited_for_a_lock_comes_after_whom_it_waited_for(house: House) -> None:
    """An act that began first and took effect second is not cut in two."""
    with clock.at(START):
        lead = create_lead(TEST, name="Ann")
    with clock.at(START + timedelta(seconds=9)):
        edit_lead(TEST, lead, name="Beth")
    with clock.at(START + timedelta(seconds=8)):
        edit_lead(TEST, lead, name="Cora")
    names = [as_of(lead, START + timedelta(seconds=after)).values for after in (7, 8, 9)]
    assert [values and values["name"] for values in names] == ["Ann", "Ann", "Cora"]


def test_made_in_bulk_changed_in_bulk(house: House) -> None:
    with clock.at(START):
        lead = create_lead(TEST, name="Ann")
    with clock.at(START + timedelta(days=1)):
        tag_many(TEST, [lead], tag="Fair")
        assign_many(TEST, [lead], owner=house.sam)
    before, after = (as_of(lead, START + timedelta(days=days)).values for days in (0, 1))
    assert before and after
    assert (before["owner"], before["tags"]) == (None, [])
    assert after["owner"] == house.sam.pk and after["tags"] == linked(Lead, "tags", [lead.pk])[lead.pk] != []
    assert as_of(lead, START - timedelta(days=1)).values is None


def test_a_row_in_memory_says_what_it_said_then(house: House) -> None:
    with clock.at(START):
        person = create_person(TEST, name="Ann", mails=["ann@acme.test"])
        assign(TEST, person, owner=house.sam)
    was = dump(person)
    with clock.at(START + timedelta(days=1)):
        edit_person(TEST, person, name="Beth", mails=[])
    past = as_of(person, START, parts=["mailaddress"])
    assert past.values is not None and [each["address"] for each in past.parts["mailaddress"].values()] == [
        "ann@acme.test"
    ]
    then = restored(Person, person.pk, past.values)
    assert (then.name, then.owner, then.version) == ("Ann", house.sam, 2)
    assert {field.name: pack(field, getattr(then, field.attname)) for field in kept(Person)} == {
        name: value for name, value in was.items() if name not in {"tags", "collaborators"}
    }


@pytest.mark.parametrize("after", [0, 1])
def test_nothing_since_is_as_it_is(house: House, after: int) -> None:
    lead = create_lead(TEST, name="Ann")
    past = as_of(lead, clock.now() + timedelta(days=after))
    assert past.values == dump(lead) and past.parts.keys() == {"routing"}
