"""Custom fields on pages: set up, filled, edited in place, told on the timeline, read as of a day."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fairlead.core.actor import Actor, system
from fairlead.core.changes import create
from fairlead.core.outbox import carry_out, claim
from fairlead.demo.world import World
from fairlead.models import CustomField, Event, Person, Task
from fairlead.models.custom import fields_of
from fairlead.verbs.companies import edit_company
from fairlead.verbs.custom import archive_field, create_field
from fairlead.verbs.people import edit_person
from fairlead.verbs.roles import edit_role
from fairlead.work import custom_fields
from tests.doors.matrix import aside

assert custom_fields.PIECE  # registers what workers do


@pytest.fixture
def sam(client: Client, world: World) -> Client:
    client.force_login(world.sam)
    return client


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.admin)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def made(world: World, **facts: Any) -> CustomField:
    return create_field(world.admin.actor("web"), **{"noun": "person", **facts})


def work() -> None:
    if connection.vendor == "postgresql":  # within a test's transaction nothing may be left to check
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    while rows := claim("tests"):
        for row in rows:
            carry_out(row)


def test_set_up_by_the_administrator(admin: Client, sam: Client, world: World) -> None:
    assert sam.get("/settings/fields").status_code == 403
    facts = {"name": "Tier", "kind": "choice", "field_class": "normal", "filterable": "on"}
    refused = admin.post("/settings/fields?of=person", facts | {"choices_text": ""})
    assert refused.status_code == 422 and "Write 1 to 200 choices." in text(refused) and "Tier" in text(refused)
    answer = admin.post("/settings/fields?of=person", facts | {"choices_text": "Gold\nSilver\n"})
    assert answer.status_code == 303
    shown = text(admin.get(answer["Location"]))
    assert "Tier added." in shown and "Index is being built" in shown
    work()
    assert "Quick" in text(admin.get("/settings/fields?of=person"))
    tier = fields_of("person")["tier"]
    assert tier.offered == [("gold", "Gold"), ("silver", "Silver")]
    at = f"/settings/fields/{tier.public_id}"
    changed = {
        "name": "Level",
        "field_class": "normal",
        "choice_key": ["gold", "silver"],
        "choice_name": ["Golden", ""],
    }
    assert admin.post(at, changed | {"new_choices": "Bronze", "version": tier.version}).status_code == 303
    assert fields_of("person")["tier"].offered == [("gold", "Golden"), ("bronze", "Bronze")]
    assert "Golden" in text(admin.get(at))
    assert admin.get("/settings/fields?of=planet").status_code == 400


def test_order_archive_and_back(admin: Client, world: World) -> None:
    one, two = made(world, name="One", kind="text"), made(world, name="Two", kind="text")
    answer = admin.post(f"/settings/fields/{two.public_id}/move", {"way": "up"})
    assert list(fields_of("person")) == ["two", "one"]
    assert "autofocus" in text(admin.get(answer["Location"]))
    admin.post(f"/settings/fields/{two.public_id}/move", {"way": "down"})
    assert list(fields_of("person")) == ["one", "two"]
    answer = admin.post(f"/settings/fields/{one.public_id}/archive")
    assert "One archived. Its values stay." in text(admin.get(answer["Location"]))
    admin.post(f"/settings/fields/{one.public_id}/unarchive")
    assert fields_of("person")["one"].is_live


@pytest.mark.parametrize(
    ("kind", "written", "shown", "refused"),
    [
        ("text", "Bouldering", "Bouldering", "x" * 501),
        ("number", "1,234.5", "1,234.5", "many"),
        ("money", "18000.50", "£18,000.50", "EUR 5"),
        ("date", "24 Dec 2026", "24 Dec 2026", "someday"),
        ("choice", "gold", "Gold", "tin"),
        ("choices", "Silver, gold", "Gold, Silver", "Tin"),
        ("yes_no", "no", "No", "perhaps"),
        ("link", "Peverell", "Peverell", "Nobody at all"),
    ],
)
def test_edited_in_place(sam: Client, world: World, kind: str, written: str, shown: str, refused: str) -> None:
    more: dict[str, Any] = {"choices": ["Gold", "Silver"]} if kind in {"choice", "choices"} else {}
    more |= {"links_to": "company"} if kind == "link" else {}
    made(world, name="The thing", kind=kind, **more)
    at = f"/people/{world.priya.public_id}"
    if kind == "link":
        written = shown = world.peverell.name
    assert "Show all" in text(sam.get(at, follow=True)) and "The thing" not in text(sam.get(at, follow=True))
    assert "The thing" in text(sam.get(f"{at}/fields", headers={"HX-Request-Type": "partial"}))
    assert "The thing" in text(sam.get(f"{at}/fields"))
    partial = {"HX-Request-Type": "partial"}
    assert sam.get(f"{at}/edit/x-the_thing", headers=partial).status_code == 200
    answer = sam.post(f"{at}/edit/x-the_thing", {"x-the_thing": refused}, headers=partial)
    assert answer.status_code == 422 and "the_thing" not in Person.objects.get(pk=world.priya.pk).custom
    answer = sam.post(f"{at}/edit/x-the_thing", {"x-the_thing": written}, headers=partial)
    assert answer.status_code == 200 and shown in text(answer)
    page = text(sam.get(at, follow=True))
    assert page.count("The thing") > 1 and shown in page  # in the details, and on the timeline
    assert sam.get(f"{at}/edit/x-nothing").status_code == 404
    sam.post(f"{at}/edit/x-the_thing", {"x-the_thing": ""})
    assert Person.objects.get(pk=world.priya.pk).custom == {}


def test_two_people_edit_one_field(sam: Client, world: World) -> None:
    made(world, name="Size", kind="number")
    made(world, name="Hobby", kind="text")
    version = Person.objects.get(pk=world.priya.pk).version
    edit_person(world.mira.actor("web"), world.priya, custom={"size": 42})
    at = f"/people/{world.priya.public_id}/edit"
    partial = {"HX-Request-Type": "partial"}
    clash = sam.post(f"{at}/x-size", {"x-size": "43", "version": version}, headers=partial)
    assert clash.status_code == 409 and "<b>42</b>" in text(clash) and "<b>43</b>" in text(clash)
    assert sam.post(f"{at}/x-hobby", {"x-hobby": "Chess", "version": version}, headers=partial).status_code == 200
    assert Person.objects.get(pk=world.priya.pk).custom == {"size": 42_000_000, "hobby": "Chess"}


def test_new_records_and_tasks_take_values(sam: Client, world: World) -> None:
    made(world, name="Size", kind="number")
    made(world, name="Met at", kind="date", noun="task", key="met_at")
    assert "Size" in text(sam.get("/people/new"))
    given = {"name": "Nina Ruge", "x-size": "39,5,1x"}
    refused = sam.post("/people/new", given)
    assert refused.status_code == 422 and "is no number" in text(refused) and "39,5,1x" in text(refused)
    assert sam.post("/people/new", given | {"x-size": "39.5"}).status_code == 303
    assert Person.objects.get(name="Nina Ruge").custom == {"size": 39_500_000}
    task = world.call_priya
    at = f"/tasks/{task.public_id}/edit"
    assert "Met at" in text(sam.get(at))
    answer = sam.post(at, {"title": task.title, "x-met_at": "never"})
    assert answer.status_code == 422 and "is no date here" in text(answer)
    sam.post(at, {"title": task.title, "x-met_at": "2026-12-24"})
    assert Task.objects.get(pk=task.pk).custom == {"met_at": "2026-12-24"}


def test_as_of_audit_and_settings_tell_them(sam: Client, admin: Client, world: World) -> None:
    size = made(world, name="Shoe size", kind="number")
    edit_person(world.sam.actor("web"), world.priya, custom={"shoe_size": 42})
    moment = Event.objects.latest("pk").at.isoformat()
    edit_person(world.sam.actor("web"), Person.objects.get(pk=world.priya.pk), custom={"shoe_size": 43})
    then = text(sam.get(f"/people/{world.priya.public_id}", {"as_of": moment}, follow=True))
    assert "<dt>Shoe size</dt><dd>42</dd>" in then
    audit = text(admin.get("/settings/audit"))
    assert "Shoe size" in audit
    archive_field(world.admin.actor("web"), size)
    assert sam.get(f"/people/{world.priya.public_id}", follow=True).status_code == 200


def test_classes_hide_and_fix_values(sam: Client, world: World) -> None:
    made(world, name="Fee", kind="money", field_class="money")
    edit_person(world.sam.actor("web"), world.priya, custom={"fee": "1234"})
    role = world.sam.role
    grants = {**role.grants, "money": {"see": "all"}}
    edit_role(world.admin.actor("web"), role, grants=grants)
    at = f"/people/{world.priya.public_id}"
    assert "£1,234" in text(sam.get(at, follow=True))
    assert sam.post(f"{at}/edit/x-fee", {"x-fee": "5"}, follow=True).status_code in {200, 403}
    assert Person.objects.get(pk=world.priya.pk).custom == {"fee": 123400}
    role.refresh_from_db()
    edit_role(world.admin.actor("web"), role, grants={**role.grants, "money": {}})
    hidden = text(sam.get(at, follow=True))
    assert "1,234" not in hidden and "Fee" not in hidden
    assert sam.get(f"{at}/edit/x-fee").status_code == 404


@aside
def two_hundred(by: Actor) -> None:
    for number in range(200):
        facts: Any = {"of_noun": "person", "kind": "text", "key": f"field_{number}", "name": f"Field {number}"}
        create(CustomField, position=number, **facts)


def test_two_hundred_fields_cost_few_statements(sam: Client, world: World) -> None:
    at = f"/people/{world.priya.public_id}-priya-raman"
    sam.get(at, follow=True)
    with CaptureQueriesContext(connection) as before:
        sam.get(at, follow=True)
    two_hundred(system("test"))
    edit_person(world.sam.actor("web"), world.priya, custom={f"field_{number}": "x" for number in range(20, 30)})
    sam.get(at, follow=True)
    with CaptureQueriesContext(connection) as after:
        page = text(sam.get(at, follow=True))
    assert len(after) <= len(before) + 1
    assert "Field 25" in page and "Field 100" not in page


def test_lists_show_narrow_and_sort_by_them(sam: Client, world: World) -> None:
    iris = world.admin.actor("web")
    size = made(world, name="Size", kind="number", filterable=True)
    patron = made(world, name="Patron", kind="link", links_to="company", filterable=True)
    tier = made(world, name="Tier", kind="choice", choices=["Gold"], noun="company", filterable=True)
    custom = {"size": "42.5", "patron": world.peverell.public_id}
    edit_person(world.sam.actor("web"), world.priya, custom=custom)
    edit_company(world.sam.actor("web"), world.peverell, custom={"tier": "gold"})
    page = text(sam.get("/people?x.size.gte=42&columns=x.size,x.patron,company.x.tier&sort=-x.size"))
    assert world.priya.name in page and "42.5" in page and world.peverell.name in page and "Gold" in page
    likes = made(world, name="Likes", kind="choices", choices=["Tea", "Rum"], noun="company")
    edit_company(world.sam.actor("web"), world.peverell, custom={"likes": ["tea", "rum"]})
    assert "Tea, Rum" in text(sam.get(f"/people?columns=company.{likes.full_key}"))
    assert "Size is at least 42 (slow until its index is built)" in page
    made(world, name="Tea", kind="choices", choices=["Mint", "Black"], filterable=True)
    work()
    assert "(read row by row)" in text(sam.get("/people?x.tea=mint"))
    page = text(sam.get("/people?company.x.tier=gold&x.patron=" + world.peverell.public_id))
    assert world.priya.name in page and "Company: tier is Gold" in page and f"Patron is {world.peverell.name}" in page
    assert "slow until" not in page
    first = sam.get(f"/people/{world.priya.public_id}", {"in": "sort=x.size"}, follow=True)
    assert first.status_code == 200
    for field in (size, patron, tier):
        archive_field(iris, CustomField.objects.get(pk=field.pk))
    page = text(sam.get("/people?x.size.gte=42&columns=x.size,company&sort=-x.size&company.x.tier=gold"))
    assert "Size cannot be filtered by any more, so this filter is left out" in page and "Tier cannot" in page
    assert world.priya.name in page
    assert sam.get("/people?x.unheard=1").status_code == 400
    assert sam.get("/people?sort=x.unheard").status_code == 400
