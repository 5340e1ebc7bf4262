"""Undo and redo: what comes back, and every reason for which it does not."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change, change_many, create, create_many, link_many, remove
from fairlead.core.errors import NotAllowed, NotFound, NotUndoable, Refused
from fairlead.core.event import Event
from fairlead.core.outbox import EFFECTS, Outbox, declare, later
from fairlead.core.undo import redo, undo, undoable, undone_by
from fairlead.core.verb import ALWAYS, verb
from fairlead.models import Company, ExactKey, Lead, MailAddress, Opportunity, Person, Reason, Tag, Task
from fairlead.models.index import with_key
from fairlead.models.search import search
from fairlead.verbs.activities import edit_activity, log_call
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.companies import create_company
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.opportunities import create_opportunity, move_stage
from fairlead.verbs.ownership import add_collaborator, archive, assign, tag
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.verbs.tokens import create_token
from tests.core.conftest import TEST, House, act, aside, content, events, queries


@pytest.fixture
def posted() -> Any:
    """An effect that leaves the house."""
    yield declare("letter", leaves_house=True)
    del EFFECTS["letter"]


@aside("{by} wrote to {person}", may="edit")
def write_to(by: Actor, person: Person, *, key: str = "") -> Person:
    """Changes the person and promises a letter."""
    change(person, title="Written to")
    later("letter", {"to": person.name}, key=key)
    return person


@aside("{by} only wrote to {person}", may="edit")
def only_write(by: Actor, person: Person) -> Person:
    """Promises a letter and changes nothing."""
    later("letter", {"to": person.name})
    return person


def taken_back(by: Actor, deed: Any = None) -> list[str]:
    return undo(by, act=deed or act()).kept


def test_a_change_comes_back_and_can_be_done_again(house: House) -> None:
    person = create_person(house.by.sam, name="Jo", mails=["jo@acme.test"])
    before = content()
    edit_person(house.by.sam, person, name="Joanna", mails=["j@acme.test", "joanna@acme.test"])
    deed, after = act(), content()
    assert after != before
    taken_back(house.by.sam, deed)
    assert content() == before
    assert search(house.by.sam, "joanna") == [] and search(house.by.sam, "jo") == [person]
    assert list(with_key(Person, "mail", "jo@acme.test")) == [person]
    redo(house.by.sam, act=deed)
    assert content() == after
    assert list(with_key(Person, "mail", "j@acme.test")) == [person]
    taken_back(house.by.sam, deed)
    assert content() == before


def test_a_creation_and_a_removal_come_back_under_the_same_id(house: House) -> None:
    before = content()
    person = create_person(house.by.sam, name="Jo", mails=["jo@acme.test"], phones=["020 7946 0000"])
    made, deed = content(), act()
    taken_back(house.by.sam)
    assert content() == before and not ExactKey.objects.filter(noun="person").exists()
    assert search(house.by.sam, "jo") == []
    redo(house.by.sam, act=deed)
    assert content() == made
    assert Person.objects.get().public_id == person.public_id and MailAddress.objects.get().person == person


def test_many_to_many_comes_back_and_a_tag_that_others_use_stays(house: House) -> None:
    person, other = create_person(house.by.sam, name="Jo"), create_person(house.by.sam, name="Al")
    add_collaborator(house.by.sam, person, helper=house.otto)
    taken_back(house.by.sam)
    assert not person.collaborators.exists()
    tag(house.by.sam, person, tag="VIP")
    first = act()
    tag(house.by.sam, other, tag="VIP")
    taken_back(house.by.sam, first)
    assert not person.tags.exists() and [each.name for each in other.tags.all()] == ["VIP"]
    tag(house.by.sam, person, tag="Lone")
    taken_back(house.by.sam)
    assert not Tag.objects.filter(name="Lone").exists()


def test_a_verb_with_nested_verbs_is_taken_back_whole(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    before = content()
    log_call(house.by.sam, lead, text="Spoke", next_step="Offer", next_on=date(2026, 7, 1), next_time=time(9, 0))
    assert Lead.objects.get().next_step_at is not None and Lead.objects.get().last_contact_at is not None
    taken_back(house.by.sam)
    assert content() == before
    assert (Lead.objects.get().next_step_at, Lead.objects.get().last_contact_at) == (None, None)


def test_steps_that_touch_one_field_in_turn_are_taken_back_in_turn(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")

    @aside("{by} renamed {person} twice", may="edit")
    def rename_around(by: Actor, person: Person) -> None:
        """The same field before, inside and after a nested verb."""
        change(person, name="One")
        edit_person(system("rule"), person, name="Two")
        change(person, name="Three")

    rename_around(house.by.sam, person)
    taken_back(house.by.sam)
    assert Person.objects.get().name == "Jo"


def test_undoing_twice_is_harmless_and_so_is_redoing_what_stands(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    edit_person(house.by.sam, person, name="Al")
    deed = act()
    assert not undo(house.by.sam, act=deed).repeated
    count = Event.objects.count()
    assert undo(house.by.sam, act=deed).repeated and Event.objects.count() == count
    assert not redo(house.by.sam, act=deed).repeated
    assert redo(house.by.sam, act=deed).repeated
    assert Person.objects.get().name == "Al" and undone_by(deed) is None


def test_taking_back_the_redo_is_taking_back_the_act(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    edit_person(house.by.sam, person, name="Al")
    deed = act()
    undo(house.by.sam, act=deed)
    redo(house.by.sam, act=deed)
    again = act()
    undo(house.by.sam, act=again)
    assert Person.objects.get().name == "Jo" and undone_by(deed) == act()
    assert undo(house.by.sam, act=again).repeated


def test_closing_and_reopening_are_taken_back_though_the_noun_has_no_such_move(house: House) -> None:
    sale = create_opportunity(house.by.sam, title="Deal")
    before = content()
    close_won(house.by.sam, sale)
    won = act()
    reopen_opportunity(house.by.sam, sale)
    taken_back(house.by.sam)
    taken_back(house.by.sam, won)
    assert content() == before
    lead = create_lead(house.by.sam, name="Jo")
    archive(house.by.mira, lead)
    taken_back(house.by.mira)
    assert search(house.by.sam, "jo") == [lead]


def test_a_corrected_moment_goes_back_to_the_microsecond(house: House) -> None:
    moment = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
    entry = log_call(house.by.sam, create_person(house.by.sam, name="Jo"), happened_at=moment)
    before = content()
    edit_activity(house.by.sam, entry, happened_at=moment - timedelta(days=1))
    assert Person.objects.get().last_contact_at == moment - timedelta(days=1)
    taken_back(house.by.sam)
    assert content() == before and Person.objects.get().last_contact_at == moment


# --- refused, with the reason ------------------------------------------------------------------------------------


def refusal(by: Actor, deed: Any) -> str:
    before = content()
    with pytest.raises(NotUndoable) as found:
        undo(by, act=deed)
    assert content() == before
    return found.value.text


def test_what_changed_since_is_not_overwritten(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    edit_person(house.by.sam, person, name="Al", title="CEO")
    deed = act()
    edit_person(house.by.nora, person, name="Alex")
    assert refusal(house.by.sam, deed) == "Alex has changed since: name. Last by Nora."
    edit_person(house.by.nora, person, name="Al")
    taken_back(house.by.sam, deed)
    assert Person.objects.get().name == "Jo"


def test_what_was_built_upon_stays(house: House) -> None:
    company = create_company(house.by.sam, name="Acme")
    deed = act()
    create_person(house.by.nora, name="Jo", company=company)
    assert "Jo belongs to it" in refusal(house.by.sam, deed)


def test_whose_record_stands_on_it_is_not_told_to_those_who_may_not_see(house: House) -> None:
    company = create_company(house.by.sam, name="Acme")
    deed = act()
    create_person(house.by.ada, name="Secret", company=company)
    narrow = {"*": {"see": "own", "edit": "own", "create": "all", "undo": "own"}}
    by = Actor(kind="user", door="web", label="Sam", user_id=house.sam.pk, grants=narrow)
    assert "Secret" not in refusal(by, deed) and "person belongs to it" in refusal(by, deed)


def test_somebody_who_acted_since_cannot_be_uninvited(house: House) -> None:
    from tests.core.conftest import take_in

    made = take_in(TEST, name="Uma", role="Seller", team="North")
    deed = act()
    create_lead(made.actor("web"), name="Hers")
    assert "belongs to it" in refusal(TEST, deed)


def test_a_month_is_the_limit_except_for_what_says_otherwise(house: House, registered: None) -> None:
    @verb("{by} fused {person}", may="edit", undo_within=ALWAYS)
    def fuse(by: Actor, person: Person) -> None:
        """An act that can always be taken back."""
        change(person, title="Fused")

    person = create_person(house.by.sam, name="Jo")
    edit_person(house.by.sam, person, name="Al")
    edited, event = act(), events()[0]
    fuse(house.by.sam, person)
    fused = act()
    with clock.at(datetime.now(UTC) + timedelta(days=29)):
        assert undoable(event)
    with clock.at(datetime.now(UTC) + timedelta(days=31)):
        assert not undoable(event)
        assert "more than 30 days ago" in refusal(house.by.sam, edited)
        taken_back(house.by.sam, fused)
    assert Person.objects.get().title == ""


def test_what_can_only_be_answered_names_its_opposite(house: House) -> None:
    create_token(house.by.sam, name="script")
    with pytest.raises(NotUndoable) as found:
        undo(house.by.sam, act=act())
    assert found.value.facts == {"opposite": "revoke_token"}


def test_other_peoples_acts_need_the_right(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    edit_lead(house.by.sam, lead, name="Al")
    deed = act()
    with pytest.raises(NotAllowed, match="Sam did this"):
        undo(house.by.nora, act=deed)
    with pytest.raises(NotAllowed):
        undo(house.by.rita, act=deed)
    with pytest.raises(NotAllowed):
        undo(Actor(kind="visitor", door="web", label="A visitor"), act=deed)
    reading = Actor(kind="token", door="api", label="Sam", user_id=house.sam.pk, scopes=frozenset({"read"}))
    with pytest.raises(NotAllowed):
        undo(reading, act=deed)
    taken_back(house.by.mira, deed)
    assert Lead.objects.get().name == "Jo"


def test_the_removals_of_others_need_the_right_too(house: House) -> None:
    person = create_person(house.by.sam, name="Jo", mails=["jo@acme.test"])
    edit_person(house.by.sam, person, mails=[])
    deed = act()
    for stranger in (house.by.otto, house.by.nora, house.by.rita):
        with pytest.raises(NotAllowed):
            undo(stranger, act=deed)
    taken_back(house.by.sam, deed)
    assert MailAddress.objects.get().address == "jo@acme.test"


def test_an_act_on_what_one_may_not_see_does_not_exist(house: House) -> None:
    create_lead(house.by.sam, name="Jo")
    blind = Actor(kind="user", door="web", label="Ivo", user_id=house.ivo.pk, grants=house.by.ivo.grants)
    with pytest.raises(NotFound):
        undo(blind, act=act())
    with pytest.raises(NotFound):
        undo(house.by.ada, act=uuid.uuid4())


def test_ones_own_act_on_a_record_one_may_edit_no_more(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    edit_lead(house.by.sam, lead, name="Al")
    deed = act()
    assign(house.by.mira, lead, owner=house.otto)
    with pytest.raises(NotAllowed):
        undo(house.by.sam, act=deed)


def test_a_link_to_something_gone_cannot_come_back(house: House) -> None:
    company = create_company(house.by.sam, name="Acme")
    made = act()
    person = create_person(house.by.sam, name="Jo", company=company)
    edit_person(house.by.sam, person, company=None)
    unlinked = act()
    taken_back(house.by.sam, made)
    assert "company is gone" in refusal(house.by.sam, unlinked)
    redo(house.by.sam, act=made)
    taken_back(house.by.sam, unlinked)
    assert Person.objects.get().company == company


def test_a_removal_whose_place_was_taken_is_refused(house: House) -> None:
    @aside("{by} dropped {it}", may="member")
    def drop_tag(by: Actor, *, name: str) -> None:
        """Takes a tag away."""
        remove(Tag.objects.get(name=name))

    @aside("{by} made {it}", may="member")
    def make_tag(by: Actor, *, name: str) -> Tag:
        """Makes a tag."""
        return create(Tag, name=name)

    make_tag(TEST, name="VIP")
    drop_tag(TEST, name="VIP")
    dropped = act()
    make_tag(TEST, name="VIP")
    assert "another one has taken its place" in refusal(TEST, dropped)


def test_a_record_that_is_gone_stops_the_undo(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    edit_lead(house.by.sam, lead, name="Al")
    edited = act()
    made = Event.objects.filter(verb="create_lead").get().act
    assert "changed since: name" in refusal(house.by.sam, made)

    @aside("{by} removed {lead}", may="edit")
    def scrap(by: Actor, lead: Lead) -> None:
        """Takes a lead away."""
        remove(lead)

    scrap(house.by.sam, lead)
    assert "is gone" in refusal(house.by.sam, edited)


def test_keep_later_takes_back_the_rest_and_lists_what_stays(house: House, registered: None) -> None:
    @verb("{by} tidied {people}", may="edit", keep_later=True)
    def tidy(by: Actor, *, people: list[Person]) -> list[Person]:
        """Changes several people and makes one."""
        for person in people:
            change(person, title="Tidy", language="en")
        return [*people, create(Person, name="New")]

    people = [create_person(house.by.sam, name=name) for name in "AB"]
    made = tidy(house.by.ada, people=people)
    deed = act()
    edit_person(house.by.ada, people[0], title="Mine")
    add_task(house.by.ada, made[2], title="Call")
    kept = taken_back(house.by.ada, deed)
    assert kept == ["New has changed since: Call belongs to it.", "A has changed since: job title."]
    one, two = Person.objects.filter(name__in="AB").order_by("name")
    assert (one.title, one.language, two.title, two.language) == ("Mine", "", "", "")


# --- what has left, and what has not -----------------------------------------------------------------------------


def test_an_unsent_letter_is_called_off_and_promised_again(house: House, posted: Any) -> None:
    person = create_person(house.by.sam, name="Jo")
    write_to(house.by.sam, person)
    deed = act()
    taken_back(house.by.sam, deed)
    assert Outbox.objects.get(act=deed).state == "cancelled"
    redo(house.by.sam, act=deed)
    assert Outbox.objects.get(act=deed).state == "waiting"
    undo(house.by.sam, act=act())
    assert Outbox.objects.get(act=deed).state == "cancelled"


@pytest.mark.parametrize("state", ["leased", "done"])
def test_what_has_left_the_house_is_not_taken_back(house: House, posted: Any, state: str) -> None:
    write_to(house.by.sam, create_person(house.by.sam, name="Jo"))
    deed = act()
    Outbox.objects.filter(act=deed).update(state=state)
    assert "has left already" in refusal(house.by.sam, deed)
    Outbox.objects.filter(act=deed).update(leaves_house=False)
    taken_back(house.by.sam, deed)
    assert Person.objects.get().title == ""


def test_a_promise_alone_is_an_act_and_is_taken_back(house: House, posted: Any) -> None:
    only_write(house.by.sam, create_person(house.by.sam, name="Jo"))
    deed = act()
    assert [event.verb for event in events(deed)] == ["only_write"]
    taken_back(house.by.sam, deed)
    assert Outbox.objects.get(act=deed).state == "cancelled"


def test_a_key_called_off_may_be_promised_by_a_later_act(house: House, posted: Any) -> None:
    person = create_person(house.by.sam, name="Jo")
    write_to(house.by.sam, person, key="jo:today")
    taken_back(house.by.sam)
    write_to(house.by.sam, person, key="jo:today")
    assert (Outbox.objects.get().state, Outbox.objects.get().act) == ("waiting", act())


# --- many at once ------------------------------------------------------------------------------------------------


@aside("{by} took in {it}", may="member")
def bulk_add(by: Actor, *, count: int) -> list[Lead]:
    """Many leads at once."""
    return create_many(Lead, [{"name": f"n{i}"} for i in range(count)])


@aside("{by} gave away {leads}", may="member")
def bulk_give(by: Actor, leads: list[Lead], *, owner: int) -> list[Lead]:
    """Many leads to one owner."""
    return change_many(leads, owner_id=owner)


@aside("{by} tagged {leads}", may="member")
def bulk_tag(by: Actor, leads: list[Lead]) -> list[Lead]:
    """A tag on many leads."""
    return link_many(leads, "tags", [create(Tag, name="Bulk")])


def test_bulk_acts_are_taken_back_in_few_statements(house: House) -> None:
    empty = content()
    bulk_add(house.by.ada, count=120)
    added, made = act(), content()
    bulk_give(house.by.ada, list(Lead.objects.all()), owner=house.sam.pk)
    given = act()
    assert Lead.objects.filter(owner=house.sam).count() == 120
    bulk_tag(house.by.ada, list(Lead.objects.all()))
    assert Tag.objects.get().leads.count() == 120
    with queries() as seen:
        taken_back(house.by.ada)
    assert len(seen) < 80
    with queries() as seen:
        taken_back(house.by.ada, given)
    assert len(seen) < 80
    assert content() == made
    redo(house.by.ada, act=given)
    assert Lead.objects.filter(owner=house.sam).count() == 120
    taken_back(house.by.ada, given)
    taken_back(house.by.ada, added)
    assert content() == empty
    redo(house.by.ada, act=added)
    assert content() == made


def test_one_edit_among_many_is_named_and_stops_the_undo(house: House) -> None:
    bulk_add(house.by.ada, count=60)
    added = act()
    edit_lead(house.by.ada, Lead.objects.all()[30], title="CEO")
    assert refusal(house.by.ada, added) == "n30 has changed since: job title. Last by Ada."


def test_derived_columns_of_many_follow(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    task = add_task(house.by.sam, lead, title="Call", due_on=date(2026, 7, 1))
    complete_task(house.by.sam, task)
    assert Lead.objects.get().next_step_at is None
    taken_back(house.by.sam)
    assert Lead.objects.get().next_step_at == Task.objects.get().due_at
    assert Company.objects.count() == 0


def test_every_refusal_is_one(house: House) -> None:
    sale = create_opportunity(house.by.sam, title="Deal")
    stages = list(sale.stage.pipeline.stages.all())
    move_stage(house.by.sam, sale, stage=stages[2], reason="In a hurry")
    moved = act()
    close_lost(house.by.sam, sale, reason=Reason.objects.get(kind="lost", name="Price"))
    taken_back(house.by.sam, moved)
    assert Opportunity.objects.get().stage == stages[0] and Opportunity.objects.get().state == "lost"
    with pytest.raises(Refused):
        undo(house.by.sam, act=uuid.uuid4())
