"""Acts: steps and causes, events that tell everything, and nothing half done."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from fairlead.core import clock
from fairlead.core.act import current, last
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change, create, create_many, remove
from fairlead.core.errors import Invalid, NotFound, WriteOutsideVerb, WrongState
from fairlead.core.event import Event, EventLink, timeline
from fairlead.core.record import dump, erasing, writing
from fairlead.core.verb import tell
from fairlead.models import Activity, Closure, Company, Lead, MailAddress, Person, Reason, Tag, Task
from fairlead.verbs.activities import edit_activity, log_call
from fairlead.verbs.closing import close_lost, close_won
from fairlead.verbs.companies import create_company, edit_company
from fairlead.verbs.leads import create_lead
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity, move_stage
from fairlead.verbs.ownership import add_collaborator, tag
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.tasks import add_task, complete_task, snooze_task
from tests.core.conftest import House, act, aside, events, queries


@aside("{by} tried {person}", may="edit")
def try_and_fail(by: Actor, person: Person, *, nested: bool = False) -> Person:
    """Changes something, then refuses; nested, the caller goes on as if nothing had been."""
    if nested:
        with pytest.raises(WrongState):
            try_and_fail(by, person)
        return person
    change(person, name="Half done")
    raise WrongState("No.")


@aside("{by} asked {person}", may="edit")
def refuse_at_once(by: Actor, person: Person, *, nested: bool = False) -> Person:
    """Refuses before anything changed; nested, the caller may go on."""
    if nested:
        with pytest.raises(WrongState):
            refuse_at_once(by, person)
        change(person, title="Went on")
        return person
    raise WrongState("No.")


@aside("{by} renamed {person} twice", may="edit")
def rename_around(by: Actor, person: Person) -> Person:
    """Changes a field before and after a nested verb changes the same one."""
    change(person, name="One")
    edit_person(system("rule: greeting"), person, name="Two")
    change(person, name="Three")
    return person


@aside("{by} gave {person} a wrong argument", may="edit")
def misspell(by: Actor, person: Person, *, field: str) -> Person:
    """Sets a field that is none, or one that is derived."""
    change(person, **{field: None})
    return person


def test_one_call_is_one_act_with_its_steps_and_their_causes(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    log_call(house.by.sam, lead, text="Spoke", next_step="Send offer", next_on=date(2026, 3, 2))
    first, second = events()
    assert [(first.verb, first.step, first.cause), (second.verb, second.step, second.cause)] == [
        ("log_call", 0, None),
        ("add_task", 1, 0),
    ]
    assert first.act == second.act == act()
    assert {noun for noun, *_rest in first.changes} == {"activity", "lead"}
    assert [noun for noun, *_rest in second.changes] == ["task"]
    assert sorted(first.order + second.order) == [0, 1, 2]


def test_events_are_written_in_one_statement_and_never_updated(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    with queries() as seen:
        log_call(house.by.sam, lead, next_step="Send offer", next_on=date(2026, 3, 2))
    written = [q["sql"] for q in seen if '"fairlead_event"' in q["sql"] and not q["sql"].startswith("SELECT")]
    assert len(written) == 1 and written[0].startswith("INSERT")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE fairlead_event SET verb = 'x'",
        'DELETE FROM "fairlead_event"',
        "INSERT INTO fairlead_person (name) VALUES ('x')",
        'update "fairlead_person" set name = 1',
        "WITH x AS (SELECT 1) UPDATE fairlead_person SET name = 'x'",
        "/* hello */ DELETE FROM fairlead_person_tags",
    ],
)
def test_a_guarded_table_is_written_only_by_the_kernel(house: House, sql: str) -> None:
    with pytest.raises(WriteOutsideVerb), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(WriteOutsideVerb), transaction.atomic():
        Person(name="Loose").save()
    with pytest.raises(WriteOutsideVerb), transaction.atomic():
        Person.objects.update(name="Loose")
    with pytest.raises(WriteOutsideVerb):
        create(Person, name="Loose")
    assert not Person.objects.exists()


def test_even_the_kernel_cannot_rewrite_an_event_and_erasure_can(house: House) -> None:
    event = Event.objects.all()[0]
    with writing(), pytest.raises(WriteOutsideVerb), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(verb="x")
    with writing(), pytest.raises(WriteOutsideVerb), transaction.atomic():
        event.delete()
    with erasing():
        assert Event.objects.filter(pk=event.pk).update(labels={}) == 1


def test_values_are_kept_exactly(house: House) -> None:
    moment = datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC)
    person = create_person(house.by.sam, name="Jo")
    entry = log_call(house.by.sam, person, text="Älter ☎", happened_at=moment)
    kept = next(after for noun, _pk, _op, _before, after in events()[0].changes if noun == "activity")
    assert kept["happened_at"] == "2026-03-01T09:30:15.123456+00:00"
    edit_activity(house.by.sam, entry, happened_at=moment + timedelta(microseconds=1))
    assert events()[0].before_after("activity", entry.pk)["happened_at"] == (
        "2026-03-01T09:30:15.123456+00:00",
        "2026-03-01T09:30:15.123457+00:00",
    )
    task = add_task(house.by.sam, person, title="Call", due_on=date(2026, 7, 1), due_time=time(9, 5))
    kept = events()[0].changes[0][4]
    assert (kept["due_on"], kept["due_time"], kept["due_at"]) == ("2026-07-01", "09:05:00", "2026-07-01T08:05:00+00:00")
    assert dump(Task.objects.get(pk=task.pk)) == {**dump(task)}


def test_many_to_many_and_links_are_in_the_event(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    add_collaborator(house.by.sam, person, helper=house.otto)
    assert events()[0].before_after("person", person.pk)["collaborators"] == ([], [house.otto.pk])
    tag(house.by.sam, person, tag="VIP")
    made, tagged = events()[0].changes
    assert (made[0], made[2]) == ("tag", "create") and tagged[4]["tags"] == [Tag.objects.get().pk]
    company = create_company(house.by.sam, name="Acme")
    edit_person(house.by.sam, person, company=company)
    assert events()[0].before_after("person", person.pk)["company"] == (None, company.pk)


def test_a_foreign_key_may_be_given_by_its_column_and_a_misspelt_field_raises(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")

    @aside("{by} gave {person} away", may="edit")
    def give_by_id(by: Actor, person: Person, *, owner: int) -> Person:
        """Sets the column of a foreign key."""
        change(person, owner_id=owner)
        return person

    give_by_id(house.by.sam, person, owner=house.nora.pk)
    assert Person.objects.get().owner == house.nora
    assert events()[0].before_after("person", person.pk)["owner"] == (house.sam.pk, house.nora.pk)
    with pytest.raises(TypeError):
        misspell(house.by.nora, person, field="next_step_at")
    with pytest.raises(Exception, match="colour"):
        misspell(house.by.nora, person, field="colour")


def test_a_repeated_call_changes_nothing_and_tells_nothing(house: House) -> None:
    task = add_task(house.by.sam, create_person(house.by.sam, name="Jo"), title="Call")
    complete_task(house.by.sam, task)
    done = Event.objects.count(), Task.objects.get().version
    again = complete_task(house.by.sam, task)
    assert again.state == "done" and not last().changed  # type: ignore[union-attr]
    assert (Event.objects.count(), Task.objects.get().version) == done


def test_a_failed_act_leaves_nothing_and_the_record_as_it_was(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    before = Event.objects.count()
    with pytest.raises(WrongState):
        try_and_fail(house.by.sam, person)
    assert (person.name, person.version) == ("Jo", 1)
    assert (Person.objects.get().name, Event.objects.count()) == ("Jo", before)


def test_a_step_that_failed_half_way_takes_the_act_with_it_and_one_that_did_nothing_does_not(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    with pytest.raises(RuntimeError, match="try_and_fail"):
        try_and_fail(house.by.sam, person, nested=True)
    assert Person.objects.get().name == person.name == "Jo"
    refuse_at_once(house.by.sam, person, nested=True)
    assert Person.objects.get().title == "Went on"
    assert [event.verb for event in events()] == ["refuse_at_once"]


def test_invalid_values_and_forbidden_moves_leave_the_record_in_memory_untouched(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    with pytest.raises(Invalid) as refusal:
        edit_person(house.by.sam, person, name="x" * 300, title="Kept?")
    assert "name" in refusal.value.errors and (person.name, person.title) == ("Jo", "")

    sale = create_opportunity(house.by.sam, title="Deal")

    @aside("{by} lost {sale} the wrong way", may="edit")
    def flip(by: Actor, sale: type(sale)) -> None:  # type: ignore[valid-type]
        """Moves from won to lost, which the noun does not allow."""
        change(sale, state="won")
        change(sale, state="lost")

    with pytest.raises(WrongState):
        flip(house.by.sam, sale)
    sale.refresh_from_db()
    assert sale.state == "open" and not Closure.objects.exists()


def test_a_value_that_must_be_unique_is_refused_in_words(house: House) -> None:
    @aside("{by} made the tag {it}", may="member")
    def make_tag(by: Actor, *, name: str) -> Tag:
        """Without looking whether there is one."""
        return create(Tag, name=name)

    make_tag(house.by.sam, name="VIP")
    with pytest.raises(Invalid) as refusal:
        make_tag(house.by.sam, name="VIP")
    assert list(refusal.value.errors) == ["name"]


def test_what_is_needed_cannot_be_removed(house: House) -> None:
    @aside("{by} removed {company}", may="delete")
    def scrap(by: Actor, company: Company) -> None:
        """Takes a company away."""
        remove(company)

    company = create_company(house.by.ada, name="Acme")
    person = create_person(house.by.ada, name="Jo", company=company)
    with pytest.raises(WrongState, match="Jo"):
        scrap(house.by.ada, company)
    edit_person(house.by.ada, person, company=None)
    scrap(house.by.ada, company)
    assert not Company.objects.exists()


def test_a_nested_verb_by_another_actor_is_told_as_theirs_in_the_same_act(house: House) -> None:
    rename_around(house.by.sam, create_person(house.by.sam, name="Jo"))
    first, second = events()
    assert (first.by_kind, first.by_user_id, second.by_kind, second.by_cause) == (
        "user",
        house.sam.pk,
        "system",
        "rule: greeting",
    )
    assert Person.objects.get().name == "Three"


def test_all_copies_in_memory_of_a_changed_record_agree(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    other = Person.objects.get(pk=person.pk)

    @aside("{by} compared {one} and {two}", may="edit")
    def compare(by: Actor, one: Person, two: Person) -> tuple[str, int, str, int]:
        """Changes one copy, then the other."""
        change(one, name="New")
        change(two, title="CEO")
        return one.title, one.version, two.name, two.version

    assert compare(house.by.sam, person, other) == ("CEO", 3, "New", 3)
    assert Person.objects.get().version == 3


def test_a_stale_record_is_read_again_on_entry(house: House) -> None:
    sale = create_opportunity(house.by.sam, title="Deal")
    stale = type(sale).objects.get(pk=sale.pk)
    close_won(house.by.sam, sale)
    with pytest.raises(WrongState, match="Won"):
        close_lost(house.by.sam, stale, reason=Reason.objects.get(kind="lost", name="Price"))
    assert stale.state == "won" and Closure.objects.count() == 1


def test_a_record_that_is_gone_is_not_found(house: House) -> None:
    @aside("{by} removed {lead}", may="edit")
    def scrap_lead(by: Actor, lead: Lead) -> None:
        """Takes a lead away."""
        remove(lead)

    lead = create_lead(house.by.sam, name="Jo")
    copy = Lead.objects.get()
    scrap_lead(house.by.sam, lead)
    with pytest.raises(NotFound):
        scrap_lead(house.by.sam, copy)


def test_locks_are_taken_in_order_of_noun_and_id(house: House) -> None:
    companies = [create_company(house.by.sam, name=name) for name in "AB"]
    person = create_person(house.by.sam, name="Jo")

    @aside("{by} joined {person} and {companies}", may="edit")
    def join(by: Actor, person: Person, companies: list[Company], *, last: Company) -> None:
        """Takes records of two nouns, the later noun first and the ids backwards."""

    with queries() as seen:
        join(house.by.sam, person, [companies[1]], last=companies[0])
    reads = [
        q["sql"] for q in seen if q["sql"].startswith("SELECT") and ("_company" in q["sql"] or "_person" in q["sql"])
    ]
    locks = [sql for sql in reads if "ORDER BY" in sql]
    assert ["fairlead_company" in locks[0], "fairlead_person" in locks[1]] == [True, True]
    assert (
        f"IN ({companies[0].pk}, {companies[1].pk})" in locks[0] and 'ORDER BY "fairlead_company"."id" ASC' in locks[0]
    )
    if connection.vendor == "postgresql":
        assert all(sql.endswith("FOR NO KEY UPDATE") for sql in locks[:2])


def test_bulk_keeps_one_compact_event_for_each_record(house: House) -> None:
    @aside("{by} took in {it}", may="member")
    def take_in_leads(by: Actor, *, names: list[str]) -> list[Lead]:
        """Many leads at once."""
        return create_many(Lead, [{"name": name} for name in names])

    with queries() as seen:
        made = take_in_leads(house.by.sam, names=[f"n{i}" for i in range(80)])
    assert len(seen) < 20
    assert [event.changes for event in events()] == [[["lead", lead.pk, "create", {}, {}]] for lead in made]
    assert EventLink.objects.filter(kind="lead", record_id=made[79].pk).count() == 1


def test_the_clock_can_be_set_and_knows_its_zone(house: House) -> None:
    moment = datetime(2020, 12, 31, 23, 30, tzinfo=UTC)
    with clock.at(moment):
        create_person(house.by.sam, name="Jo")
        assert clock.today(ZoneInfo("Europe/Berlin")) == date(2021, 1, 1)
    assert events()[0].at == Person.objects.get().created_at == moment
    assert clock.now() - moment > timedelta(days=365)
    with pytest.raises(ValueError, match="aware"), clock.at(datetime(2020, 1, 1)):  # noqa: DTZ001
        pass


def test_a_deed_is_told_with_what_was_true_then(house: House) -> None:
    sale = create_opportunity(house.by.sam, title="Deal")
    stages = list(sale.stage.pipeline.stages.all())
    move_stage(house.by.sam, sale, stage=stages[1], reason="In a hurry")
    event = events()[0]
    edit_opportunity(house.by.sam, sale, title="Renamed")
    parts = tell(event)
    assert "".join(part.text for part in parts) == "Sam moved Deal from Qualify to Develop"
    assert next(part.ref for part in parts if part.word == "opportunity") == ("opportunity", sale.public_id)


def test_the_timeline_is_one_list_newest_first_and_read_in_pages(house: House) -> None:
    person, lead = create_person(house.by.sam, name="Jo"), create_lead(house.by.sam, name="Jo")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(4):
        log_call(house.by.sam, (person, lead)[day % 2], happened_at=start + timedelta(days=day))
    links = [("person", person.pk), ("lead", lead.pk)]
    newest = timeline(links, size=3)
    assert len(newest) == 4 and [at for at, _event in newest] == sorted((at for at, _event in newest), reverse=True)
    older = timeline(links, before=(newest[2][0], newest[2][1].pk), size=10)
    assert older[0][1].pk == newest[3][1].pk and len(older) == 3
    assert timeline([]) == []


def test_correcting_when_it_happened_moves_the_entry_on_the_timeline(house: House) -> None:
    person = create_person(house.by.sam, name="Jo")
    wrong, right = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
    entry = log_call(house.by.sam, person, happened_at=wrong)
    logged = events()[0]
    edit_activity(house.by.sam, entry, happened_at=right)
    moments = {event.pk: at for at, event in timeline([("person", person.pk)])}
    assert moments[logged.pk] == right
    assert Event.objects.get(pk=logged.pk).changes[0][4]["happened_at"] == wrong.isoformat()


def test_what_follows_is_up_to_date_in_the_same_act(house: House) -> None:
    person = create_person(house.by.sam, name="Jo", mails=["jo@acme.test"])
    task = add_task(house.by.sam, person, title="Call", due_on=date(2026, 7, 1), due_time=time(9, 0))
    assert task.person is not None and task.person.next_step_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    snooze_task(house.by.sam, task, due_on=date(2026, 7, 2), due_time=time(9, 0))
    assert Person.objects.get().next_step_at == datetime(2026, 7, 2, 8, tzinfo=UTC)
    complete_task(house.by.sam, task)
    assert Person.objects.get().next_step_at is None
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    log_call(house.by.sam, person, happened_at=moment)
    assert Person.objects.get().last_contact_at == person.last_contact_at == moment
    assert MailAddress.objects.get().normal == "jo@acme.test"


def test_a_renamed_company_is_found_on_its_people_and_sales(house: House) -> None:
    from fairlead.models.search import search

    company = create_company(house.by.sam, name="Acme")
    person = create_person(house.by.sam, name="Jo", company=company)
    sale = create_opportunity(house.by.sam, title="Deal", company=company)
    edit_company(house.by.sam, company, name="Zenith")
    assert set(search(house.by.sam, "zenith")) == {company, person, sale}
    assert search(house.by.sam, "acme") == []


def test_nothing_is_current_outside_a_verb() -> None:
    with pytest.raises(WriteOutsideVerb):
        current()


def test_activities_know_their_own_history(house: House) -> None:
    entry = log_call(house.by.sam, create_person(house.by.sam, name="Jo"), text="a")
    edit_activity(house.by.sam, entry, text="b")
    assert EventLink.objects.filter(kind="activity", record_id=entry.pk).count() == 2
    assert Activity.objects.get().text == "b"
