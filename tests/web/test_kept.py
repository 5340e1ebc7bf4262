"""A session that ends in the middle of a form: nothing typed is lost, and nothing is sent without its writer."""

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client

from fairlead.cli.links import sign_in_link
from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Person, User
from fairlead.verbs.passwords import set_password
from fairlead.web.kept import unsealed
from tests.web.test_sign_in import mailed_link

FORM = "application/x-www-form-urlencoded"
GOOD = "rope through the ring"
TYPED = {"name": "Nadia Typed", "title": "<b>Buyer</b>", "token": "once"}


@pytest.fixture
def away(client: Client, world: World) -> str:
    """The page that a form gets whose session has ended."""
    set_password(world.sam.actor("web"), password=GOOD)
    answer = client.post("/people/new", TYPED, headers={"Referer": "http://testserver/people/new?company=x"})
    assert answer.status_code == 401 and "kept here" in answer.content.decode()
    return field(answer.content.decode(), "kept")


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return html.unescape(found[1])


def test_signing_in_again_offers_what_was_typed(client: Client, world: World, away: str) -> None:
    wrong = client.post("/sign-in", {"email": world.sam.email, "password": "no", "kept": away})
    assert wrong.status_code == 422 and unsealed(field(wrong.content.decode(), "kept")) == unsealed(away)

    offered = client.post("/sign-in", {"email": world.sam.email, "password": GOOD, "kept": away})
    page = offered.content.decode()
    assert offered.status_code == 200 and 'action="/people/new"' in page and 'href="/people/new?company=x"' in page
    assert "<b>Buyer" not in page and not Person.objects.filter(name="Nadia Typed").exists()

    client.post("/people/new", {name: field(page, name) for name in TYPED})
    assert Person.objects.get(name="Nadia Typed").title == "<b>Buyer</b>"


def test_what_was_not_written_here_is_not_offered(client: Client, world: World, away: str) -> None:
    for forged in ("x", away[:-2] + "zz", "\x00", "é"):
        answer = client.post("/sign-in", {"email": world.sam.email, "password": GOOD, "kept": forged})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
        client.post("/sign-out")


def test_passwords_and_what_is_too_long_are_not_carried_along(client: Client, world: World) -> None:
    answer = client.post("/settings/password", {"password": "secret one", "again": "2"})
    kept = unsealed(field(answer.content.decode(), "kept"))
    assert kept and kept.fields == [("again", "2")] and kept.back == "/"
    noise = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(150_000))
    assert 'name="kept"' not in client.post("/people/new", {"about": noise}).content.decode()


@pytest.mark.parametrize(("origin", "offered"), [("http://testserver", True), ("https://evil.example", False)])
def test_a_page_from_before_signing_in_anew(world: World, origin: str, offered: bool) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.sam)
    old = urlencode(TYPED | {"csrfmiddlewaretoken": "old"})
    answer = browser.post("/people/new", old, content_type=FORM, headers={"Origin": origin})
    page = answer.content.decode()
    assert answer.status_code == 403 and ("Nadia Typed" in page) is offered
    assert not Person.objects.filter(name="Nadia Typed").exists()
    if offered:
        again = {name: field(page, name) for name in (*TYPED, "csrfmiddlewaretoken")}
        assert browser.post("/people/new", again, headers={"Origin": origin}).status_code == 303


def test_a_mailed_link_offers_what_was_typed_on_the_same_browser(client: Client, world: World, away: str) -> None:
    asked = client.post("/sign-in/mail", {"kept": away, "next": "/people"})
    assert asked.status_code == 200 and unsealed(field(asked.content.decode(), "kept")) == unsealed(away)
    given = {"kept": away, "next": "/people", "email": world.sam.email}
    assert "Look into your mailbox" in client.post("/sign-in/mail", given).content.decode()
    offered = client.post("/sign-in/link", {"token": mailed(world.sam)})
    assert offered.status_code == 200 and "Nadia Typed" in offered.content.decode()
    client.post("/sign-out")
    with clock.at(clock.now() - timedelta(minutes=21)):
        client.post("/sign-in/mail", given)
    printed = {"token": sign_in_link(world.sam.email).partition("token=")[2]}
    assert client.post("/sign-in/link", printed).headers["Location"] == "/"
    client.post("/sign-in/mail", given)
    elsewhere = Client().post("/sign-in/link", {"token": mailed(world.sam)})
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (303, "/")


def test_a_mailed_link_leads_to_where_one_was_going(client: Client, world: World) -> None:
    assert 'href="/sign-in/mail?next=%2Fpeople"' in client.get("/sign-in?next=/people").content.decode()
    for to, led in (("/people", "/people"), ("//evil.example", "/")):
        client.post("/sign-in/mail", {"email": world.sam.email, "next": to})
        assert client.post("/sign-in/link", {"token": mailed(world.sam)}).headers["Location"] == led
        client.post("/sign-out")


def mailed(user: User) -> str:
    return mailed_link(user).partition("token=")[2]
