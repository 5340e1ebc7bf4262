"""Who may: permission beside the verb, and one condition for what is visible, on records and on what hangs on them."""

from typing import Any

import pytest

from fairlead.core.access import can, can_any, reach
from fairlead.core.actor import Actor, Level, system
from fairlead.core.errors import NotAllowed, NotFound
from fairlead.core.schema import find, perform
from fairlead.models import (
    Activity,
    Closure,
    Company,
    Lead,
    MailAddress,
    Opportunity,
    Person,
    PhoneNumber,
    Suppression,
    Task,
)
from fairlead.verbs.activities import log_note
from fairlead.verbs.closing import close_won
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import add_collaborator, archive, assign
from fairlead.verbs.people import create_person
from fairlead.verbs.suppressions import suppress, suppress_address
from fairlead.verbs.tasks import add_task
from tests.core.conftest import TEST, House


def acting(house: House, name: str, level: Level) -> Actor:
    """This person with one level for everything."""
    known = getattr(house.by, name)
    rights = dict.fromkeys(("see", "edit", "undo"), level)
    return Actor(
        kind="user",
        door="web",
        label=known.label,
        user_id=known.user_id,
        team_ids=known.team_ids,
        teammate_ids=known.teammate_ids,
        grants={"*": rights | {"create": "all"}},
    )


@pytest.fixture
def owned(house: House) -> dict[str, Any]:
    """A person of each of Sam, Nora (the same team) and Otto (another), with everything that can hang on one."""
    found = {}
    for name in ("sam", "nora", "otto"):
        by = getattr(house.by, name)
        person = create_person(by, name=name, mails=[f"{name}@acme.test"], phones=["020 7946 0000"])
        sale = create_opportunity(by, title=name, person=person)
        log_note(by, person, text=name)
        add_task(by, sale, title=name)
        close_won(by, sale)
        suppress(by, person, reason=name)
        found[name] = person
    return found


HANGING = (Person, Opportunity, MailAddress, PhoneNumber, Activity, Task, Closure, Suppression)


@pytest.mark.parametrize(("level", "count"), [("none", 0), ("own", 1), ("team", 2), ("all", 3)])
def test_visible_is_what_the_level_reaches_with_all_that_hangs_on_it(
    house: House, owned: dict[str, Any], level: Level, count: int
) -> None:
    by = acting(house, "sam", level)
    seen = {model.noun(): model.objects.visible_to(by).count() for model in HANGING}
    assert seen == {model.noun(): count for model in HANGING}
    assert [can(by, "see", owned[name]) for name in ("sam", "nora", "otto")] == [
        level != "none",
        level in {"team", "all"},
        level == "all",
    ]


def test_a_task_for_me_and_an_entry_of_mine_are_mine_whatever_they_are_about(
    house: House, owned: dict[str, Any]
) -> None:
    add_task(house.by.otto, owned["otto"], title="For Sam", assignee=house.sam)
    log_note(house.by.sam, owned["otto"], text="By Sam")
    by = acting(house, "sam", "own")
    assert set(Task.objects.visible_to(by).values_list("title", flat=True)) == {"sam", "For Sam"}
    assert set(Activity.objects.visible_to(by).values_list("text", flat=True)) == {"sam", "By Sam"}


def test_a_collaborator_and_a_new_owner_see_it_and_the_old_one_does_not(house: House, owned: dict[str, Any]) -> None:
    by = acting(house, "sam", "own")
    with pytest.raises(NotFound):
        find("person", owned["otto"].public_id, by)
    add_collaborator(house.by.otto, owned["otto"], helper=house.sam)
    assert find("person", owned["otto"].public_id, by) == owned["otto"]
    assign(house.by.mira, owned["sam"], owner=house.otto)
    with pytest.raises(NotFound):
        find("person", owned["sam"].public_id, by)


@pytest.mark.parametrize("public_id", ["", "nothing", "\x00", "' OR 1=1", "x" * 5000, "k3f9\ud800"])
def test_foreign_and_impossible_ids_are_not_told_apart(house: House, owned: dict[str, Any], public_id: str) -> None:
    by = acting(house, "sam", "own")
    texts = set()
    for asked in (owned["otto"].public_id, public_id):
        with pytest.raises(NotFound) as found:
            perform("edit_person", by, {"person": asked, "name": "Mine now"})
        texts.add(found.value.text)
    assert len(texts) == 1 and owned["otto"].name == Person.objects.get(pk=owned["otto"].pk).name


def test_an_address_alone_is_suppressed_for_all_and_seen_by_those_who_see_people(house: House) -> None:
    suppress_address(house.by.sam, address="jo@acme.test", channel="mail", reason="Asked")
    assert Suppression.objects.visible_to(acting(house, "otto", "own")).count() == 1
    assert Suppression.objects.visible_to(acting(house, "otto", "none")).count() == 0


def test_each_verb_asks_for_its_permission(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")
    edit_lead(house.by.nora, lead, name="Al")
    for stranger in (house.by.otto, house.by.rita, house.by.ivo, Actor(kind="visitor", door="web", label="A visitor")):
        with pytest.raises(NotAllowed):
            edit_lead(stranger, lead, name="Mine")
    with pytest.raises(NotAllowed):
        archive(house.by.sam, lead)
    with pytest.raises(NotAllowed):
        create_person(house.by.ivo, name="Jo")
    assert create_lead(house.by.ivo, name="By intake").owner == house.ivo
    edit_lead(TEST, lead, name="By the system")
    archive(house.by.mira, lead)
    assert Lead.objects.get(pk=lead.pk).archived_at is not None


def test_a_token_may_what_its_user_may_within_its_scopes(house: House) -> None:
    lead = create_lead(house.by.sam, name="Jo")

    def token(*scopes: str) -> Actor:
        by = house.by.sam
        facts = {"user_id": by.user_id, "team_ids": by.team_ids, "teammate_ids": by.teammate_ids, "grants": by.grants}
        return Actor(kind="token", door="api", label="Sam", token_id=1, scopes=frozenset(scopes), **facts)

    assert can(token("read"), "see", lead) and not can(token("read"), "edit", lead)
    assert can(token("write"), "edit", lead) and not can(token("write"), "see", lead)
    assert can(token("lead.edit"), "edit", lead) and not can_any(token("lead.edit"), "edit", "person")
    assert not can(token("read", "write"), "delete", lead)
    with pytest.raises(NotAllowed):
        edit_lead(token("read"), lead, name="No")
    assert not can(token(), "see", lead)


def test_the_system_may_everything_and_what_is_not_granted_is_denied(house: House) -> None:
    nobody = Actor(kind="user", door="web", label="New", user_id=house.sam.pk)
    assert Company.objects.visible_to(nobody).count() == 0 and not can_any(nobody, "create", "lead")
    assert not reach(system("rule"), "delete", Lead)
