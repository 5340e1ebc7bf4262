"""Bringing files in: once, linked with each other in any order, updated, resumed, and taken back as a whole."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fairlead.__main__ import main
from fairlead.core.actor import Actor, system
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.demo.world import World
from fairlead.exchange.imports.bring_in import Outcome, begin, bring_in, write_rejected
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.models import (
    Company,
    ExactKey,
    ExternalId,
    Lead,
    MailAddress,
    Opportunity,
    Person,
    PhoneNumber,
    PostalAddress,
    Queue,
    Suppression,
    Tag,
)
from fairlead.models.suppression import in_force, may_contact
from fairlead.verbs.custom import create_field
from fairlead.verbs.endpoints import create_campaign
from fairlead.verbs.import_records import import_records, undo_import
from fairlead.verbs.lead_rules import draft_rules, publish_rules
from fairlead.verbs.people import create_person

BY = system("test")
KEPT = (Person, Company, Lead, MailAddress, PhoneNumber, PostalAddress, ExternalId, Tag)
# What tells of the past, or counts changes, differs after an undo; all else is as it was.
PASSING = {"version"}


def brought(tmp_path: Path, text: str, wishes: Wishes | None = None, by: Actor = BY) -> Outcome:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    trial = plan(by, path, wishes)
    return bring_in(by, begin(by, trial, path.name), trial, path)


def content() -> dict[str, Any]:
    """Everything that an import may touch, and the keys by which it is found."""
    found: dict[str, Any] = {}
    for model in KEPT:
        names = [each.attname for each in model._meta.concrete_fields if each.name not in PASSING]
        found[model.__name__] = sorted(map(repr, model._base_manager.values_list(*names)))
    found["keys"] = sorted(ExactKey.objects.values_list("kind", "value", "noun", "record_id"))
    return found


PEOPLE = (
    "First Name,Last Name,Email,Phone,Fax,Company,City,Country,Tags,Notes\n"
    'Ann,Lee,ann@x.example,020 7946 0182,020 7946 0183,Lee & Sons,Leeds,UK,"vip, fair",Likes tea\n'
    "Bob,Ray,bob@x.example,,,Lee & Sons,,,fair,\n"
    ",,,,,,,,,\n"
    "No,Mail,not an address,,,,,,,\n"
    ",,,,,,Rome,,,\n"
)


def test_a_file_is_brought_in_once_and_taken_back_whole(world: World, tmp_path: Path) -> None:
    before = content()
    outcome = brought(tmp_path, PEOPLE)
    assert dict(outcome.counts) == {"made": 3, "updated": 0, "there": 0, "refused": 1}
    ann = Person.objects.get(name="Ann Lee")
    assert (ann.call_name, ann.about, ann.company and ann.company.name) == ("Ann", "Likes tea", "Lee & Sons")
    assert [str(each) for each in ann.mails.all()] == ["ann@x.example"]
    assert [(each.e164, each.label) for each in ann.phones.all()] == [("+442079460182", ""), ("+442079460183", "fax")]
    assert str(ann.addresses.get()) == "Leeds, GB" and {each.name for each in ann.tags.all()} == {"vip", "fair"}
    assert Person.objects.get(name="No Mail").about == "not an address"
    assert Company.objects.filter(name="Lee & Sons").count() == 1
    again = brought(tmp_path, PEOPLE)
    assert dict(again.counts) == {"made": 0, "updated": 0, "there": 3, "refused": 1}
    undo_import(BY, outcome.into)
    after = content()
    assert after == {**before, "Tag": after["Tag"]} and undo_import(BY, outcome.into).repeated


def test_updates_fill_and_replace_and_are_taken_back_too(world: World, tmp_path: Path) -> None:
    address = world.priya.mails.all()[0].address
    before = content()
    text = (
        "Name,Email,Other Email,Job Title,Notes\n"
        f"Priya X,{address},new@x.example,Boss,Met at the fair\nNew One,n@x.example,,,\n"
    )
    outcome = brought(tmp_path, text, Wishes(noun="people", mode="create_and_update"))
    assert (outcome.counts["made"], outcome.counts["updated"]) == (1, 1)
    priya = Person.objects.get(pk=world.priya.pk)
    assert (priya.name, priya.title) == ("Priya X", "Boss") and "Met at the fair" in priya.about
    assert "new@x.example" in [str(each) for each in priya.mails.all()]
    undo_import(BY, outcome.into)
    assert content() == before
    only = brought(tmp_path, text, Wishes(noun="people", mode="update"))
    assert (only.counts["made"], only.counts["updated"], only.counts["refused"]) == (0, 1, 1)


def test_files_of_one_system_find_each_other_in_any_order(world: World, tmp_path: Path) -> None:
    people = "Id,AccountId,First Name,Last Name,Email\n003000000000001AAA,001000000000009AAA,Ann,Lee,a@x.example\n"
    firms = "Id,Name,Industry\n001000000000009AAA,Lee Ltd,Tea\n"
    brought(tmp_path, people)
    assert Person.objects.get(name="Ann Lee").company is None
    outcome = brought(tmp_path, firms)
    person = Person.objects.select_related("company").get(name="Ann Lee")
    assert person.company is not None and person.company.name == "Lee Ltd"
    undo_import(BY, outcome.into)
    assert Person.objects.get(name="Ann Lee").company is None
    brought(tmp_path, firms)
    brought(tmp_path, people.replace("003000000000001AAA", "003000000000002AAA").replace("Lee,a@", "Ray,b@"))
    late = Person.objects.select_related("company").get(name="Ann Ray")
    assert late.company is not None and late.company.name == "Lee Ltd"


def test_leads_and_opportunities_wait_for_their_company_too(world: World, tmp_path: Path) -> None:
    stage = world.managed_it.stage.name
    sales = "Id,AccountId,Opportunity Name,Stage\n006000000000001AAA,001000000000009AAA,Desks for all,"
    leads = (
        "Id,AccountId,Name,Email,Lead Status,Company\n00Q000000000001AAA,001000000000009AAA,Ann,a@x.example,New,Lee\n"
    )
    brought(tmp_path, sales + stage + "\n", Wishes("opportunities"))
    brought(tmp_path, leads, Wishes("leads"))
    before = content()
    outcome = brought(tmp_path, "Id,Name,Industry\n001000000000009AAA,Lee Ltd,Tea\n")
    lee = Company.objects.get(name="Lee Ltd")
    assert Opportunity.objects.get(title="Desks for all").company == lee == Lead.objects.get(name="Ann").company
    undo_import(BY, outcome.into)
    assert content() == before and Opportunity.objects.get(title="Desks for all").company is None


def test_companies_among_people_are_companies(world: World, tmp_path: Path) -> None:
    text = "Name,Is a company,Related company,City\nShelf Co,1,,Rome\nRoger Mar,0,Shelf Co,Rome\nMike Mas,0,,Oslo\n"
    outcome = brought(tmp_path, text)
    assert outcome.counts["made"] == 3 and Company.objects.filter(name="Shelf Co").count() == 1
    roger = Person.objects.select_related("company").get(name="Roger Mar")
    assert roger.company is not None and roger.company.name == "Shelf Co"
    assert Person.objects.get(name="Mike Mas").company is None and not Person.objects.filter(name="Shelf Co").exists()


def test_what_lead_rules_ask_for_comes_from_a_file(world: World, tmp_path: Path) -> None:
    text = (
        "Name,Email,Company Size,Lead Type,Language,Campaign,Rating,State,Zip\n"
        "Ann Lee,ann@x.example,50-249,Free trial,German (Austria),Spring fair,Hot,Wien,1010\n"
        "Bob Ray,bob@x.example,unknown,Something,Deutsch,,,,\n"
        "Cy Poe,cy@x.example,1200,event,de_AT,spring FAIR,,,\n"
    )
    columns = {"Company Size": "employees", "Lead Type": "lead_type", "Language": "language", "Campaign": "campaign"}
    said = [
        {"fact": "size", "test": "at_least", "values": ["50"]},
        {"fact": "language", "test": "is", "values": ["de"]},
    ]
    said.append({"fact": "campaign", "test": "is", "values": [create(world, "Spring fair")]})
    queue = Queue.objects.get(name="New leads").public_id
    rules: Any = [{"key": "a", "when": said, "to": {"kind": "user", "user": world.lena.public_id}},
                  {"key": "rest", "to": {"kind": "queue", "queue": queue}}]  # fmt: skip
    draft_rules(world.admin.actor("web"), rules=rules)
    publish_rules(world.admin.actor("web"))
    brought(tmp_path, text, Wishes("leads", columns=columns))
    ann, bob, cy = (Lead.objects.get(email=f"{name}@x.example") for name in ("ann", "bob", "cy"))
    assert (ann.company_size, ann.lead_type, ann.language, ann.rating) == ("50-249", "trial", "de-at", "hot")
    assert (bob.company_size, bob.lead_type, bob.language, bob.campaign) == ("", "list", "de", None)
    assert (cy.company_size, cy.lead_type, cy.language, cy.campaign) == ("1200", "event", "de-at", ann.campaign)
    assert [each.owner for each in (ann, bob, cy)] == [world.lena, None, world.lena]
    assert (ann.region, ann.postal_code, str(ann.campaign)) == ("Wien", "1010", "Spring fair")


def create(world: World, name: str) -> str:
    return create_campaign(world.admin.actor("web"), name=name).public_id


def test_leads_keep_their_state_and_lose_nothing(world: World, tmp_path: Path) -> None:
    text = (
        "Id,Name,Company,Email 1,Email 2,Phone,Lead Status,Lead Source,Lead Owner,Is Converted\n"
        f"1x,Ann Lee,Acme,a@x.example,b@x.example,020 7946 0182,New,Podcast,{world.sam.name},0\n"
        "2x,Bob Ray,Acme,c@x.example,,,Closed - Converted,Podcast,,1\n"
        "3x,Cy Dee,Acme,d@x.example,,,Closed - Not Converted,Podcast,,0\n"
    )
    brought(tmp_path, text)
    ann, bob, cy = (Lead.objects.get(name=name) for name in ("Ann Lee", "Bob Ray", "Cy Dee"))
    assert (ann.email, ann.message, ann.phone_e164, ann.owner) == (
        "a@x.example",
        "b@x.example",
        "+442079460182",
        world.sam,
    )
    assert (ann.state, bob.state, cy.state) == ("open", "qualified", "disqualified")
    assert ann.source is not None and ann.source.name == "Podcast"


def test_what_a_row_says_has_its_field_or_stands_in_the_notes(world: World, tmp_path: Path) -> None:
    create_field(BY, noun="lead", name="Fleet", kind="number")
    create_field(BY, noun="lead", name="Renewal", kind="date")
    create_field(BY, noun="lead", name="Tier", kind="choice", choices=["Gold", "Silver"])
    text = (
        "Name,Email,Street,City,State,Zip,Country,Rating,Created Date,Birthday,Industry,Fleet,Renewal,Tier\n"
        "Ann Lee,ann@x.example,1 High St,Leeds,Yorks,LS1,UK,Hot,2020-03-04 10:00,1980-05-06,Mining,12,24/02/2027,gold\n"
        "Bob Ray,bob@x.example,,,,,,,2020-03-05,,,,25/02/2027,Bronze\n"
    )
    outcome = brought(tmp_path, text, Wishes(noun="leads"))
    ann = Lead.objects.get(name="Ann Lee")
    assert (ann.street, ann.city, ann.region, ann.postal_code, ann.country) == (
        "1 High St",
        "Leeds",
        "Yorks",
        "LS1",
        "GB",
    )
    assert (ann.rating, ann.created_at) == ("hot", datetime(2020, 3, 4, 10, tzinfo=UTC))
    assert ann.message == "Birthday: 1980-05-06\nIndustry: Mining"
    assert ann.custom == {"fleet": stored_number(12), "renewal": "2027-02-24", "tier": "gold"}
    assert [reason for _draft, reason in outcome.rejected] == ["“Bronze” is no choice of Tier."]
    again = text.splitlines()[0] + f",Fairlead Id\nAnn Marie Lee,,,,,,,,,,,13,,,{ann.public_id}\n"
    wishes = Wishes(noun="leads", mode="update", columns={"Fairlead Id": "record"})
    assert brought(tmp_path, again, wishes).counts["updated"] == 1
    ann.refresh_from_db()
    assert (ann.name, ann.custom["fleet"], ann.city) == ("Ann Marie Lee", stored_number(13), "Leeds")
    assert ann.created_at.year == 2020


def stored_number(value: int) -> int:
    from fairlead.models.custom_values import DIGITS

    return int(value * 10**DIGITS)


def test_an_interrupted_import_goes_on_where_it_was(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fairlead.exchange.imports.bring_in.BATCH", 10)
    path = tmp_path / "many.csv"
    path.write_text("Name,Email\n" + "".join(f"Person {n},p{n}@x.example\n" for n in range(35)), encoding="utf-8")
    trial = plan(BY, path)
    into = begin(BY, trial, path.name)

    def killed(rows: int) -> None:
        if rows >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_in(BY, into, trial, path, killed)
    assert Person.objects.filter(name__startswith="Person ").count() == 20
    outcome = bring_in(BY, into, plan(BY, path), path)
    assert Person.objects.filter(name__startswith="Person ").count() == 35 and outcome.counts["made"] == 15
    assert list(into.batches.order_by("upto").values_list("upto", flat=True)) == [10, 20, 30, 35]
    undo_import(BY, into)
    assert not Person.objects.filter(name__startswith="Person ").exists()


def test_rejected_rows_are_a_file_that_runs_no_formula(world: World, tmp_path: Path) -> None:
    path, target = tmp_path / "file.csv", tmp_path / "rejected.csv"
    path.write_text('City,Name,Email\n"=1+1",,\nRome,Ann Lee,a@x.example\n', encoding="utf-8")
    trial = plan(BY, path, Wishes(noun="people"))
    write_rejected(bring_in(BY, begin(BY, trial, "file"), trial, path), trial, path, target)
    rows = list(csv.reader(target.open(encoding="utf-8-sig")))
    assert rows[0] == ["City", "Name", "Email", "Reason"] and len(rows) == 2
    assert not rows[1][0].startswith("=") and rows[1][3].startswith("There is no name")


def test_the_rights_of_who_imports_hold(world: World, tmp_path: Path) -> None:
    reader = Actor(kind="user", door="cli", label="Reader", user_id=world.sam.pk, grants={"*": {"see": "all"}})
    with pytest.raises(NotAllowed):
        brought(tmp_path, PEOPLE, by=reader)
    adder = Actor(
        kind="user", door="cli", label="Adder", user_id=world.sam.pk,
        grants={"person": {"see": "own", "create": "all", "edit": "own"}, "private": {"see": "all", "edit": "all"}},
    )  # fmt: skip
    other = create_person(BY, name="Hidden", mails=["hidden@x.example"])
    text = "Name,Email\nPriya Y,hidden@x.example\n"
    outcome = brought(tmp_path, text, Wishes(noun="people", mode="create_and_update"), by=adder)
    assert outcome.counts["made"] == 1 and Person.objects.get(pk=other.pk).name == "Hidden"
    with pytest.raises(Invalid, match="1 to 10,000"):
        import_records(BY, noun="person", rows=[])


def test_the_command_brings_in_and_takes_back(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "fair.csv"
    path.write_text(PEOPLE, encoding="utf-8")
    assert main(["import", str(path), "--as", "people", "--json", "--rejected", str(tmp_path / "r.csv")]) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["counts"] == {"made": 3, "updated": 0, "there": 0, "refused": 1}
    assert Person.objects.filter(name="Ann Lee").exists() and (tmp_path / "r.csv").exists()
    assert main(["import", "--undo", done["import"]]) == 0
    assert "taken back" in capsys.readouterr().out and not Person.objects.filter(name="Ann Lee").exists()
    assert main(["import", str(path), "--resume", "nothing"]) == 2


def test_who_opted_out_is_not_contacted(world: World, tmp_path: Path) -> None:
    """On a person, on a lead's address, once however often it is said; taken back with the import."""
    text = "First Name,Last Name,Email,Phone,Email Opt Out,Do Not Call\n"
    outcome = brought(tmp_path, text + "Ann,Lee,ann@x.example,020 7946 0182,Yes,No\nBob,Ray,bob@x.example,,0,1\n")
    ann, bob = Person.objects.get(name="Ann Lee"), Person.objects.get(name="Bob Ray")
    assert not may_contact("", "mail", person=ann).allowed and may_contact("", "phone", person=ann).allowed
    assert not may_contact("", "phone", person=bob).allowed and may_contact("", "mail", person=bob).allowed
    again = text.replace("\n", ",Title\n") + "Ann,Lee,ann@x.example,020 7946 0182,Yes,No,Boss\n"
    brought(tmp_path, again, Wishes(noun="people", mode="create_and_update"))
    assert Suppression.objects.filter(person=ann).count() == 1
    brought(tmp_path, text + "Cy,Poe,cy@x.example,,true,\n", Wishes(noun="leads"))
    assert not may_contact("CY@x.example", "mail").allowed and may_contact("dee@x.example", "mail").allowed
    undo_import(BY, outcome.into)
    assert not in_force().filter(person__in=[ann.pk, bob.pk]).exists()
