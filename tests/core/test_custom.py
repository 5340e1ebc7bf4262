"""Custom fields through the kernel: every value is a field of its own in changes, events, undo, history and clashes."""

from datetime import timedelta
from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.errors import Conflict, Invalid, NotUndoable, WrongState
from fairlead.core.event import Event
from fairlead.core.history import as_of
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import CustomField, Person, SearchRow
from fairlead.models.custom import fields_of
from fairlead.verbs.custom import archive_field, create_field, edit_field, move_field, unarchive_field
from fairlead.verbs.people import create_person, edit_person
from tests.core.conftest import act, queries


@pytest.fixture
def size(world: World) -> CustomField:
    return create_field(world.admin.actor("web"), noun="person", name="Shoe size", kind="number")


@pytest.fixture
def tier(world: World) -> CustomField:
    return create_field(world.admin.actor("web"), noun="person", name="Tier", kind="choice", choices=["Gold", "Silver"])


def held(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = Person.objects.get(pk=person.pk).custom
    return found


def test_each_value_is_a_field_in_events_and_undo(world: World, size: CustomField, tier: CustomField) -> None:
    sam, priya = world.sam.actor("web"), world.priya
    edit_person(sam, priya, custom={"shoe_size": "42.5", "tier": "gold"})
    assert held(priya) == {"shoe_size": 42_500_000, "tier": "gold"}
    first = act()
    event = Event.objects.get(act=first)
    assert event.before_after("person", priya.pk)["x.shoe_size"] == (None, 42_500_000)
    edit_person(sam, priya, custom={"shoe_size": None})
    assert held(priya) == {"tier": "gold"}
    undo(sam, act=act())
    undo(sam, act=first)
    assert held(priya) == {}


def test_two_fields_unite_and_the_same_field_clashes(world: World, size: CustomField, tier: CustomField) -> None:
    sam, mira, priya = world.sam.actor("web"), world.mira.actor("web"), world.priya
    seen = Person.objects.get(pk=priya.pk).version
    edit_person(sam, priya, custom={"shoe_size": 42})
    edit_person(mira, Person.objects.get(pk=priya.pk), version=seen, custom={"tier": "Silver"})
    assert held(priya) == {"shoe_size": 42_000_000, "tier": "silver"}
    with pytest.raises(Conflict) as clash:
        edit_person(mira, Person.objects.get(pk=priya.pk), version=seen, custom={"shoe_size": 43})
    assert clash.value.fields == {"x.shoe_size": {"yours": 43_000_000, "theirs": 42_000_000}}
    assert held(priya)["shoe_size"] == 42_000_000


def test_a_new_record_with_later_values_is_not_undone(world: World, size: CustomField) -> None:
    sam = world.sam.actor("web")
    person = create_person(sam, name="Nina")
    made = act()
    edit_person(sam, person, custom={"shoe_size": 39})
    with pytest.raises(NotUndoable, match="Shoe size"):
        undo(sam, act=made)
    other = create_person(sam, name="Rolf", custom={"shoe_size": 46})
    assert held(other) == {"shoe_size": 46_000_000}
    undo(sam, act=act())
    assert not Person.objects.filter(pk=other.pk).exists()


def test_as_of_reads_each_value(world: World, size: CustomField, tier: CustomField) -> None:
    sam, priya = world.sam.actor("web"), world.priya
    edit_person(sam, priya, custom={"shoe_size": 42, "tier": "gold"})
    then = clock.now()
    with clock.at(then + timedelta(hours=1)):
        edit_person(sam, Person.objects.get(pk=priya.pk), custom={"shoe_size": 43, "tier": None})
    past = as_of(Person.objects.get(pk=priya.pk), then).values
    assert past is not None and (past["x.shoe_size"], past["x.tier"]) == (42_000_000, "gold")


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("text", "  Häuser  ", "Häuser"),
        ("text", "x" * 501, None),
        ("text", "a\x00b", None),
        ("text", 5, None),
        ("number", "123456789012.654321", 123456789012654321),
        ("number", "0.0000001", None),
        ("number", "1e12", None),
        ("number", "1e999999999", None),
        ("number", "NaN", None),
        ("number", True, None),
        ("money", "18000.5", 1800050),
        ("money", "0.005", None),
        ("date", "2026-02-29", None),
        ("date", "2028-02-29", "2028-02-29"),
        ("yes_no", "no", False),
        ("yes_no", "perhaps", None),
        ("link", "nobodyatall", None),
        ("link", {"id": 5}, None),
    ],
)
def test_values_are_exact_or_refused_in_words(world: World, kind: Any, given: Any, kept: Any) -> None:
    links: Any = {"links_to": "company"} if kind == "link" else {}
    create_field(world.admin.actor("web"), noun="person", name="It", kind=kind, **links)
    before = held(world.priya)
    if kept is None:
        with pytest.raises(Invalid) as refusal:
            edit_person(world.sam.actor("web"), world.priya, title="Head", custom={"it": given})
        assert list(refusal.value.errors) == ["custom.it"] and refusal.value.text
        assert held(world.priya) == before
    else:
        edit_person(world.sam.actor("web"), world.priya, custom={"it": given})
        assert held(world.priya)["it"] == kept


def test_definitions_are_read_once_and_noticed_at_once(world: World, size: CustomField) -> None:
    assert list(fields_of("person")) == ["shoe_size"]
    with queries() as asked:
        fields_of("person"), fields_of("company")
    assert len(asked) == 2
    edit_field(world.admin.actor("web"), size, name="Size")
    assert fields_of("person")["shoe_size"].name == "Size"
    undo(world.admin.actor("web"), act=act())
    assert fields_of("person")["shoe_size"].name == "Shoe size"


def test_choices_keep_their_keys_and_what_was_chosen(world: World, tier: CustomField) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    edit_person(sam, world.priya, custom={"tier": "Silver"})
    edit_field(iris, tier, choices=[{"key": "gold", "name": "Golden"}, {"name": "Bronze"}])
    assert tier.offered == [("gold", "Golden"), ("bronze", "Bronze")]
    assert tier.choice_name(held(world.priya)["tier"]) == "Silver"
    with pytest.raises(Invalid):
        edit_person(sam, world.priya, custom={"tier": "silver"})
    with pytest.raises(Invalid):
        edit_field(iris, tier, choices=[{"name": "A"}, {"name": "a"}])


def test_order_archiving_and_what_stands_against_it(world: World, size: CustomField, tier: CustomField) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    move_field(iris, tier, before=size)
    assert list(fields_of("person")) == ["tier", "shoe_size"]
    edit_person(sam, world.priya, custom={"shoe_size": 42})
    archive_field(iris, size)
    put_away = act()
    with pytest.raises(Invalid):
        edit_person(sam, world.priya, custom={"shoe_size": 43})
    undo(iris, act=put_away)
    assert held(world.priya)["shoe_size"] == 42_000_000
    archive_field(iris, CustomField.objects.get(pk=size.pk))
    create_field(iris, noun="person", name="Shoe size", kind="text")
    assert list(fields_of("person")) == ["tier", "shoe_size", "shoe_size_2"]
    with pytest.raises(Invalid):
        unarchive_field(iris, CustomField.objects.get(pk=size.pk))


def test_a_field_with_values_stays(world: World) -> None:
    iris = world.admin.actor("web")
    create_field(iris, noun="person", name="Size", kind="number")
    made = act()
    edit_person(world.sam.actor("web"), world.priya, custom={"size": 42})
    with pytest.raises(NotUndoable, match="Archive"):
        undo(iris, act=made)
    edit_person(world.sam.actor("web"), world.priya, custom={"size": None})
    undo(iris, act=made)
    assert not fields_of("person")


def test_texts_are_searched_unless_private(world: World) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    create_field(iris, noun="person", name="Hobby", kind="text")
    create_field(iris, noun="person", name="Health", kind="text", field_class="private")
    edit_person(sam, world.priya, custom={"hobby": "Bouldering"})
    text = SearchRow.objects.get(noun="person", record_id=world.priya.pk).text
    assert "bouldering" in text


def test_only_so_many_can_be_filtered_by(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.verbs.custom.MOST_FILTERABLE", 1)
    iris = world.admin.actor("web")
    create_field(iris, noun="person", name="One", kind="number", filterable=True)
    with pytest.raises(WrongState):
        create_field(iris, noun="person", name="Two", kind="number", filterable=True)
    assert len(fields_of("person")) == 1
