"""What the search index promises, the same on both databases: every way of writing, and only what one may see."""

import json
from typing import Any

import pytest
from django.conf import settings

from fairlead.core.actor import Actor, system
from fairlead.demo.world import World
from fairlead.models import Company, SearchRow, term_index
from fairlead.models.search import alike, holding, search
from fairlead.models.terms import asked, terms
from fairlead.verbs.companies import create_company, edit_company
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import add_collaborator, archive, assign, unarchive
from fairlead.verbs.people import create_person
from fairlead.work import housekeeping, reindex

BOSS = system("test")


def labels(found: list[Any]) -> list[str]:
    return [each.label for each in found]


def limited(world: World, level: Any, user: Any = None, **more: Any) -> Actor:
    who = (user or world.sam).actor("web")
    return Actor("user", "web", "x", who.user_id, None, who.team_ids, who.teammate_ids, {"*": {"see": level}, **more})


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Jörg Müller", "muller"),
        ("Jörg Müller", "mueller"),
        ("Jörg Müller", "MÜLLER jörg"),
        ("Jorg Mueller", "müller"),
        ("Iwona Wąsała", "wasala"),
        ("Işık Öztürk", "isik ozturk"),
        ("Søren Ærø", "soeren"),
        ("Дмитрий Менделеев", "делее"),
        ("Αλέξανδρος Παππάς", "παπΠΑΣ"),
        ("Αλέξανδρος Παππάς", "λεξαν"),
        ("山田美咲", "美咲"),
        ("山田美咲", "田"),
        ("김민준", "민준"),
        ("محمد العربي", "عرب"),
        ("O'Neill & Sons-Smith", "o'neill & sons"),
        ("Jean-Luc", "n-l"),
    ],
)
def test_a_name_is_found_however_it_is_written(world: World, name: str, typed: str) -> None:
    create_person(BOSS, name=name)
    assert name in labels(search(BOSS, typed, kinds=("person",)))
    assert name not in labels(search(BOSS, typed + "q", kinds=("person",)))


@pytest.mark.parametrize(
    "typed",
    ["020 7946 0999", "+44 20 7946 0999", "0044 20 79460999", "+44 (0)20 7946 0999", "(020) 7946-0999", "60999"],
)
@pytest.mark.parametrize("saved", ["020 7946 0999", "+442079460999", "+44 (20) 7946 0999"])
def test_a_phone_number_is_found_however_either_is_typed(world: World, saved: str, typed: str) -> None:
    create_person(BOSS, name="Nia Pugh", phones=[saved])
    assert labels(search(BOSS, typed, kinds=("person",))) == ["Nia Pugh"]
    assert search(BOSS, typed[:-1] + "8", kinds=("person",)) == []


def test_who_may_not_see_contacts_finds_nobody_by_them(world: World) -> None:
    create_person(BOSS, name="Nia Pugh", mails=["nia@hidden.example"], phones=["020 7946 0999"])
    create_lead(BOSS, name="Ed Roe", email="ed@hidden.example")
    blind = Actor(kind="user", door="web", label="Blind", grants={"*": {"see": "all"}, "private": {}})
    for typed in ("hidden.example", "hid", "ni", "020 7946 0999"):
        found = labels(search(blind, typed))
        assert found == (["Nia Pugh"] if typed == "ni" else [])
        assert Company.objects.filter(holding(blind, "person", typed)).count() == 0 or typed == "ni"
    assert set(labels(search(BOSS, "hidden.example"))) == {"Nia Pugh", "Ed Roe"}


@pytest.mark.parametrize("level", ["all", "team", "own", "none"])
def test_everybody_finds_exactly_what_they_may_see(world: World, level: Any) -> None:
    """Whatever the index says of owners and teams, it is what `visible_to` says."""
    create_person(BOSS, name="Peverell Nobody")
    for user in (world.sam, world.mira, world.dele):
        by = limited(world, level, user)
        for noun, word in (
            ("person", "a"),
            ("company", "pe"),
            ("opportunity", "for"),
            ("lead", "e"),
            ("person", "rell"),
        ):
            model: Any = term_model(noun)
            wanted = model.objects.visible_to(by).live().filter(holding(by, noun, word))
            assert set(search(by, word, kinds=(noun,), most=500)) == set(wanted)


def term_model(noun: str) -> Any:
    from fairlead.core.record import nouns

    return nouns()[noun]


def test_the_index_follows_owner_helper_archive_and_undo(world: World) -> None:
    nia = create_person(world.mira.actor("web"), name="Nia Pugh")
    own = limited(world, "own")
    assert search(own, "pugh") == []
    add_collaborator(BOSS, nia, helper=world.sam)
    assert search(own, "pugh") == [nia]
    assign(BOSS, nia, owner=world.sam)
    assert search(own, "pugh") == [nia]
    archive(BOSS, nia)
    assert search(own, "pugh") == [] and holding_has(nia, "pugh")
    unarchive(BOSS, nia)
    assert search(own, "pugh") == [nia]


def holding_has(person: Any, typed: str) -> bool:
    return bool(type(person).objects.filter(holding(BOSS, "person", typed), pk=person.pk).exists())


def test_a_company_that_one_may_not_see_does_not_answer_for_its_people(world: World) -> None:
    company = create_company(BOSS, name="Secret Holdings")
    create_person(BOSS, name="Nia Pugh", company=company)
    blind = limited(world, "all", company={"see": "none"})
    assert labels(search(BOSS, "secret hol", kinds=("person",))) == ["Nia Pugh"]
    assert search(blind, "secret hol", kinds=("person",)) == []
    assert labels(search(blind, "pugh", kinds=("person",))) == ["Nia Pugh"]
    edit_company(BOSS, company, name="Open Holdings")
    assert labels(search(BOSS, "open hol", kinds=("person",))) == ["Nia Pugh"]


@pytest.mark.parametrize("typed", ["Priya Rahman", "pryia raman", "priy ramann", "Pewerell", "pevrell logistics"])
def test_a_slip_is_understood(world: World, typed: str) -> None:
    assert search(BOSS, typed) == []
    assert {"Priya Raman", "Peverell Logistics"} & set(labels(alike(BOSS, typed)))


def test_what_one_may_not_see_is_not_suggested(world: World) -> None:
    create_person(BOSS, name="Zebedee Quill")
    assert labels(alike(BOSS, "zebedee qill")) == ["Zebedee Quill"]
    assert alike(limited(world, "own"), "zebedee qill") == []
    assert alike(limited(world, "none"), "zebedee qill") == []


def test_names_that_begin_so_come_first(world: World) -> None:
    for name in ("Annabel Zorn", "Zorn Anna", "Ben Zornhauer"):
        create_person(BOSS, name=name)
    assert labels(search(BOSS, "zorn", kinds=("person",)))[0] == "Zorn Anna"


HOSTILE = [
    "%",
    '"',
    "'",
    "\\",
    "\x00",
    "NEAR(a b)",
    "a AND b",
    '"a" OR',
    "^pri",
    "-priya",
    "text:a",
    "a*",
    "&|!<->():*",
]
HOSTILE += [
    "\u202epriya",
    "x" * 10_000,
    "<ab",
    "~ab",
    "=person",
    "!person",
    "'' \\ ''",
    "\ud800",
    "\u0301",
    "@",
    "…",
    "—",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_no_sign_is_an_operator(world: World, typed: str) -> None:
    for found in (
        search(BOSS, typed),
        alike(BOSS, typed),
        list(Company.objects.filter(holding(BOSS, "company", typed))),
    ):
        assert isinstance(found, list)
    if typed in {"%", '"', "\x00", "&|!<->():*", "…"}:
        assert asked(typed) is None and search(BOSS, typed) == []


def test_marks_of_direction_are_no_letters(world: World) -> None:
    assert labels(search(BOSS, "\u202epri\u200fya", kinds=("person",))) == labels(
        search(BOSS, "pri ya", kinds=("person",))
    )


def test_every_fragment_of_a_text_is_among_its_terms() -> None:
    held = terms("priya raman", "442079460999")
    assert {"<p", "<pr", "<pri", "^ra", "iya", "~207", "~^44"} <= held and "207" not in held


def test_reindex_builds_the_same_again_and_goes_on_where_it_stopped(world: World, capsys: Any) -> None:
    before = set(SearchRow.objects.values_list("noun", "record_id", "text", "contact", "linked"))
    term_index.drop(list(SearchRow.objects.values_list("pk", flat=True)))
    SearchRow.objects.all().delete()
    assert search(BOSS, "priya") == []
    last = Company.objects.order_by("-pk").values_list("pk", flat=True)[0]
    (settings.DATA / "reindex.json").write_text(json.dumps(["company", last]))
    reindex.run()
    assert not SearchRow.objects.filter(noun__in=["person", "company"]).exists()
    assert SearchRow.objects.filter(noun="lead").exists()
    reindex.run(from_start=True)
    assert set(SearchRow.objects.values_list("noun", "record_id", "text", "contact", "linked")) == before
    assert "Priya Raman" in labels(search(BOSS, "priya"))
    told = capsys.readouterr().out
    assert "people: " in told and " of " in told and not (settings.DATA / "reindex.json").exists()


def test_tidying_up_leaves_what_is_found(world: World) -> None:
    """Names written and taken away in many small pieces are in one, and found as before."""
    for number in range(30):
        person = create_person(BOSS, name=f"Tidy Person {number}")
        if number % 3 == 0:
            archive(BOSS, person)
    before = labels(search(BOSS, "tidy", kinds=("person",), most=30))
    assert len(before) == 20
    housekeeping.tidy_up()
    assert labels(search(BOSS, "tidy", kinds=("person",), most=30)) == before
    create_person(BOSS, name="Tidy Latecomer")
    assert "Tidy Latecomer" in labels(search(BOSS, "tidy", kinds=("person",), most=30))
