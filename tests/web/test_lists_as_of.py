"""The lists of people, companies, leads and opportunities as they were: rows, filters, sorts, counts, links."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection

from fairlead.core import act, clock, history, shadow
from fairlead.core.record import writing
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Lead, Person, User
from fairlead.verbs.bulk import archive_many, assign_many, tag_many
from fairlead.verbs.closing import close_won
from fairlead.verbs.companies import create_company, edit_company
from fairlead.verbs.custom import create_field
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.ownership import assign, tag
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.runs import export_list
from fairlead.verbs.views import save_view
from fairlead.web.keyset import NotUnderstood
from tests.doors.api import Api
from tests.web.test_audit import narrow, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def then(world: World) -> Iterator[datetime]:
    """A moment after which Ann, her company and two leads changed in every way, and Zoe came."""
    by, past = world.sam.actor("web"), clock.now() - timedelta(days=9)
    with clock.at(past):
        company = create_company(by, name="Acme Before")
        ann = create_person(by, name="Ann Before", mails=["ann@before.test"], phones=["+442079460001"], company=company)
        tag(by, ann, tag="Early")
        leads = [create_lead(by, name=f"Lead {number}", company_name="Old Ltd") for number in range(3)]
        for lead in leads[:2]:
            assign(by, lead, owner=world.sam)
    with clock.at(past + timedelta(days=2)):
        edit_company(by, company, name="Acme After")
        edit_person(by, ann, name="Ann After", mails=["ann@after.test"], phones=["+442079460002"])
        tag(by, ann, tag="Late")
        create_person(by, name="Ann Zoe")
        edit_lead(by, leads[1], name="Lead after")
        boss = world.admin.actor("web")
        assign_many(boss, leads[:1], owner=world.mira)
        archive_many(boss, leads[2:])
        tag_many(boss, leads[:2], tag="Fair")
    yield past + timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_temp_master"
            if connection.vendor == "sqlite"
            else "SELECT relname FROM pg_class WHERE relpersistence = 't'"
        )
        assert cursor.fetchall() == []


def names(client: Any, path: str, **asked: Any) -> list[str]:
    shown = client.get(path, asked)
    assert shown.status_code == 200, text_of(shown)
    return listed(shown)


def listed(shown: Any) -> list[str]:
    return re.findall(r"data-open[^>]*>([^<]+)</a>", shown.content.decode())


def test_the_page_as_it_was(world: World, then: datetime) -> None:
    client, at = signed_in(world.sam), then.isoformat()
    found = names(client, "/people", as_of=at)
    assert "Ann Before" in found and not {"Ann After", "Ann Zoe"} & set(found)
    shown = client.get("/people", {"as_of": at})
    words, page = text_of(shown), shown.content.decode()
    assert "Acme Before" in words and "+442079460001" in words and "+442079460002" not in words
    assert "Back to now" in page and "/cell/" not in page and "/people/bulk" not in page and "/people/new" not in page
    assert f"as_of={at.replace(':', '%3A').replace('+', '%2B')}" in page
    now = names(client, "/people")
    assert {"Ann After", "Ann Zoe"} <= set(now) and "Ann Before" not in now


def test_filters_sorts_and_counts_as_they_were(world: World, then: datetime) -> None:
    client, at = signed_in(world.sam), then.isoformat()
    tags = {each["label"]: each["id"] for each in Api(world.sam, "read").get("/tags")["items"]}
    assert names(client, "/people", as_of=at, tag=tags["Early"]) == ["Ann Before"]
    assert names(client, "/people", as_of=at, tag=tags["Late"]) == []
    assert names(client, "/people", tag=tags["Late"]) == ["Ann After"]
    mine = names(client, "/leads", as_of=at, owner="me")
    assert "Lead 0" in mine and "Lead 0" not in names(client, "/leads", owner="me")
    every = names(client, "/leads", as_of=at, sort="name")
    assert [name for name in every if name.startswith("Lead ")] == ["Lead 0", "Lead 1", "Lead 2"]
    assert every == sorted(every)
    down = names(client, "/leads", as_of=at, sort="-name")
    assert down == every[::-1]
    assert f"{len(every)} leads" in text_of(client.get("/leads", {"as_of": at}))


def test_pages_as_they_were(world: World, then: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of three after the other is the whole, and back again."""
    client, at = signed_in(world.sam), then.isoformat()
    every = names(client, "/leads", as_of=at, sort="name", state="any")
    monkeypatch.setattr("fairlead.web.then.SIZE", 3)
    monkeypatch.setattr("fairlead.web.listing.Asked.page.__defaults__", (3,))
    walked, path, pages = [], f"/leads?as_of={at.replace('+', '%2B')}&sort=name&state=any", []
    while path:
        page = client.get(path)
        pages.append(path)
        walked += listed(page)
        path = link(page.content.decode(), "next")
    assert walked == every and len(pages) == -(-len(every) // 3)
    back = link(client.get(pages[-1]).content.decode(), "prev")
    assert listed(client.get(back)) == every[len(every) - 1 - (len(every) - 1) % 3 - 3 :][:3]


def test_a_record_of_the_past_leads_on_to_the_next_of_the_past(world: World, then: datetime) -> None:
    client = signed_in(world.sam)
    page = client.get("/leads", {"as_of": then.isoformat(), "sort": "name"}).content.decode()
    address = re.findall(r'<a href="([^"]+)" data-open[^>]*>Lead 1</a>', page)[0].replace("&amp;", "&")
    shown = client.get(address, follow=True)
    assert "Lead 1" in text_of(shown) and "Lead after" not in text_of(shown)
    before, after = (text_of(client.get(address, follow=True)) for address in following(shown))
    assert "Lead 0" in before and "Lead 2" in after and "As it was" in before


def link(page: str, rel: str) -> str:
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*rel="{rel}"|<a[^>]*rel="{rel}"[^>]*href="([^"]+)"', page)
    return (found[1] or found[2]).replace("&amp;", "&") if found else ""


def following(shown: Any) -> list[str]:
    page = shown.content.decode()
    return [link(page, "prev"), link(page, "next")]


def test_the_api_as_it_was(world: World, then: datetime) -> None:
    api, at = Api(world.sam, "read"), then.isoformat()
    page = api.get("/people", as_of=at, **{"name.starts": "Ann "})
    assert [item["name"] for item in page["items"]] == ["Ann Before"] and page["as_of"] == at
    ann = page["items"][0]
    assert (ann["mails"], ann["company"]["label"], ann["version"], ann["next_step_at"]) == (
        ["ann@before.test"], "Acme Before", 2, None,
    )  # fmt: skip
    assert api.get("/people", as_of=at, mail="ann@before.test")["items"] == page["items"]
    assert api.get("/people", as_of=at, mail="ann@after.test")["items"] == []
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        some = api.get("/leads", as_of=at, limit=2, sort="name", **({"cursor": cursor} if cursor else {}))
        walked += [item["name"] for item in some["items"]]
        cursor = some["next"]
    assert walked == sorted(walked) and {"Lead 0", "Lead 1", "Lead 2"} <= set(walked) and "Lead after" not in walked
    assert set(walked) == {item["name"] for item in api.get("/leads", as_of=at, limit=200)["items"]}


def test_custom_fields_as_they_were(world: World) -> None:
    by, past = world.sam.actor("web"), clock.now() - timedelta(days=9)
    with clock.at(past):
        create_field(world.admin.actor("web"), noun="person", name="Shoe size", kind="number")
        create_field(world.admin.actor("web"), noun="person", name="Height", kind="number")
        person = create_person(by, name="Ann Tall", custom={"shoe_size": 39})
    with clock.at(past + timedelta(days=2)):
        edit_person(by, person, custom={"shoe_size": 46, "height": 180})
    then, now = (
        Api(world.sam, "read").get("/people", id=person.public_id, **asked)["items"][0]["custom"]
        for asked in ({"as_of": (past + timedelta(days=1)).isoformat()}, {})
    )
    assert (str(then["shoe_size"]), then.get("height")) == ("39", None)
    assert (str(now["shoe_size"]), str(now["height"])) == ("46", "180")


def test_custom_fields_narrow_sort_and_show_as_they_were(world: World) -> None:
    by, boss, past = world.sam.actor("web"), world.admin.actor("web"), clock.now() - timedelta(days=9)
    with clock.at(past):
        create_field(boss, noun="person", name="Size", kind="number", filterable=True)
        create_field(boss, noun="person", name="Patron", kind="link", links_to="person", filterable=True)
        create_field(boss, noun="company", name="Tier", kind="choice", choices=["Gold"], filterable=True)
        people = [create_person(by, name=f"Ann {size}", custom={"size": size}) for size in (9, 7, 8)]
        edit_person(by, people[0], custom={"patron": people[1].public_id})
    with clock.at(past + timedelta(days=2)):
        edit_person(by, people[0], custom={"size": 1, "patron": None})
        edit_person(by, people[1], name="Bea", custom={"size": 70})
    client, at = signed_in(world.sam), (past + timedelta(days=1)).isoformat()
    asked: dict[str, Any] = {"as_of": at, "x.size.gte": "7", "columns": "x.size,x.patron", "sort": "-x.size"}
    shown = client.get("/people", asked)
    assert listed(shown) == ["Ann 9", "Ann 8", "Ann 7"] and "Size is at least 7" in text_of(shown)
    assert "no history: patron" in text_of(shown) and "Bea" not in text_of(shown)
    assert names(client, "/people", **asked | {"as_of": clock.now().isoformat()}) == ["Bea", "Ann 8"]
    patron = people[1].public_id
    assert names(client, "/people", **{"as_of": at, "x.patron": patron}) == ["Ann 9"]
    address = re.findall(r'<a href="([^"]+)" data-open[^>]*>Ann 8</a>', shown.content.decode())[0].replace("&amp;", "&")
    before, after = (text_of(client.get(each, follow=True)) for each in following(client.get(address, follow=True)))
    assert "Ann 9" in before and "Ann 7" in after
    api = Api(world.sam, "read")
    found = api.get("/people", as_of=at, sort="x.size", **{"x.size.lt": "9"})["items"]
    assert [each["name"] for each in found] == ["Ann 7", "Ann 8"]
    assert [each["name"] for each in api.get("/people", as_of=at, **{"x.patron": patron})["items"]] == ["Ann 9"]
    assert client.get("/people", {"as_of": at, "company.x.tier": "gold"}).status_code == 400
    assert api.get("/people", 400, as_of=at, **{"company.x.tier": "gold"})["code"] == "bad_request"


def test_what_was_made_for_the_present_is_not_shown_of_the_past(world: World, then: datetime) -> None:
    """Rows are made once for all who are shown the same; never for another moment."""
    client, at = signed_in(world.sam), then.isoformat()
    now, was = names(client, "/leads", sort="name"), names(client, "/leads", as_of=at, sort="name")
    assert "Lead after" in now and "Lead after" not in was
    assert names(client, "/leads", sort="name") == now and names(client, "/leads", as_of=at, sort="name") == was
    assert "/cell/" in client.get("/leads").content.decode()


def test_seen_is_only_what_may_be_seen_now_and_could_be_then(world: World, then: datetime) -> None:
    """Lead 0 was Sam's and is Mira's: neither who lost it nor who got it reads it in the past."""
    narrow(world.sam, {"*": {"see": "own"}})
    with writing():
        User.objects.filter(pk=world.mira.pk).update(role=User.objects.get(pk=world.sam.pk).role)
    asked = {"as_of": then.isoformat(), "state": "any", "sort": "name"}
    seen = {user: names(signed_in(user), "/leads", **asked) for user in (world.sam, world.mira)}
    mine = {user: [name for name in found if name.startswith("Lead ")] for user, found in seen.items()}
    assert mine == {world.sam: ["Lead 1", "Lead 2"], world.mira: []}
    assert "Lead 0" in names(signed_in(world.mira), "/leads") and "Lead 0" not in names(signed_in(world.sam), "/leads")
    found = Api(world.sam, "read").get("/leads", as_of=then.isoformat(), limit=200)["items"]
    assert sorted(item["name"] for item in found) == sorted(seen[world.sam])


def test_what_has_no_history_is_said(world: World, then: datetime) -> None:
    client = signed_in(world.mira)
    asked_of: list[tuple[str, dict[str, str]]] = [
        ("/people", {"next": "late"}),
        ("/people", {"contact": "yes"}),
        ("/people", {"sort": "contact"}),
        ("/people", {"contact_after": "2020-01-01"}),
        ("/people", {"q": "Ann"}),
        ("/people", {"as_of": "soon"}),
        ("/people", {"colour": "red"}),
        ("/people/selection", {}),
        ("/people/export", {}),
        ("/people", {"group": "owner"}),
        ("/people", {"company.name": "Acme Before"}),
    ]
    given = [(path, {"as_of": then.isoformat(), **asked}) for path, asked in asked_of]
    assert [each for each in given if client.get(*each).status_code != 400] == []


def test_what_the_api_cannot_answer(world: World, then: datetime) -> None:
    api = Api(world.mira, "read")
    for path, asked in (
        ("/people", {"q": "Ann"}),
        ("/people", {"next_step_at.empty": "true"}),
        ("/people", {"sort": "-last_contact_at"}),
        ("/people", {"company.name": "Acme Before"}),
        ("/tasks", {}),
        ("/people", {"as_of": "soon"}),
    ):
        assert api.get(path, 400, **{"as_of": then.isoformat(), **asked})["code"] == "bad_request", asked


def test_views_of_the_present_do_not_hold_the_past(world: World, then: datetime) -> None:
    """A saved view can be asked of the past; it is not changed there, and none is made of it."""
    client, at = signed_in(world.sam), then.isoformat()
    view = save_view(world.sam.actor("web"), name="Early leads", list_of="lead", filters={"name.starts": ["Lead "]})
    shown = client.get("/leads", {"view": view.public_id, "as_of": at, "sort": "name"})
    assert "Lead after" not in text_of(shown) and 'aria-label="Group by"' not in shown.content.decode()
    assert names(client, "/leads", view=view.public_id, as_of=at) == ["Lead 0", "Lead 1", "Lead 2"][::-1]
    for hidden in ("view-menu", "Changed.", f"view={view.public_id}", "/views/new"):
        assert hidden not in shown.content.decode().partition("<main")[2], hidden
    query = f"as_of={then.date()}"
    for path in (f"/views/new?of=lead&query={query}", f"/lists/leads/columns?query={query}"):
        assert client.get(path).status_code == 400, path
    steps = client.get(f"/lists/leads/filter?query={query}").content.decode()
    assert '"owner"' in steps and '"next_step_at"' not in steps and '"company.name"' not in steps
    assert '"next_step_at"' in client.get("/lists/leads/filter").content.decode()


def test_nothing_is_done_to_many_rows_of_the_past(world: World, then: datetime) -> None:
    answer = signed_in(world.admin).post(
        "/leads/bulk", {"query": f"as_of={then.date()}", "all": "1", "act": "archive"}, follow=True
    )
    assert answer.status_code == 400 and "Back to now" not in text_of(answer)
    assert Lead.objects.live().exists()
    with pytest.raises(NotUnderstood):
        export_list(world.admin.actor("web"), noun="lead", query=f"as_of={then.date()}", as_page=True)


def test_too_much_since_then(world: World, then: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history.changed_since, "__defaults__", ((), 3))
    shown = signed_in(world.sam).get("/leads", {"as_of": then.isoformat()})
    assert shown.status_code == 400 and "Choose a later day" in text_of(shown)
    assert Api(world.sam, "read").get("/leads", 400, as_of=then.isoformat())["code"] == "too_much"


def test_the_tables_come_back_whatever_goes_wrong(
    world: World, then: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, broken = Person.objects.count(), iter([True])

    def fail(*_given: Any) -> None:
        if next(broken, False):
            raise ZeroDivisionError

    monkeypatch.setattr(shadow, "_relink", fail)
    with pytest.raises(ZeroDivisionError):
        signed_in(world.sam).get("/people", {"as_of": then.isoformat()})
    assert Person.objects.count() == people
    assert names(signed_in(world.sam), "/people", as_of=then.isoformat())
    assert Person.objects.count() == people


@pytest.mark.django_db(transaction=True)
def test_who_reads_next_on_the_same_connection_reads_the_present(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was asked often before, and however a reading of the past ended."""
    client, past = signed_in(world.sam), clock.now() - timedelta(days=9)
    with clock.at(past):
        person = create_person(world.sam.actor("web"), name="Ann Before")
    edit_person(world.sam.actor("web"), person, name="Ann After")
    asked, at = {"name.starts": "Ann "}, (past + timedelta(days=1)).isoformat()
    connected = connection.connection
    for _again in range(6):  # often enough to be prepared
        assert names(client, "/people", **asked) == ["Ann After"]
    for harm in (None, _break_off, _break_the_statement, None):
        if harm is None:
            assert names(client, "/people", as_of=at, **asked) == ["Ann Before"]
        else:
            with monkeypatch.context() as patch, pytest.raises((ZeroDivisionError, DatabaseError)):
                patch.setattr(shadow, "_relink", harm)
                client.get("/people", {"as_of": at, **asked})
        assert names(client, "/people", **asked) == ["Ann After"]
        edit_person(world.sam.actor("web"), person, about=f"after {harm}")
    assert connection.connection is connected


def _break_off(*_given: Any) -> None:
    raise ZeroDivisionError


def _break_the_statement(*_given: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM nowhere")


def test_every_list_at_every_moment(world: World) -> None:
    """Also before there was anything, and now, when it says what the list says."""
    client = signed_in(world.admin)
    close_won(world.sam.actor("web"), world.managed_it)
    deed = act.last()
    assert deed is not None
    undo(world.sam.actor("web"), act=deed.id)
    for path in ("/people", "/companies", "/leads", "/opportunities"):
        assert names(client, path, as_of="2001-01-01") == []
        assert names(client, path, as_of=clock.now().isoformat()) == names(client, path)
