"""Lists by any field: filters as sentences, chosen columns, sorts, groups, and views saved from them."""

import re
from typing import Any

import pytest
from babel import Locale
from django.test import Client

from fairlead.core import clock
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.event import Event
from fairlead.core.undo import redo, undo
from fairlead.demo.world import World
from fairlead.models import Company, Lead, Opportunity, Person, Pin, User, View
from fairlead.programs.days import span
from fairlead.verbs.leads import edit_lead
from fairlead.verbs.views import archive_view, edit_view, pin_view, save_view, share_view, unpin_view
from fairlead.web.formats import Reader
from fairlead.web.groups import groups
from fairlead.web.listing import Asked
from fairlead.web.listings import LISTINGS
from tests.web.test_lists import ids, limit, signed_in, text, walk


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


# --- groups ------------------------------------------------------------------------------------------------------


def test_groups_have_counts_totals_and_their_own_rows(world: World, sam: Client) -> None:
    html = text(sam.get("/opportunities?state=any&group=stage"))
    for stage in {each.stage for each in Opportunity.objects.live().select_related("stage")}:
        assert stage.name in html
    made = groups(asked(world, "opportunity", "state=any&group=stage"))
    found = made.shown
    assert made.complete and sum(group.count for group in found) == Opportunity.objects.live().count()
    for group in found:
        assert len(walk(sam, group.url)) == group.count
    pounds = sum(amount for group in found for amount, currency in group.totals if currency == "GBP")
    expected = [each.total for each in Opportunity.objects.live().filter(currency="GBP") if each.total is not None]
    assert pounds == sum(expected)


def test_groups_by_month_and_without_a_value_open_their_rows(world: World, sam: Client) -> None:
    for field in ("close_on", "created_at", "next_step_at", "owner", "recurs"):
        found = groups(asked(world, "opportunity", f"state=any&group={field}")).shown
        assert sum(group.count for group in found) == Opportunity.objects.live().count()
        assert [len(walk(sam, group.url)) for group in found if group.url] == [g.count for g in found if g.url]


def test_many_records_are_counted_group_by_group(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.web.groups.MOST", 3)
    for field in ("state", "owner", "close_on"):
        found = groups(asked(world, "opportunity", f"state=any&group={field}"))
        assert not found.complete and found.shown
        assert all(1 <= group.count <= 4 and not group.totals for group in found.shown)


def test_a_list_says_that_it_has_more_groups_than_it_shows(
    world: World, sam: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there are more" not in text(sam.get("/opportunities?state=any&group=owner"))
    monkeypatch.setattr("fairlead.web.groups.MOST_GROUPS", 2)
    assert "the first 2 groups; there are more" in text(sam.get("/opportunities?state=any&group=owner"))
    monkeypatch.setattr("fairlead.web.groups.MOST", 3)
    assert "the first 2 groups; there are more" in text(sam.get("/opportunities?state=any&group=stage"))


def test_leads_by_type_source_campaign_interest_and_rating(
    world: World, sam: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = Lead.objects.open()
    edit_lead(world.mira.actor("web"), leads.order_by("-pk")[0], interest="Backup", rating="hot")
    head = text(sam.get("/leads"))
    for label in ("type", "source", "campaign", "interest", "rating"):
        url = next(v["url"] for v in asked(world, "lead", "").views if v["label"] == f"By {label}")
        assert f"By {label}" in head and "By" in text(sam.get(url))
        found = groups(asked(world, "lead", url.partition("?")[2]))
        assert found.complete and sum(group.count for group in found.shown) == leads.count()
        assert [len(walk(sam, group.url)) for group in found.shown] == [group.count for group in found.shown]
    interests = groups(asked(world, "lead", "group=interest")).shown
    assert ("Backup", 1) in [(group.label, group.count) for group in interests]
    monkeypatch.setattr("fairlead.web.groups.MOST", 3)
    many = groups(asked(world, "lead", "group=rating"))
    assert not many.complete and [group.label for group in many.shown] == ["Hot", "None"]
    assert "Backup" in [group.label for group in groups(asked(world, "lead", "group=interest")).shown]


# --- the steps to a filter ---------------------------------------------------------------------------------------


def test_a_filter_is_built_step_by_step(world: World, sam: Client) -> None:
    first = text(sam.get("/lists/opportunities/filter?query=owner%3Dme"))
    assert "<!doctype html>" in first and ">Close date<" in first and ">Company: industry<" in first
    assert "erge" not in first and ">Version<" not in first
    second = text(sam.get("/lists/opportunities/filter?query=owner%3Dme&field=amount"))
    assert "is at least" in second
    form = "query=owner%3Dme&field=amount&add=1&compare=.gte&value=%C2%A35k"
    third = sam.get(f"/lists/opportunities/filter?{form}")
    assert (third.status_code, third["Location"]) == (302, "/opportunities?owner=me&amount.gte=5000+GBP")


@pytest.mark.parametrize(
    ("noun", "form", "query"),
    [
        ("people", "field=company&compare=&value=Peverell+Logistics", "company={peverell}"),
        ("people", "field=company&compare=.empty%3Dtrue", "company.empty=true"),
        ("people", "field=owner&compare=&value=me&value={noah}", "owner=me&owner={noah}"),
        ("opportunities", "field=close_on&compare=.lt&value=12+Dec+2031", "close_on.lt=2031-12-12"),
        ("opportunities", "field=close_on&compare=&value=this+month", "close_on=this+month"),
        ("opportunities", "field=recurs&compare=.not&value=month&value=year", "recurs.not=month&recurs.not=year"),
    ],
)
def test_values_are_typed_by_kind(world: World, sam: Client, noun: str, form: str, query: str) -> None:
    names = {"peverell": world.peverell.public_id, "noah": world.noah.public_id}
    answer = sam.get(f"/lists/{noun}/filter?add=1&{form.format(**names)}")
    assert (answer.status_code, answer["Location"]) == (302, f"/{noun}?{query.format(**names)}")


@pytest.mark.parametrize(
    "form",
    [
        "field=amount&compare=.gte&value=lots",
        "field=amount&compare=.gte",
        "field=amount&compare=.contains&value=1",
        "field=close_on&compare=.lt&value=someday",
        "field=company&compare=&value=Nobody+Ltd",
        "field=likelihood&compare=&value=" + "9" * 40,
        "field=title&compare=&value=%00",
    ],
)
def test_a_value_that_cannot_be_read_stays_typed_with_the_reason(world: World, sam: Client, form: str) -> None:
    answer = sam.get(f"/lists/opportunities/filter?add=1&{form}")
    assert answer.status_code == 400 and 'class="error"' in text(answer)


def test_unknown_fields_and_lists_are_refused(world: World, sam: Client) -> None:
    assert sam.get("/lists/people/filter?field=password").status_code == 400
    assert sam.get("/lists/people/filter?edit=nothing").status_code == 400
    assert sam.get("/lists/people/columns?add=nothing").status_code == 400
    assert sam.get("/lists/people/filter?query=nothing%3D1").status_code == 400
    assert sam.get("/lists/tasks/filter").status_code == 404


def test_columns_are_arranged_by_links(world: World, sam: Client) -> None:
    html = text(sam.get("/lists/people/columns?query=owner%3Dme"))
    assert "Up<span" in html and "Take away<span" in html
    added = sam.get("/lists/people/columns?query=owner%3Dme%26columns%3Dname%252Cphone&add=company.industry")
    assert "company.industry" in added["Location"]
    assert "Company: industry" in text(sam.get(added["Location"]))


# --- saved views -------------------------------------------------------------------------------------------------


def saved(world: World, by: Any = None, **facts: Any) -> View:
    who = by or world.sam
    given: dict[str, Any] = {"list_of": "opportunity", "name": "Big ones"} | facts
    return save_view(who.actor("web"), **given)


def test_a_view_is_saved_opened_changed_pinned_and_taken_back(world: World, sam: Client) -> None:
    form = {"of": "opportunity", "query": "amount.gte=20000+GBP&sort=-amount&columns=value,owner", "name": "Big ones"}
    answer = sam.post("/views/new", form | {"shared": "nobody", "pinned": "on"})
    view = View.objects.get(name="Big ones")
    assert answer["Location"] == f"/opportunities?view={view.public_id}"
    assert view.filters == {"amount.gte": ["20000 GBP"]} and (view.sort, view.columns) == (
        "-amount",
        ["value", "owner"],
    )
    html = text(sam.get(answer["Location"]))
    assert "Value is at least £20,000" in html and "Changed." not in html
    assert f'id="count-{view.public_id}"' in html
    altered = sam.get(f"/opportunities?view={view.public_id}&sort=-amount&columns=value,owner&owner=me")
    assert "Changed." in text(altered) and "Reset" in text(altered)
    sam.post(f"/views/{view.public_id}/save", {"query": "owner=me&sort=-amount"})
    view.refresh_from_db()
    assert view.filters == {"owner": ["me"]}
    undo(world.sam.actor("web"), act=Event.objects.latest("id").act)
    view.refresh_from_db()
    assert view.filters == {"amount.gte": ["20000 GBP"]}
    assert "20+" not in text(sam.get("/views/counts")) and view.public_id in text(sam.get("/views/counts"))
    sam.post(f"/views/{view.public_id}/unpin")
    assert not Pin.objects.exists()
    undo(world.sam.actor("web"), act=Event.objects.latest("id").act)
    assert Pin.objects.get().view == view
    sam.post(f"/views/{view.public_id}/archive")
    assert f"view={view.public_id}" not in text(sam.get("/opportunities"))


def test_the_last_filter_of_a_view_is_taken_away(world: World, sam: Client) -> None:
    view = saved(world, filters={"owner": ["me"]})
    html = text(sam.get(f"/opportunities?view={view.public_id}"))
    without = re.search(r'<a class="chip" href="([^"]+)">Owner is me', html)
    assert without
    altered = text(sam.get(without[1].replace("&amp;", "&")))
    assert "Changed." in altered and "Owner is me<" not in altered


def test_every_deed_on_views_is_taken_back_and_done_again(world: World) -> None:
    sam, view = world.sam.actor("web"), saved(world)
    team = world.sam.teams.first()
    for deed, facts in (
        (pin_view, {}),
        (unpin_view, {}),
        (share_view, {"shared": "team", "team": team}),
        (edit_view, {"name": "Larger", "columns": ["value"]}),
        (archive_view, {}),
    ):
        deed(sam, view, **facts)
        act = Event.objects.latest("id").act
        undo(sam, act=act)
        redo(sam, act=act)
    view.refresh_from_db()
    assert (view.shared, view.name, view.archived_at is None) == ("team", "Larger", False)


def test_a_view_is_its_owners_until_it_is_shared(world: World, sam: Client) -> None:
    view = saved(world, world.mira, name="Mira’s")
    url = f"/opportunities?view={view.public_id}"
    assert sam.get(url).status_code == 404 and sam.post(f"/views/{view.public_id}/pin").status_code == 404
    share_view(world.mira.actor("web"), view, shared="everyone")
    assert sam.get(url).status_code == 200 and "Mira’s" in text(sam.get("/opportunities"))
    assert sam.post(f"/views/{view.public_id}/save", {"query": "owner=me"}).status_code == 404
    assert sam.post(f"/views/{view.public_id}/archive").status_code == 404
    with pytest.raises(NotAllowed):
        edit_view(world.sam.actor("web"), view, name="Mine now")
    assert sam.post(f"/views/{view.public_id}/pin").status_code == 303


def test_a_shared_view_shows_each_what_they_may_see(world: World) -> None:
    """A hidden field, an unseen record and a field that is gone are left out and said; columns just disappear."""
    facts: dict[str, Any] = {
        "filters": {
            "amount.gte": ["20000 GBP"],
            "company": [world.peverell.public_id],
            "x.gone": ["1"],
            "state": ["any"],
        },
        "columns": ["value", "owner", "x.gone"],
        "sort": "-amount",
        "group": "",
    }
    view = saved(world, world.mira, shared="everyone", **facts)
    limit(world.lena, opportunity="all")  # neither amounts nor companies
    html = text(signed_in(world.lena).get(f"/opportunities?view={view.public_id}"))
    heads = html[html.index("<thead>") : html.index("</thead>")]
    assert "Value" not in heads and "Owner" in heads and "20,000" not in html and "20000 GBP" not in html
    assert "The filter by Value: your role does not show it." in html
    assert "The order by Value: your role does not show it." in html
    assert "this field is not here any more" in html and "Peverell" not in html


def test_counts_of_pinned_views_are_those_that_the_reader_sees(world: World) -> None:
    view = saved(world, world.mira, shared="everyone", filters={"state": ["any"]})
    limit(world.lena, opportunity="own")
    pin_view(world.lena.actor("web"), view)
    lena = User.objects.get(pk=world.lena.pk).actor("web")
    own = Opportunity.objects.visible_to(lena).live().count()
    assert own < Opportunity.objects.live().count()
    assert f">{own}<" in text(signed_in(world.lena).get("/views/counts"))


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "  "},
        {"filters": {"name": ["\x00"]}},
        {"filters": {"name": ["x" * 2001]}},
        {"filters": {f"f{number}": ["1"] for number in range(51)}},
        {"columns": ["name"] * 31},
        {"columns": ["\ud800"]},
        {"position": -1},
        {"sort": "x" * 200},
        {"shared": "team"},
    ],
)
def test_what_a_view_cannot_keep_is_refused(world: World, facts: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        saved(world, **facts)
    assert not View.objects.exists()


def test_a_view_holding_nonsense_opens_without_it(world: World, sam: Client) -> None:
    view = saved(world, filters={"next": ["soon"], "amount": ["lots"], "drop table": ["x"], "owner": []}, group="title")
    answer = sam.get(f"/opportunities?view={view.public_id}")
    assert answer.status_code == 200 and "left out" in text(answer)
