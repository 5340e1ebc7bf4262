"""Classes of fields: amounts and ways to be reached, hidden or fixed by a role, on every door."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.actor import Actor, system
from fairlead.core.errors import NotAllowed
from fairlead.core.record import nouns
from fairlead.core.undo import undo
from fairlead.core.verb import Part
from fairlead.demo.world import World
from fairlead.models import Company, Lead, Opportunity, Person, User
from fairlead.models.search import search
from fairlead.models.user import DEFAULT_ROLES
from fairlead.programs.fields import fields
from fairlead.programs.timeline import _is_contact
from fairlead.verbs.activities import log_call
from fairlead.verbs.closing import close_won, reopen_opportunity
from fairlead.verbs.companies import edit_company
from fairlead.verbs.custom import create_field
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.opportunities import create_opportunity, edit_opportunity
from fairlead.verbs.people import create_person, edit_person
from fairlead.verbs.roles import create_role
from fairlead.verbs.users import change_role
from fairlead.verbs.views import save_view
from fairlead.web.columns import groupable
from fairlead.web.routes import routes
from tests.doors.api import Api
from tests.doors.test_mcp import Assistant

BOSS = system("test")
ALL = DEFAULT_ROLES["Administrator"]
# Each stands in a field of a class, and nowhere else.
SECRETS = {
    "money": ["7654321", "7,654,321", "7,65", "8765432", "8,765,432", "6543219", "6,543,219", "5432198", "5,432,198"],
    "private": ["zquinaeo", "900123", "900456", "Zyzzyva", "wvauleoi", "Kwyjibo", "2031-07-19", "Jul 2031"],
}
# Custom fields of a class, and the values that the sale's records have in them.
KEPT: list[tuple[str, str, str, Any, Any]] = [
    ("Budget", "money", "money", "6543218", "6543219"),
    ("Seats", "number", "money", 5432197, 5432198),
    ("Alias", "text", "private", "Kwyjib", "Kwyjibo"),
    ("Birthday", "date", "private", "2030-07-19", "2031-07-19"),
]


class Sale:
    """A sale whose amounts and addresses are like no others in the world."""

    def __init__(self, world: World) -> None:
        self.mira: Actor = world.mira.actor("web")
        self.person: Person = create_person(
            BOSS,
            name="Nia Pugh",
            mails=["zquinaeo@hidden.example"],
            phones=["+44 7700 900123"],
            address={"street": "9 Zyzzyva Lane"},
            company=world.peverell,
        )
        edit_person(BOSS, self.person, phones=["+44 7700 900456"])
        edit_person(BOSS, self.person, phones=["+44 7700 900123"])
        self.nameless: Lead = create_lead(BOSS, email="wvauleoi@hidden.example")
        edit_lead(BOSS, self.nameless, phone="+44 7700 900123")
        log_call(BOSS, self.nameless, text="Rang twice")
        self.opportunity: Opportunity = create_opportunity(
            BOSS, title="Sentinel", person=self.person, company=world.peverell, amount=Decimal(8765432)
        )
        self.before = clock.now().isoformat()
        edit_opportunity(BOSS, self.opportunity, amount=Decimal(7654321))
        close_won(BOSS, self.opportunity)
        reopen_opportunity(BOSS, self.opportunity)

    def with_own_fields(self) -> "Sale":
        for name, kind, field_class, *_values in KEPT:
            for noun in ("person", "company", "lead", "opportunity"):
                facts: Any = {"noun": noun, "kind": kind, "field_class": field_class}
                create_field(BOSS, name=name, filterable=True, **facts)
        for at in (3, 4):
            custom = {each[0].lower(): each[at] for each in KEPT}
            edit_person(BOSS, self.person, custom=custom)
            edit_company(BOSS, self.person.company, custom=custom)
            edit_lead(BOSS, self.nameless, custom=custom)
            edit_opportunity(BOSS, self.opportunity, custom=custom)
        return self

    @property
    def records(self) -> list[Any]:
        return [self.person, self.nameless, self.opportunity, self.person.company]


@pytest.fixture
def sale(world: World) -> Sale:
    return Sale(world)


def with_role(world: World, **named: Any) -> User:
    """Sam as one who may everything, but on these."""
    change_role(BOSS, world.sam, role=create_role(BOSS, name="Other", grants=ALL | named))
    return User.objects.select_related("role").get(pk=world.sam.pk)


BOTH: dict[str, Any] = {"money": {}, "private": {}}


@pytest.mark.parametrize(
    ("hidden", "turn"),
    [
        ({"money": {}}, 0),
        ({"private": {}}, 1),
        *[pytest.param(hidden, None, marks=pytest.mark.load) for hidden in ({}, {"money": {}}, {"private": {}}, BOTH)],
    ],
)
def test_what_a_role_hides_is_on_no_page_and_in_no_answer(
    sale: Sale, world: World, hidden: Any, turn: int | None
) -> None:
    """Either class hidden while the other is shown; pages without a record, and groups of lists, by turns.

    The load tests read everything, with none hidden, either, and both.
    """
    sam = with_role(world, **hidden)
    sale.with_own_fields()
    read = [*pages(sale, sam, turn), *answers(sale, sam), *tools(sale, sam), *files(sale, sam)]
    told = [(where, text.lower()) for where, text in read]
    for kind, secrets in SECRETS.items():
        places = {where: secret for where, text in told for secret in secrets if secret.lower() in text}
        assert (places == {}) if kind in hidden else (len(places) > 5), places


def by_turns(found: list[str], turn: int | None) -> list[str]:
    return found if turn is None else found[turn::2]


def pages(sale: Sale, sam: User, turn: int | None) -> Iterator[tuple[str, str]]:
    """Every page without a record in its address, and every one of a record's."""
    browser = Client()
    browser.force_login(sam)
    plain = [address for address, _view in routes() if "<" not in address and not address.startswith(("sign", "api"))]
    addresses = by_turns(plain, turn)
    for record in sale.records:
        at = f"{record.plural()}/{record.public_id}"
        addresses += [at, f"{at}?show=changes", f"{at}?as_of={'2100-01-01'}", f"{at}/access"]
        addresses += [f"{at}/edit/{name}" for name in ("mails", "phones", "address", "amount", "email", "phone")]
        addresses += [f"{at}/edit/x-{each[0].lower()}" for each in KEPT]
        addresses += lists(record, sale.mira, sam.actor("web"), turn)
        addresses += [f"{record.plural()}/{record.public_id}/cell/{name}" for name in ("value", "phone")]
        addresses += [f"{record.plural()}?{urlencode({'as_of': sale.before, 'state': 'any'})}"]
        addresses += [record.plural(), f"settings/audit?record={record.noun()}:{record.public_id}"]
    for address in [*addresses, "search?q=nia", "search?q=sentinel", "search/quick?q=nia"]:
        answer = browser.get(f"/{address}", follow=True)
        assert answer.status_code < 500, address
        yield address, b"".join(answer).decode()


def lists(record: Any, mira: Actor, sam: Actor, turn: int | None) -> Iterator[str]:
    """The record's list with every column, in every group, and saved as a view by somebody who sees it all."""
    noun, at = record.noun(), record.plural()
    names = list(fields(type(record), sam))
    yield from (f"{at}?columns={','.join(names[start : start + 29])}" for start in range(0, len(names), 29))
    yield from (f"{at}?group={name}" for name in by_turns(list(groupable(type(record), mira)), turn))
    for number, chosen in enumerate((["x.budget", "x.alias"], ["x.seats", "x.birthday"])):
        facts: Any = {"list_of": noun, "columns": chosen, "sort": f"-{chosen[0]}", "group": ("", "owner")[number]}
        filters = {f"{chosen[0]}.empty": ["false"]}
        view = save_view(mira, name=f"Shared {record.pk} {number}", shared="everyone", filters=filters, **facts)
        yield from (f"views/{view.public_id}", f"{at}?view={view.public_id}")


def files(sale: Sale, sam: User) -> Iterator[tuple[str, str]]:
    """Exports of the records' lists, as they are shown and with all that there is."""
    browser = Client()
    browser.force_login(sam)
    for record in sale.records:
        for columns in ("shown", "all"):
            asked = {"query": "state=any", "format": "csv", "columns": columns, "separator": "comma"}
            if record.noun() in ("person", "company"):
                asked["query"] = ""
            answer = browser.post(f"/{record.plural()}/export", asked, follow=True)
            assert "attachment" in answer["Content-Disposition"]
            yield f"{columns} of {record.plural()}", b"".join(answer).decode()


def answers(sale: Sale, sam: User) -> Iterator[tuple[str, str]]:
    """What the API answers of these records, of lists and of the audit."""
    api = Api(sam)
    for record in sale.records:
        at, then = f"/{record.plural()}/{record.public_id}", f"/{record.plural()}?{urlencode({'as_of': sale.before})}"
        for path in (at, f"{at}/timeline", f"{at}?as_of=2100-01-01", f"/{record.plural()}?limit=200", then):
            yield f"GET {path}", api.send("GET", path, "").content.decode()
    yield "audit", api.send("GET", "/audit?limit=200", "").content.decode()
    edited = api.send("POST", f"/leads/{sale.nameless.public_id}/edit", '{"interest": "Backup"}')
    yield "edit", edited.content.decode()


def tools(sale: Sale, sam: User) -> Iterator[tuple[str, str]]:
    assistant = Assistant(Api(sam, "read"))
    for record in sale.records:
        about = {"noun": record.noun(), "id": record.public_id}
        yield "get_record", str(assistant.call("get_record", **about))
        yield "timeline", str(assistant.call("timeline", **about))
        yield "list_records", str(assistant.call("list_records", noun=record.noun(), limit=200))


def test_what_is_hidden_neither_filters_nor_sorts_nor_finds(sale: Sale, world: World) -> None:
    """A question whose answer would tell is not answered: 400, or nothing found."""
    sam = with_role(world, money={}, private={})
    api, browser = Api(sam), Client()
    browser.force_login(sam)
    for asked in ("amount.gte=1", "sort=amount", "person.mail=x", "lead.email=x"):
        assert api.send("GET", f"/opportunities?{asked}", "").status_code == 400, asked
        assert api.send("GET", f"/opportunities?{asked}&as_of={sale.before[:10]}", "").status_code == 400, asked
    for asked in ("mail.contains=zquinaeo", "city=x", "company.phone=x", "country.empty=true"):
        assert api.send("GET", f"/people?{asked}", "").status_code == 400, asked
    assert api.send("GET", "/leads?email.starts=wvauleoi", "").status_code == 400
    assert api.get("/people", q="zquinaeo")["items"] == api.get("/leads", q="wvauleoi")["items"] == []
    for asked in ("people/match?mail=zquinaeo@hidden.example", "leads/match?email=wvauleoi@hidden.example"):
        assert b"Nia Pugh" not in browser.get(f"/{asked}").content
    assert search(sam.actor("web"), "900123") == search(sam.actor("web"), "wvauleoi") == []
    sees = Api(world.mira)
    assert [each["id"] for each in sees.get("/people", **{"mail.contains": "zquinaeo"})["items"]] == [
        sale.person.public_id
    ]
    richest = sees.get("/opportunities", sort="-amount", **{"amount.gte": "7000000 GBP"})["items"]
    assert [each["id"] for each in richest] == [sale.opportunity.public_id]
    assert sees.get("/opportunities", **{"amount.gte": "7000000 EUR"})["items"] == []


def test_what_is_seen_but_fixed_cannot_be_changed(sale: Sale, world: World) -> None:
    """Everything else of the record can; what somebody adds, they may fill in."""
    api = Api(with_role(world, money={"see": "all"}, private={"see": "all"}))
    sold, person, lead = (
        f"/{each.plural()}/{each.public_id}" for each in (sale.opportunity, sale.person, sale.nameless)
    )
    assert api.get(sold)["amount"] == "7654321.00" and api.get(person)["mails"] == ["zquinaeo@hidden.example"]
    for path, body in (
        (f"{sold}/edit", {"amount": "1"}),
        (f"{sold}/edit", {"amount": None, "title": "Other"}),
        (f"{person}/edit", {"mails": []}),
        (f"{person}/edit", {"address": {"city": "Ulm"}}),
        (f"{lead}/edit", {"email": "a@b.example"}),
        (f"{sold}/close-won", {"amount": "1"}),
    ):
        assert api.post(path, body, status=403)["code"] == "not_allowed", path
    assert api.post(f"{sold}/edit", {"title": "Other"})["result"]["title"] == "Other"
    assert api.post(f"{sold}/close-won")["changed"] is True
    made = api.post("/opportunities", {"title": "New", "amount": "5"}, status=201)["result"]
    assert made["amount"] == "5.00"


def test_answers_and_notices_of_deeds_name_nobody_by_what_is_hidden(sale: Sale, world: World) -> None:
    """A lead without a name, in the result of a deed on its task, and in the notice after a deed on itself."""
    sam = with_role(world, private={})
    api, browser, at = Api(sam), Client(), f"/leads/{sale.nameless.public_id}"
    task = api.post(f"{at}/add-task", {"title": "Ring"})["result"]["id"]
    assert api.post(f"/tasks/{task}/complete-task")["result"]["lead"]["label"] == "Unknown"
    browser.force_login(sam)
    page = browser.post(f"{at}/archive", follow=True).content.decode()
    assert "Archived a lead." in page and "wvauleoi" not in page


def test_what_is_hidden_cannot_be_changed_blindly(sale: Sale, world: World) -> None:
    """A role that grants editing alone: no clash tells what stands there, and nothing is overwritten unseen."""
    api = Api(with_role(world, money={"edit": "all"}))
    at = f"/opportunities/{sale.opportunity.public_id}"
    for body in ({"amount": "5", "version": 1}, {"amount": "5"}):
        answer = api.send("PATCH", at, json.dumps(body))
        assert answer.status_code == 403 and b"76543" not in answer.content
    assert api.patch(at, {"title": "Other"})["changed"] is True


def test_hidden_values_are_said_to_be_hidden(sale: Sale, world: World) -> None:
    api = Api(with_role(world, money={}, private={}))
    shown = api.get(f"/opportunities/{sale.opportunity.public_id}")
    assert shown["amount"] is None and shown["title"] == "Sentinel"
    assert shown["hidden"] == ["amount", "total", "weighted"]
    assert api.get(f"/people/{sale.person.public_id}")["hidden"] == ["mails", "phones"]
    browser = Client()
    browser.force_login(world.sam)
    page = browser.get(f"/opportunities/{sale.opportunity.public_id}", follow=True).content.decode()
    assert "Hidden by your role" in page


def test_a_line_made_for_one_reader_is_not_shown_to_another(sale: Sale, world: World) -> None:
    """A lead without a name is called by its mail, on lists too; who reads first makes no difference."""
    readers = [world.mira, with_role(world, private={})]
    for user in [*readers, *readers]:
        browser = Client()
        browser.force_login(user)
        page = browser.get("/leads").content.decode()
        assert sale.nameless.public_id in page and ("wvauleoi" in page) is (user.pk == world.mira.pk)


def test_classes_name_fields_that_there_are() -> None:
    """What a noun declares by class is one of its columns, parts, arguments or facts."""
    assert {kind for model in nouns().values() for kind in model.field_classes.values()} == {"money", "private"}
    assert Opportunity.field_classes["amount"] == "money" and Company.field_classes["mails"] == "private"


def test_undo_does_not_reach_what_is_fixed(sale: Sale, world: World) -> None:
    """Another one's change of an amount stays; once the role reaches it, it can be taken back."""
    edit_opportunity(world.mira.actor("web"), sale.opportunity, amount=Decimal(5))
    act = last()
    assert act is not None
    with pytest.raises(NotAllowed):
        undo(with_role(world, money={"see": "all"}).actor("web"), act=act.id)
    undo(world.admin.actor("web"), act=act.id)
    sale.opportunity.refresh_from_db()
    assert sale.opportunity.amount == Decimal(7654321)


def test_a_day_in_a_sentence_is_no_number_to_hide() -> None:
    day, number = Part("2026-11-24", "until"), Part("+44 7700 900123", "lead")
    assert not _is_contact(day) and not _is_contact(Part("Ann Lee", "lead")) and _is_contact(number)
    assert _is_contact(Part("0123-45-6789", "lead")) and _is_contact(Part("ann@new.example", "lead"))
