"""The phone page: who is calling by number or name, for whoever may see them; a new lead with its call in one act."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core.actor import system
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Activity, Endpoint, Event, Lead, Role, Source, Task, User
from fairlead.models.user import DEFAULT_ROLES
from fairlead.verbs.calls import take_call
from fairlead.verbs.endpoints import close_endpoint, create_endpoint
from fairlead.verbs.leads import create_lead
from fairlead.verbs.people import create_person
from fairlead.verbs.roles import create_role
from fairlead.verbs.suppressions import suppress, suppress_address
from fairlead.verbs.users import change_role

STATEMENTS = 24  # of the matches, those of the session and of search settings among them
OURS = system("test")


@pytest.fixture
def sam(world: World) -> Client:
    client = Client()
    client.force_login(world.sam)
    return client


@pytest.fixture
def nia(world: World) -> Any:
    by = world.sam.actor("web")
    return create_person(by, name="Nia Pugh", company=world.peverell, title="Buyer", phones=["020 7946 0411"])


def found(client: Client, text: str) -> str:
    answer = client.get("/call/found", {"number": text})
    assert answer.status_code == 200
    return answer.content.decode()


def with_role(user: User, **grants: Any) -> User:
    change_role(
        OURS,
        user,
        role=create_role(OURS, name=f"Desk {user.pk} {Role.objects.count()}", grants=DEFAULT_ROLES["Seller"] | grants),
    )
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("text", ["020 7946 0411", "+442079460411", "0044 20 7946 0411", "60411", "nia pu", "pugh pev"])
def test_a_caller_is_found_by_number_fragment_or_name(world: World, sam: Client, nia: Any, text: str) -> None:
    html = found(sam, text)
    assert "Nia Pugh" in html and "Buyer · Peverell Logistics" in html and "Sam" in html
    assert "no contact yet" in html and f"/people/{nia.public_id}-nia-pugh?kind=call&amp;direction=in#log" in html
    assert "Managed IT for 45 seats" in html or "open opportunities" in html


def test_leads_companies_slips_and_scripts(world: World, sam: Client) -> None:
    assert "Ring" not in found(sam, "zzzz") and "Nobody with" in found(sam, "zzzz")
    assert world.joanna.public_id in found(sam, "joanna w")
    assert world.peverell.public_id in found(sam, "peverell log")
    assert "Łukasz Zieliński" in found(sam, "lukasz") and "Σοφία" in found(sam, "σοφια")
    assert "Did you mean" in found(sam, "peverrel logistics")
    assert found(sam, "p").count("role=") == 0


def test_who_has_exactly_this_number_comes_first(world: World, sam: Client, nia: Any) -> None:
    create_person(OURS, name="Aaron Longer", phones=["+1 442 079 460 411"])
    create_lead(OURS, name="Zed Exact", phone="+442079460411")
    html = found(sam, "+442079460411")
    assert html.index("Nia Pugh") < html.index("Zed Exact")
    assert "Aaron Longer" not in html or html.index("Zed Exact") < html.index("Aaron Longer")


def test_do_not_contact_is_marked(world: World, sam: Client, nia: Any) -> None:
    create_lead(OURS, name="Lee Lead", phone="020 7946 0999")
    assert "Do not contact" not in found(sam, "lee lead") + found(sam, "nia pugh")
    suppress(OURS, nia, reason="Asked", channel="phone")
    suppress_address(OURS, address="+44 20 7946 0999", channel="phone", reason="Asked")
    assert "Do not contact" in found(sam, "nia pugh") and "Do not contact" in found(sam, "lee lead")
    assert "Do not call this number" in found(sam, "020 7946 0999")


def test_nothing_is_found_that_its_reader_may_not_see(world: World, nia: Any) -> None:
    client = Client()
    client.force_login(with_role(world.noah, **{"*": {"see": "own", "create": "own"}}))
    for text in ("60411", "nia pugh", "peverell", "joanna weir"):
        assert 'role="option"' not in found(client, text), text
    client.force_login(with_role(world.noah, private={}))
    assert "Nia Pugh" in found(client, "nia pugh") and "Nia Pugh" not in found(client, "60411")


def test_the_matches_take_a_bounded_number_of_statements(world: World, sam: Client, nia: Any) -> None:
    for number in range(6):
        create_person(OURS, name=f"Pe Person {number}", company=world.peverell, phones=[f"020 7946 04{number:02}"])
        create_lead(OURS, name=f"Pe Lead {number}", phone="020 7946 0411")
    for text in ("pe", "7946 04", "020 7946 0411"):
        with CaptureQueriesContext(connection) as asked:
            found(sam, text)
        assert len(asked) <= STATEMENTS, len(asked)


def test_the_page_is_filled_from_its_address(world: World, sam: Client, nia: Any) -> None:
    html = sam.get("/call?number=+442079460411").content.decode()  # a plus that became a space
    assert 'value="+442079460411"' in html and "Nia Pugh" in html and html.count('value="+442079460411"') == 2
    assert 'name="name" value="New Face"' in sam.get("/call?number=New Face").content.decode().replace(
        'type="text" value="New Face" id="f-name" name="name"', 'name="name" value="New Face"'
    )


def test_a_new_lead_with_its_call_and_next_step_is_one_act(world: World, sam: Client) -> None:
    source = Source.objects.get(name="Yellow pages")
    given = {"name": "Ada New", "phone": "020 7946 0777", "company_name": "New Ltd", "interest": "Laptops"}
    given |= {"source": source.public_id, "text": "Wants 3 laptops", "next_step": "Call back", "other_day": "+1w"}
    for _twice in range(2):  # one form, sent twice
        answer = sam.post("/call", given | {"token": "t1"}, follow=True)
        assert "Ada New added, call logged." in answer.content.decode()
    lead = Lead.objects.get(name="Ada New")
    assert (lead.lead_type, lead.phone_e164, lead.source, lead.owner) == ("call", "+442079460777", source, world.sam)
    assert lead.responded_at is not None and lead.possible_duplicate is False
    call = Activity.objects.get(lead=lead)
    assert (call.kind, call.direction, call.outcome, call.text) == ("call", "in", "reached", "Wants 3 laptops")
    assert Task.objects.get(lead=lead).title == "Call back"
    undo(world.sam.actor("web"), act=Event.objects.filter(verb="take_call").latest("pk").act)
    assert not Lead.objects.live().filter(pk=lead.pk).exists()


def test_a_duplicate_is_marked_and_never_blocks(world: World, sam: Client, nia: Any) -> None:
    by = world.sam.actor("web")
    first = take_call(by, phone="020 7946 0411").lead
    assert first is not None and first.person == nia and first.possible_duplicate is False
    second = take_call(by, phone="020 7946 0411", outcome="voicemail").lead
    assert second is not None and second != first and second.possible_duplicate and second.responded_at is None


def test_a_call_on_a_record_that_is_there(world: World) -> None:
    entry = take_call(world.sam.actor("web"), world.priya, text="Asked for Sam", next_step="Ring Priya")
    assert (entry.person, entry.direction) == (world.priya, "in") and Task.objects.filter(title="Ring Priya").exists()
    assert not Lead.objects.filter(lead_type="call", name="").exclude(phone__gt="").exists()


def test_what_is_missing_is_said_and_what_was_typed_stays(world: World, sam: Client) -> None:
    answer = sam.post("/call", {"text": "Long story", "other_day": ""})
    html = answer.content.decode()
    assert answer.status_code == 422 and "Write a number or a name first." in html and "Long story" in html
    wrong = sam.post("/call", {"name": "Ada", "next_step": "Ring", "other_day": "someday"})
    assert wrong.status_code == 422 and "is no date here" in wrong.content.decode()
    with pytest.raises(Invalid):
        take_call(world.sam.actor("web"), text="Nobody")


def test_who_may_add_leads_but_see_none_takes_calls_too(world: World) -> None:
    desk = with_role(world.noah, **{"*": {}, "lead": {"create": "all"}})
    client = Client()
    client.force_login(desk)
    assert client.get("/call").status_code == 200
    answer = client.post("/call", {"name": "Ada New"}, follow=True)
    assert "Lead added, call logged." in answer.content.decode()
    with pytest.raises(NotAllowed):
        take_call(with_role(world.lena, **{"*": {"see": "all"}}).actor("web"), name="Ada")


def test_the_page_asks_again_only_once_a_telephone_system_tells_of_calls(world: World, sam: Client) -> None:
    for each in Endpoint.objects.filter(kind="calls"):
        close_endpoint(OURS, each)
    assert b"every 4s" not in sam.get("/call").content
    made = create_endpoint(OURS, name="Switchboard", kind="calls")
    assert b"every 4s" in sam.get("/call").content
    close_endpoint(OURS, made.endpoint)
    assert b"every 4s" not in sam.get("/call").content
