"""Adding a record: a name is enough, what is wrong keeps what was typed, likenesses are shown and never block."""

import re
from typing import Any

import pytest
from django.test import Client

from fairlead.core.actor import system
from fairlead.core.event import Event
from fairlead.core.record import writing
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Company, Lead, Opportunity, Person, Role
from fairlead.verbs.users import change_role

ADDED = {"people": Person, "companies": Company, "leads": Lead, "opportunities": Opportunity}


@pytest.fixture
def sam(world: World) -> Client:
    client = Client()
    client.force_login(world.sam)
    return client


def text(response: Any) -> str:
    return response.content.decode()


def act_of(verb: str) -> list[Event]:
    newest = Event.objects.filter(verb=verb).latest("id")
    return list(Event.objects.filter(act=newest.act))


@pytest.mark.parametrize(
    ("plural", "name"), [("people", "name"), ("companies", "name"), ("leads", "name"), ("opportunities", "title")]
)
def test_a_name_alone_is_enough(world: World, sam: Client, plural: str, name: str) -> None:
    assert f'name="{name}"' in text(sam.get(f"/{plural}/new"))
    answer = sam.post(f"/{plural}/new", {name: "Something quite new"})
    made = ADDED[plural].objects.get(**{name: "Something quite new"})
    assert answer.status_code == 303 and made.public_id in answer["Location"]
    assert made.owner == world.sam


def test_all_facts_arrive(world: World, sam: Client) -> None:
    facts = {
        "title": "Wi-Fi",
        "company": "Peverell Logistics",
        "amount": "£38.4k",
        "close_on": "2031-05-02",
        "recurs": "year",
        "about": "Two floors.",
    }
    sam.post("/opportunities/new", facts)
    made = Opportunity.objects.get(title="Wi-Fi")
    assert (str(made.amount), made.currency, str(made.close_on), made.recurs) == (
        "38400.00",
        "GBP",
        "2031-05-02",
        "year",
    )
    assert made.company == world.peverell and made.about == "Two floors."
    sam.post("/people/new", {"name": "Nia Pugh", "mail": "nia@example.org", "phone": "020 7946 0555"})
    nia = Person.objects.get(name="Nia Pugh")
    assert (nia.mails.get().normal, nia.phones.get().e164) == ("nia@example.org", "+442079460555")


@pytest.mark.parametrize(
    ("plural", "form", "field", "words"),
    [
        ("people", {"name": " ", "title": "Director"}, "name", "Write a name."),
        ("people", {"name": "A" * 201, "title": "Director"}, "name", "There is room for 200"),
        ("people", {"name": "Ann", "mail": "not a mail", "title": "Director"}, "mail", "not an e-mail address"),
        ("people", {"name": "Ann\x00", "title": "Director"}, "name", "cannot be stored"),
        ("companies", {"name": "Ann", "employees": "many", "industry": "Director"}, "employees", "no whole number"),
        ("leads", {"interest": "Director"}, "name", "Write a name, a company"),
        ("opportunities", {"title": "", "about": "Director"}, "title", "Write a title."),
        ("opportunities", {"title": "x", "amount": "lots", "about": "Director"}, "amount", "is no amount"),
        ("opportunities", {"title": "x", "close_on": "soon", "about": "Director"}, "close_on", "is no date"),
        ("opportunities", {"title": "x", "stage": "nowhere", "about": "Director"}, "stage", "Choose another"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_is_kept(
    world: World, sam: Client, plural: str, form: dict[str, str], field: str, words: str
) -> None:
    before = ADDED[plural].objects.count()
    answer = sam.post(f"/{plural}/new", form)
    html = text(answer)
    assert answer.status_code == 422 and words in html
    assert f'id="f-{field}-error"' in html and "Director" in html
    assert ADDED[plural].objects.count() == before


def test_a_likeness_is_shown_once_and_never_blocks(world: World, sam: Client) -> None:
    form = {"name": "P. Raman", "mail": world.priya.mails.first().address.upper(), "token": "t1"}
    first = sam.post("/people/new", form)
    html = text(first)
    assert (
        first.status_code == 409
        and "This looks like Priya Raman at Peverell Logistics." in html
        and "Add anyway" in html
    )
    assert 'value="P. Raman"' in html
    seen = re.findall(r'name="seen" value="([^"]+)"', html)
    assert sam.post("/people/new", form | {"seen": seen}).status_code == 303
    assert Person.objects.filter(name="P. Raman").count() == 1


def test_likenesses_while_typing(world: World, sam: Client) -> None:
    phone = world.priya.phones.first().e164
    assert "Priya Raman" in text(sam.get("/people/match", {"phone": phone}))
    assert "Priya Raman" in text(sam.get("/people/match", {"name": "priya raman"}))
    assert "Priya Raman" in text(sam.get("/leads/match", {"email": world.priya.mails.first().address}))
    assert "Peverell Logistics" in text(sam.get("/companies/match", {"website": "https://www.peverell.example/about"}))
    assert text(sam.get("/people/match", {"name": "Nobody At All", "mail": "%", "phone": "x" * 9999})).strip() == ""


def test_a_company_that_is_not_here_is_added_only_when_asked_for(world: World, sam: Client) -> None:
    form = {"name": "Nia Pugh", "company": "Pugh & Daughters"}
    asked = sam.post("/people/new", form)
    html = text(asked)
    assert (
        asked.status_code == 422 and "Add “Pugh &amp; Daughters” as a new company" in html and "Save without it" in html
    )
    assert not Person.objects.filter(name="Nia Pugh").exists()
    sam.post("/people/new", form | {"company_is": "new"})
    made = Person.objects.get(name="Nia Pugh")
    assert made.company and made.company.name == "Pugh & Daughters"
    events = act_of("create_person")
    assert {event.verb for event in events} == {"create_person", "create_company"}
    undo(world.sam.actor("web"), act=events[0].act)
    assert not Company.objects.filter(name="Pugh & Daughters").exists()


def test_of_two_companies_with_one_name_one_is_chosen(world: World, sam: Client) -> None:
    sam.post("/companies/new", {"name": "Peverell Logistics", "seen": f"company:{world.peverell.public_id}"})
    assert Company.objects.filter(name="Peverell Logistics").count() == 2
    form = {"name": "Nia Pugh", "company": "Peverell Logistics"}
    assert "There are 2 of this name." in text(sam.post("/people/new", form))
    sam.post("/people/new", form | {"company_is": world.peverell.public_id})
    assert Person.objects.get(name="Nia Pugh").company == world.peverell
    without = {"name": "Nia Pugh the younger", "company": "Peverell Logistics", "company_is": "none"}
    sam.post("/people/new", without)
    assert Person.objects.get(name="Nia Pugh the younger").company is None


def test_a_form_opened_from_a_company_knows_it(world: World, sam: Client) -> None:
    html = text(sam.get(f"/people/new?company={world.peverell.public_id}&name=Nia"))
    assert 'value="Peverell Logistics"' in html and 'value="Nia"' in html
    assert f'name="company_is" value="{world.peverell.public_id}"' in html


@pytest.mark.parametrize("many", ["opportunities", "leads"])
def test_a_form_opened_from_a_person_and_a_company_knows_both(world: World, sam: Client, many: str) -> None:
    company, person = world.peverell, world.priya
    html = text(sam.get(f"/{many}/new?company={company.public_id}&person={person.public_id}"))
    assert 'value="Peverell Logistics"' in html and 'value="Priya Raman"' in html
    inputs = [dict(re.findall(r'(name|value)="([^"]*)"', tag)) for tag in re.findall("<input[^>]*>", html)]
    given = {each["name"]: each["value"] for each in inputs if each.get("value") and "name" in each}
    assert sam.post(f"/{many}/new", given | {"title": "Second site"}).status_code == 303
    made = (Lead if many == "leads" else Opportunity).objects.latest("pk")  # type: ignore[attr-defined]
    assert (made.company, made.person) == (company, person)


def test_a_lead_is_not_tied_to_what_its_adder_may_not_see(world: World, sam: Client) -> None:
    html = text(sam.get("/leads/new?company=zzzzzzzzzz&name=Nia"))
    assert 'name="company"' not in html and 'value="Nia"' in html
    assert sam.post("/leads/new", {"name": "Nia Pugh", "company": "zzzzzzzzzz"}).status_code == 404
    assert not Lead.objects.filter(name="Nia Pugh").exists()


def test_a_form_sent_twice_makes_one(world: World, sam: Client) -> None:
    form = {"title": "Once only", "token": "same"}
    first, second = sam.post("/opportunities/new", form), sam.post("/opportunities/new", form)
    assert first["Location"] == second["Location"]
    assert Opportunity.objects.filter(title="Once only").count() == 1
    sam.post("/opportunities/new", form | {"title": "Another"})
    assert Opportunity.objects.filter(title="Another").count() == 1


def test_a_form_sent_twice_is_not_like_what_it_made(world: World, sam: Client) -> None:
    """A double click on a new company with a website: the second request leads to the one record, too."""
    form = {"name": "Rope & Ring", "website": "https://rope.example", "token": "t-2"}
    first, second = (sam.post("/companies/new", form) for _time in range(2))
    assert (first.status_code, second.status_code) == (303, 303) and first["Location"] == second["Location"]
    assert Company.objects.filter(name="Rope & Ring").count() == 1


def test_names_are_offered_while_typing(world: World, sam: Client) -> None:
    assert 'value="Peverell Logistics"' in text(sam.get("/companies/options?company=pever"))
    assert text(sam.get("/companies/options?company=p")).strip() == ""
    assert 'value="Peverell Logistics"' in text(sam.get("/companies/options?parent=pever"))


def test_who_may_not_add_is_told_and_adds_nothing(world: World, sam: Client) -> None:
    change_role(system("test"), world.sam, role=Role.objects.get(name="Read-only"))
    assert sam.get("/people/new").status_code == 403
    assert sam.post("/people/new", {"name": "Nia"}).status_code == 403
    assert "Nothing to add" in text(sam.get("/new"))
    assert "/people/new" not in text(sam.get("/people"))


def test_a_person_may_not_bring_a_company_that_their_maker_may_not_add(world: World, sam: Client) -> None:
    with writing():
        people = {"see": "all", "create": "all", "edit": "all"}
        role = Role.objects.create(name="People only", grants={"*": {}, "person": people, "company": {"see": "all"}})
    change_role(system("test"), world.sam, role=role)
    html = text(sam.post("/people/new", {"name": "Nia", "company": "Nowhere Ltd"}))
    assert "as a new company" not in html and "Save without it" in html
    sam.post("/people/new", {"name": "Nia", "company": "Nowhere Ltd", "company_is": "new"})
    assert not Company.objects.filter(name="Nowhere Ltd").exists()


def test_new_offers_what_one_may_add(world: World, sam: Client) -> None:
    html = text(sam.get("/new"))
    assert all(f'href="/{plural}/new"' in html for plural in ADDED)
