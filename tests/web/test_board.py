"""The board: lanes with what they are worth, cards in the order of their next steps, and moving them."""

from decimal import Decimal
from typing import Any

import pytest
from babel import Locale
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import Actor, system
from fairlead.core.changes import change, create
from fairlead.demo.world import World
from fairlead.models import ExitCriterion, Opportunity, Pipeline, Rate, Stage, User
from fairlead.models.rate import united
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import assign
from fairlead.verbs.rates import remove_rate, set_rate
from fairlead.web.board import Board
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import OPPORTUNITIES
from tests.doors.matrix import aside
from tests.web.test_lists import limit, signed_in, text

BOSS = system("test")
FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


@pytest.fixture
def mira(world: World) -> Client:
    return signed_in(world.mira)


def board(world: World, query: str = "", who: Any = None) -> Board:
    user = who or world.mira
    reader = Reader(user.tz, Locale.parse("en_GB"), clock.now())
    return Board(Asked(OPPORTUNITIES, query, user.actor("web"), reader))


@aside
def demand(by: Actor, *, stage: Stage, text: str, force: str) -> ExitCriterion:
    return create(ExitCriterion, stage=stage, text=text, force=force)


@aside
def relieve(by: Actor, *, criterion: ExitCriterion) -> None:
    change(criterion, archived_at=clock.now())


def test_lanes_hold_the_open_ones_with_their_worth(world: World, mira: Client) -> None:
    found = board(world)
    opened = Opportunity.objects.open().filter(stage__pipeline=found.pipeline.pk)
    assert [lane.stage.name for lane in found.lanes] == [stage.name for stage in found.pipeline.stages.all()]
    assert sum(lane.worth.number for lane in found.lanes) == opened.count() == found.worth.number
    for lane in found.lanes:
        inside = opened.filter(stage=lane.stage.pk)
        assert {card.row.pk for card in lane.cards} == {each.pk for each in inside}
        pounds = [each.total for each in inside if each.currency == "GBP" and each.total is not None]
        assert lane.worth.total.get("GBP", Decimal(0)) == sum(pounds)
        moments = [card.row.next_step_at for card in lane.cards]
        dated = [each for each in moments if each]
        assert moments == sorted(dated) + [None] * (len(moments) - len(dated))
    page = text(mira.get("/pipeline"))
    assert all(each.title in page for each in opened)


def test_filters_hold_and_amounts_stay_hidden(world: World) -> None:
    mine = board(world, "owner=me", world.sam)
    owners = {card.row.owner.name for lane in mine.lanes for card in lane.cards}
    assert owners == {world.sam.name}
    limit(world.sam, opportunity="all", money="none")
    hidden = board(world, "", User.objects.get(pk=world.sam.pk))
    assert not hidden.shows_money and not hidden.worth.total and hidden.worth.number
    assert "£" not in text(signed_in(world.sam).get("/pipeline"))


def test_other_currencies_join_by_the_rate_of_the_day(world: World) -> None:
    for rate in Rate.objects.all():
        remove_rate(BOSS, rate)
    found = board(world)
    before = dict(found.sums(found.worth.total))
    assert before["EUR"] == found.worth.total["EUR"]
    set_rate(world.admin.actor("web"), currency="EUR", rate=Decimal("1.2"))
    after = board(world)
    expected, apart = united(after.worth.total, "GBP", {"EUR": Decimal("1.2")})
    assert after.sums(after.worth.total) == [("GBP", expected)] and not apart


def test_a_card_moves_and_its_lanes_are_told_anew(world: World, mira: Client) -> None:
    sale = world.managed_it
    onward = sale.stage.pipeline.stages.get(name="Close")
    given = {"opportunity": sale.public_id, "stage": onward.public_id, "query": "as=board"}
    told = mira.post("/pipeline/move", given, **FRAGMENT)
    assert told.status_code == 200 and f"row-{sale.public_id}" in told.text and "moved to Close" in told.text
    assert all(f"lane-{stage.public_id}" in told.text for stage in sale.stage.pipeline.stages.all())
    sale.refresh_from_db()
    assert sale.stage == onward
    assert mira.post("/pipeline/move", given).status_code == 303  # once more, and without scripts
    assert mira.post("/pipeline/move", given | {"stage": "nothing"}, **FRAGMENT).status_code == 404


def test_gaps_ask_for_a_reason_and_hard_ones_say_what_is_missing(world: World, mira: Client) -> None:
    sale = world.managed_it
    onward = sale.stage.pipeline.stages.get(name="Close")
    given = {"opportunity": sale.public_id, "stage": onward.public_id}
    demand(BOSS, stage=sale.stage, text="Seen the site", force="required")
    asked = mira.post("/pipeline/move", given, **FRAGMENT)
    assert asked.status_code == 422
    assert asked["HX-Redirect"] == f"/opportunities/{sale.public_id}/move-stage?stage={onward.public_id}"
    assert mira.get(asked["HX-Redirect"]).status_code == 200
    demand(BOSS, stage=sale.stage, text="Signed by both", force="hard")
    refused = mira.post("/pipeline/move", given, **FRAGMENT)
    assert "Signed by both" in refused.text and refused["HX-Reswap"] == "none"
    sale.refresh_from_db()
    assert sale.stage.name == "Propose"


def test_who_may_not_edit_moves_nothing(world: World) -> None:
    sale = world.managed_it
    onward = sale.stage.pipeline.stages.get(name="Close")
    assign(BOSS, sale, owner=world.dele)
    refused = signed_in(world.sam).post("/pipeline/move", {"opportunity": sale.public_id, "stage": onward.public_id})
    sale.refresh_from_db()
    assert sale.stage.name == "Propose" and refused.status_code in (303, 403)


def test_a_long_lane_goes_on(world: World, mira: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.web.board.CARDS", 3)
    lane = board(world).lanes[0]
    assert len(lane.cards) == 3 and lane.more
    seen, place = {card.row.pk for card in lane.cards}, lane.more
    while place:
        lane = board(world).lane(lane.stage, place)
        assert not seen & {card.row.pk for card in lane.cards}
        seen, place = seen | {card.row.pk for card in lane.cards}, lane.more
    assert seen == set(Opportunity.objects.open().filter(stage=lane.stage.pk).values_list("pk", flat=True))
    first = board(world).lanes[0]
    path = f"/pipeline/lanes/{first.stage.public_id}?as=board&after={first.more}"
    assert mira.get(path, **FRAGMENT).text.count("data-row") == 3
    assert mira.get(path).status_code == 303 or mira.get(path).status_code == 302


@pytest.mark.parametrize("query", ["stage.pipeline=none", "nonsense=1", "as=board&after=x", "owner=%00"])
def test_what_cannot_be_understood_is_said(mira: Client, query: str) -> None:
    assert mira.get(f"/pipeline?{query}").status_code in (200, 400)


def test_each_pipeline_has_its_own_board(world: World) -> None:
    other = Pipeline.objects.order_by("position").last()
    assert other is not None
    sale = create_opportunity(BOSS, title="Elsewhere", stage=other.stages.first())
    found = board(world, f"stage.pipeline={other.public_id}")
    assert found.pipeline.pk == other.pk
    assert sale.pk in {card.row.pk for lane in found.lanes for card in lane.cards}
