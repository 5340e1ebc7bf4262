"""Search: the page and the palette's answers, for whoever may see what is found."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core import access
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models.search import search
from fairlead.verbs.ownership import archive
from fairlead.verbs.people import create_person, edit_person
from fairlead.web.addresses import url_of


@pytest.fixture
def sam(world: World) -> Client:
    client = Client()
    client.force_login(world.sam)
    return client


def text(response: Any) -> str:
    return response.content.decode()


def test_the_page_groups_what_it_finds_by_noun(world: World, sam: Client) -> None:
    html = text(sam.get("/search?q=peverell"))
    assert html.index("<h2") < html.index("People") and "Companies" in html and "Opportunities" in html
    assert "Priya Raman" in html and "Peverell Logistics" in html and "Managed IT for 45 seats" in html


@pytest.mark.parametrize(
    "q", ["priya", "PRIYA ram", "raman peverell", "7946 0411", "02079460411", "priya.raman@peverell.example"]
)
def test_a_person_is_found_by_fragments_of_name_company_phone_and_mail(world: World, sam: Client, q: str) -> None:
    edit_person(world.sam.actor("web"), world.priya, phones=["020 7946 0411"], mails=["priya.raman@peverell.example"])
    assert "Priya Raman" in text(sam.get("/search/quick", {"q": q}))


def test_accents_and_scripts_do_not_hide_anything(world: World, sam: Client) -> None:
    assert "Łukasz Zieliński" in text(sam.get("/search/quick?q=lukasz zielinski"))
    assert "Müller" in text(sam.get("/search/quick?q=muller"))
    assert "Σοφία" in text(sam.get("/search/quick", {"q": "Σοφία"}))


def test_what_was_just_saved_is_found_and_what_was_archived_is_not(world: World, sam: Client) -> None:
    nia = create_person(world.sam.actor("web"), name="Nia Pugh")
    assert "Nia Pugh" in text(sam.get("/search/quick?q=pugh"))
    archive(system("test"), nia)
    assert "Nia Pugh" not in text(sam.get("/search/quick?q=pugh"))


def test_prefixes_narrow(world: World, sam: Client) -> None:
    people = text(sam.get("/search/quick", {"q": "@peverell"}))
    assert "Priya Raman" in people and 'data-kind-of="company"' not in people
    assert text(sam.get("/search/quick", {"q": "#peverell"})).strip() == ""
    assert text(sam.get("/search/quick", {"q": ">call"})).strip() == ""


def test_options_are_what_the_palette_reads(world: World, sam: Client) -> None:
    html = text(sam.get("/search/quick?q=priya"))
    assert f'data-url="/people/{world.priya.public_id}-priya-raman"' in html and 'role="option"' in html
    assert "<html" not in html


@pytest.mark.parametrize(
    ("q", "here", "label", "whom"),
    [
        ("call Priya tomorrow 9", "", "Call Priya · Tomorrow, 09:00", "priya"),
        ("send Raman the brochure tomorrow", "", "Send Raman the brochure · Tomorrow", "priya"),
        ("call back tomorrow peverell", "", "Call back Peverell · Tomorrow", "peverell"),
        ("tomorrow 14:00", "priya", "Follow up with Priya Raman · Tomorrow, 14:00", "priya"),
        ("size the link tomorrow", "managed_it", "Size the link · Tomorrow", "managed_it"),
    ],
)
def test_a_phrase_with_a_day_opens_the_composer(
    world: World, sam: Client, q: str, here: str, label: str, whom: str
) -> None:
    asked = {"q": q} | ({"here": url_of(getattr(world, here)) + "?in=x"} if here else {})
    options = text(sam.get("/search/quick", asked))
    planned = re.findall(r'data-url="([^"]+)"[^>]*data-into="plan".*?<b>([^<]+)</b>', options)
    url = next(url for url, shown in planned if shown == label and url.startswith(url_of(getattr(world, whom))))
    page = text(sam.get(url.replace("&amp;", "&").partition("#")[0]))
    assert f"<span>{label}</span>" in page  # the chip stands there at once
    assert here or url in text(sam.get("/search", {"q": q}))


def test_a_day_without_a_name_asks_for_one_and_readers_plan_nothing(world: World, sam: Client) -> None:
    assert "Add whom it is about" in text(sam.get("/search/quick", {"q": "tomorrow at 9"}))
    assert "Add whom it is about" in text(sam.get("/search", {"q": "tomorrow at 9"}))
    for nothing in ("call priya yesterday", "priya", "@priya tomorrow", "24/7 support"):
        assert 'data-into="plan"' not in text(sam.get("/search/quick", {"q": nothing}))
    hidden = {"q": "tomorrow 9am", "here": "/people/zzzzzzzzzz"}
    assert 'data-into="plan"' not in text(sam.get("/search/quick", hidden))
    dele = Client()
    dele.force_login(world.dele)
    page = text(dele.get("/search/quick", {"q": "call peverell tomorrow"}))
    assert ('data-into="plan"' in page) is access.can(world.dele.actor("web"), "edit", world.peverell)


def test_nothing_found_says_so_and_offers_to_add(world: World, sam: Client) -> None:
    html = text(sam.get("/search?q=zzzz"))
    assert "Nothing called “zzzz”" in html and "/people/new?name=zzzz" in html
    assert "Search everything" in text(sam.get("/search"))


@pytest.mark.parametrize(
    ("typed", "place"),
    [("deals", "/opportunities"), ("Contac", "/people"), ("account", "/companies"), ("new deal", "/opportunities/new")],
)
def test_the_words_of_other_systems_lead_to_ours(world: World, sam: Client, typed: str, place: str) -> None:
    assert f'data-url="{place}"' in text(sam.get("/search/quick", {"q": typed}))
    assert f'<a href="{place}">' in text(sam.get("/search", {"q": typed}))
    assert f'data-url="{place}"' not in text(sam.get("/search/quick", {"q": typed[:2]}))


def test_a_slip_is_asked_back(world: World, sam: Client) -> None:
    html = text(sam.get("/search", {"q": "priya rahman"}))
    assert "Did you mean" in html and f"/people/{world.priya.public_id}-priya-raman" in html
    assert "Did you mean this person?" in text(sam.get("/search/quick", {"q": "priya rahman"}))
    assert "Did you mean" not in text(sam.get("/search", {"q": "priya raman"}))


HOSTILE = ["%", "_", '"', "'", "\\", "\x00", "a\x00b", "a" * 10_000, "\u202e\u05d9\u05e9", "%%%__", "((("]
HOSTILE += ["a" * 40 + " b" * 500, "\ud7ff", "😀", "@", "#", ">", "<script>alert(1)</script>"]


@pytest.mark.parametrize("address", ["/search", "/search/quick"])
@pytest.mark.parametrize("q", HOSTILE)
def test_hostile_words_are_only_words(world: World, sam: Client, address: str, q: str) -> None:
    answer = sam.get(address, {"q": q})
    assert answer.status_code == 200
    assert "<script>alert" not in text(answer)
    if q in {"%", '"', "%%%__", "(((", "\x00"}:
        assert "Priya Raman" not in text(answer)


def test_an_underscore_is_a_letter_not_a_joker(world: World, sam: Client) -> None:
    create_person(world.sam.actor("web"), name="snake_case")
    assert "snake_case" in text(sam.get("/search/quick?q=e_c"))
    assert search(system("test"), "pr_ya") == []


def test_the_number_of_queries_is_fixed(world: World, sam: Client) -> None:
    counts = []
    for q in ("priya", "e"):
        with CaptureQueriesContext(connection) as captured:
            sam.get("/search/quick", {"q": q})
        counts.append(len(captured))
    assert max(counts) <= 17  # a noun with too few that begin with the words is asked a second time


def test_visitors_sign_in_first(world: World) -> None:
    assert Client().get("/search/quick?q=priya").status_code == 302
