"""Lists by any field: filters as sentences, chosen columns, sorts, groups, and views saved from them."""

from typing import Any

import pytest
from babel import Locale
from django.test import Client

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Company, Opportunity, Person
from fairlead.programs.days import span
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS
from tests.web.test_lists import ids, signed_in, text, walk


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def asked(world: World, noun: str, query: str, user: Any = None) -> Asked:
    who = user or world.sam
    return Asked(LISTINGS[noun], query, who.actor("web"), Reader(who.tz, Locale.parse("en_GB"), clock.now()))


def sentences(world: World, noun: str, query: str) -> list[str]:
    return [chip["sentence"] for chip in asked(world, noun, query).chips]


# --- filters over every field ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "query", "said"),
    [
        ("opportunity", "amount.gte=5000+EUR", "Value is at least €5,000"),
        ("opportunity", "amount.lt=99.50", "Value is less than £99.50"),
        ("opportunity", "close_on.lt=2026-12-01", "Close date is before 1 Dec 2026"),
        ("opportunity", "close_on.lte=today", "Close date is on or before today"),
        ("opportunity", "close_on=this_month", "Close date: this month"),
        ("opportunity", "close_on=2026-12", "Close date: Dec 2026"),
        ("opportunity", "created_at.gte=-30d", "Created is on or after 30 days ago"),
        ("opportunity", "close_on.lt=%2B2w", "Close date is before 2 weeks from today"),
        ("opportunity", "close_on.empty=true", "Close date is empty"),
        ("opportunity", "state=won&state=lost", "State is Won or Lost"),
        ("person", "company.industry=Retail&company.industry=Health", "Company: industry is Retail or Health"),
        ("person", "company.industry.contains=tail", "Company: industry contains “tail”"),
        ("person", "title.not=Buyer", "Job title is not Buyer"),
        ("person", "owner=me&owner.not=me", "Owner is not me"),
    ],
)
def test_a_filter_says_itself(world: World, noun: str, query: str, said: str) -> None:
    assert said in sentences(world, noun, query)


def test_a_filter_means_on_the_page_what_it_means_to_programs(world: World, sam: Client) -> None:
    big = Opportunity.objects.filter(archived_at=None, currency="GBP", amount_minor__gte=2_000_000)
    shown = walk(sam, "/opportunities?state=any&amount.gte=20000+GBP")
    assert set(shown) == set(big.values_list("public_id", flat=True)) and shown
    shop = Company.objects.filter(people__isnull=False).first()
    assert shop
    people = Person.objects.live().filter(company=shop).values_list("public_id", flat=True)
    assert set(walk(sam, f"/people?company={shop.public_id}")) == set(people)


def test_days_from_today_move_with_the_clock(world: World) -> None:
    later = clock.now().replace(year=clock.now().year + 1)
    before = asked(world, "opportunity", "state=any&close_on.lt=today").records.count()
    with clock.at(later):
        assert asked(world, "opportunity", "state=any&close_on.lt=today").records.count() > before


@pytest.mark.parametrize(
    ("words", "first", "after"),
    [
        ("today", "2026-03-31", "2026-04-01"),
        ("-1m", "2026-02-28", "2026-03-01"),
        ("+2w", "2026-04-14", "2026-04-15"),
        ("this week", "2026-03-30", "2026-04-06"),
        ("last_quarter", "2025-10-01", "2026-01-01"),
        ("next_year", "2027-01-01", "2028-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
    ],
)
def test_words_for_days_are_spans(words: str, first: str, after: str) -> None:
    today = clock.now().replace(year=2026, month=3, day=31).date()
    found = span(words, today)
    assert found and [day.isoformat() for day in found] == [first, after]


@pytest.mark.parametrize(
    "query",
    [
        "amount.gte=lots",
        "amount.gte=5000+ZZZ",
        "amount.gte=" + "9" * 40,
        "close_on.lt=soon",
        "close_on=2026-13",
        "created_at.gte=-9999y",
        "company.nothing=1",
        "name.gte=a",
        "owner=zz&owner=yy",
        "company=zzzzzzzzzz",
        "title=%00&title=b",
        "name=" + "x" * 2001,
        "likelihood=1.5",
        "likelihood=" + "9" * 30,
        "likelihood.gt=%F0%9D%9F%98%C2%B2",
        "company.empty=perhaps",
        "columns=title,nothing",
        "columns=" + ",".join(["company.name"] * 3 + [f"x{number}" for number in range(40)]),
        "sort=company.name",
        "sort=nothing",
    ],
)
def test_what_does_not_exist_or_cannot_be_read_is_refused(world: World, sam: Client, query: str) -> None:
    answer = sam.get(f"/opportunities?{query}")
    assert answer.status_code == 400, query
    assert 'class="fault"' in text(answer)


# --- columns and sorts -------------------------------------------------------------------------------------------


def test_columns_are_chosen_and_stand_in_that_order(world: World, sam: Client) -> None:
    found = asked(world, "opportunity", "columns=close,company.industry,amount,created_at")
    assert [each.name for each in found.columns] == ["title", "close", "company.industry", "value", "created_at"]
    html = text(sam.get("/opportunities?columns=close,company.industry,amount,created_at&q=managed+45"))
    heads = html[html.index("<thead>") : html.index("</thead>")]
    assert heads.index("Close date") < heads.index("Company: industry") < heads.index("Value") < heads.index("Created")
    assert "Owner" not in heads and "£38,400" in html


def test_every_column_of_every_list_can_be_shown(world: World, sam: Client) -> None:
    from fairlead.web.columns import MOST, offered

    for noun, listing in LISTINGS.items():
        names = list(offered(listing.model, listing.brought, world.sam.actor("web")))
        for start in range(0, len(names), MOST - 1):
            some = ",".join(names[start : start + MOST - 1])
            answer = sam.get(f"{listing.url}?columns={some}")
            assert answer.status_code == 200 and ids(text(answer)), (noun, some)


def test_a_column_holds_values(world: World) -> None:
    found = asked(world, "opportunity", "columns=customer,value,close,company.industry,tags&q=managed+45")
    row = found.rows.get()
    values = {each.name: each.value(row) for each in found.columns}
    assert values["customer"] == world.peverell and str(values["value"]) == "38400.00"
    assert values["close"] == world.managed_it.close_on and values["company.industry"] == world.peverell.industry
    assert values["tags"] == list(world.managed_it.tags.all())


def test_a_list_is_sorted_by_any_field_of_its_own(world: World, sam: Client) -> None:
    shown = walk(sam, "/opportunities?state=any&sort=-amount")
    valued = Opportunity.objects.live().filter(amount_minor__isnull=False).order_by("-amount_minor", "-id")
    assert shown[: valued.count()] == list(valued.values_list("public_id", flat=True))
    assert len(shown) == Opportunity.objects.live().count()
