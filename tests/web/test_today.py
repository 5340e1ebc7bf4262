"""Today: what it shows, to whom, in how many statements."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Role, User
from fairlead.verbs.activities import log_call
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import park
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.verbs.users import invite_user

STATEMENTS = 18


@pytest.fixture(autouse=True)
def at_the_worlds_moment(world: World) -> object:
    with clock.at(world.now):
        yield


def opened(user: User, client: Client | None = None) -> str:
    """The page's text, its tags taken away."""
    client = client or Client()
    client.force_login(user)
    answer = client.get("/")
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)))


def groups(user: User) -> dict[str, list[str]]:
    """The titles of the rows by group."""
    client = Client()
    client.force_login(user)
    html = client.get("/").content.decode()
    found = re.findall(r'<section class="group".*?<h2[^>]*>(.*?)</h2>(.*?)</section>', html, re.S)
    titles = [re.sub(r"\s*<small>.*", "", head, flags=re.S) for head, _rows in found]
    rows = [[unescape(title) for title in re.findall(r"data-open>(.*?)</a>", rows)] for _head, rows in found]
    return dict(zip(titles, rows, strict=True))


def test_a_sellers_day_is_in_four_groups(world: World) -> None:
    assert groups(world.sam) == {
        "Answer first": ["Reply to Joanna Weir", "Ring back 020 7946 0182"],
        "Overdue": ["Send survey notes to Mairi Sinclair", "Call Tom Ashworth"],
        "Due today": [
            "Call Priya Raman about Q-2025-0147",
            "Chase quote Q-2025-0139",
            "Discovery meeting with Ruth Adeyemi",
            "Call Graham Pell, asked for a call in 2 weeks",
            "Send network diagram to Ines Carvalho",
        ],
        "No next step": ["Microsoft 365 move", "New practice fit-out"],
    }


def test_the_day_is_said_in_a_sentence_with_time_left_and_money(world: World) -> None:
    text = opened(world.sam)
    assert "9 to do, 2 of them overdue." in text
    assert "38 min left" in text
    assert "£38,400" in text
    assert "1 of 4 done" in text
    assert "Dele Okafor · Peverell Logistics · due today" in text
    assert "£224,100 open" in text


def test_a_lead_past_its_time_is_late_until_somebody_answers(world: World) -> None:
    assert world.joanna.respond_by is not None
    with clock.at(world.joanna.respond_by + timedelta(minutes=22)):
        assert "min late" in opened(world.sam)
        log_call(world.sam.actor("web"), world.joanna, outcome="no_answer")
        assert "Reply to Joanna Weir" in groups(world.sam)["Answer first"]
        log_call(world.sam.actor("web"), world.joanna, outcome="voicemail")
        assert "Reply to Joanna Weir" not in groups(world.sam)["Answer first"]


def test_a_first_meeting_is_announced_while_it_lies_ahead(world: World) -> None:
    by, zone = world.sam.actor("web"), world.sam.tz
    morning = world.now.astimezone(zone).replace(hour=7, minute=0)
    with clock.at(morning):
        assert "First meeting at 14:00." in opened(world.sam)
    with clock.at(morning.replace(hour=15)):
        assert "First meeting" not in opened(world.sam)
    assert by.user_id == world.sam.pk


def test_what_is_planned_parked_or_others_lacks_no_next_step(world: World) -> None:
    by, today = world.sam.actor("web"), clock.today(world.sam.tz)
    add_task(by, world.unplanned, title="Ask for the plans", due_on=today + timedelta(days=3))
    park(by, world.opportunity("Microsoft 365 move"), until=today + timedelta(days=30))
    create_opportunity(world.lena.actor("web"), title="Lena’s own")
    assert "No next step" not in groups(world.sam)
    with clock.at(world.now + timedelta(days=31)):
        assert groups(world.sam)["No next step"] == ["Microsoft 365 move"]


def test_a_ticked_call_without_an_entry_waits_to_be_logged(world: World) -> None:
    by = world.sam.actor("web")
    complete_task(by, world.call_tom)
    assert "1 of 5 done" in opened(world.sam)
    log_call(by, world.call_tom.about, text="He wants it for all four practices.")
    assert "2 of 5 done" in opened(world.sam)


def test_everybody_sees_their_own_day(world: World) -> None:
    assert groups(world.dele) == {"Due today": ["Size the Felixstowe link"]}
    assert "Nothing due." in opened(world.mira)
    assert "Reply to Tobias Krüger" in groups(world.lena)["Answer first"]


def test_a_role_that_sees_nothing_gets_an_empty_day(world: World) -> None:
    role = Role.objects.get(name="Intake")
    intake = invite_user(world.admin.actor("web"), name="Form", email="form@northgate.example", role=role, mail=False)
    assert groups(intake) == {}
    assert "Your pipeline" not in opened(intake)


def test_nothing_due_points_at_what_has_no_next_step(world: World) -> None:
    create_opportunity(world.mira.actor("web"), title="Framework contract")
    create_opportunity(world.mira.actor("web"), title="Second site")
    assert "Nothing due. 2 open opportunities have no next step. Plan them" in opened(world.mira)


def test_the_number_of_statements_does_not_grow(world: World, client: Client) -> None:
    client.force_login(world.sam)
    client.get("/")
    assert statements(client) == STATEMENTS
    by, today = world.sam.actor("web"), clock.today(world.sam.tz)
    for about in (world.priya, world.peverell, world.joanna, world.managed_it):
        for title in ("One", "Two", "Three"):
            add_task(by, about, title=title, due_on=today)
            add_task(by, about, title=title, due_on=today, assignee=world.dele)
    assert statements(client) == STATEMENTS


def statements(client: Client) -> int:
    """How many it takes to open Today."""
    with CaptureQueriesContext(connection) as found:
        client.get("/")
    return len(found)


def test_the_tip_is_put_away_for_good(world: World, client: Client) -> None:
    assert "Try it: press" in opened(world.sam, client)
    assert client.post("/tip").headers["Location"] == "/"
    assert "Try it: press" not in opened(world.sam, client)
    assert client.get("/tip").status_code == 405


def test_signed_out_people_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"].startswith("/sign-in")
