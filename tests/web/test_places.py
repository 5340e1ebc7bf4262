"""Cards put by hand: where they stand in their lane, what stays as it was, and what is refused."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.actor import system
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Opportunity, Stage
from fairlead.models.ranks import between
from fairlead.verbs.closing import close_won
from fairlead.verbs.opportunities import create_opportunity, move_stage, place_opportunity
from fairlead.verbs.tasks import add_task
from tests.web.test_board import board, demand
from tests.web.test_lists import signed_in, text

BOSS = system("test")
FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


def lane(world: World) -> list[int]:
    """The ids of the first lane's cards, in their order."""
    return [card.row.pk for card in board(world).lanes[0].cards]


def at(pk: int) -> Opportunity:
    return Opportunity.objects.get(pk=pk)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=80))
def test_there_is_a_rank_between_any_two(places: list[int]) -> None:
    ranks: list[str] = []
    for place in places:
        here = place % (len(ranks) + 1)
        ranks.insert(here, between(ranks[here - 1] if here else "", ranks[here] if here < len(ranks) else ""))
    assert ranks == sorted(set(ranks)) and not any(each.endswith("0") for each in ranks)


def test_cards_stand_where_they_were_put_and_the_others_by_their_next_steps(world: World) -> None:
    stage = board(world).stages[0]
    for number in range(4):  # without a next step, one like the other
        create_opportunity(BOSS, title=f"Bare {number}", stage=stage)
    cards, dice = lane(world), random.Random(7)
    for _turn in range(30):
        pk, beside = dice.sample(cards, 2)
        ahead = dice.random() < 0.5
        place_opportunity(BOSS, at(pk), **{"before" if ahead else "after": at(beside)})
        cards.remove(pk)
        cards.insert(cards.index(beside) + (not ahead), pk)
        assert lane(world) == cards
    for pk in cards:
        place_opportunity(BOSS, at(pk))
    moments = [at(pk).next_step_at for pk in lane(world)]
    dated = [each for each in moments if each]
    assert moments == sorted(dated) + [None] * (len(moments) - len(dated))


def test_one_change_alone_which_can_be_taken_back(world: World) -> None:
    by, cards = world.sam.actor("web"), lane(world)
    mine = next(pk for pk in cards[1:] if at(pk).owner_id == world.sam.pk)
    place_opportunity(by, at(mine), before=at(cards[0]))
    told = Event.objects.filter(verb="place_opportunity").latest("id")
    assert [(noun, pk) for noun, pk, *_rest in told.changes] == [("opportunity", mine)]
    assert lane(world)[0] == mine
    undo(by, act=told.act)
    assert lane(world) == cards
    place_opportunity(by, at(mine), before=at(cards[0]))
    add_task(by, at(cards[-1]), title="Later", due_on=world.now.date())
    assert lane(world)[0] == mine  # it stays there, whatever the others plan
    sale = at(mine)
    move_stage(by, sale, stage=sale.stage.pipeline.stages.get(position=1), reason="Because")
    assert at(mine).stands_at is None


def test_only_beside_an_open_one_of_its_lane(world: World) -> None:
    cards, other = lane(world), board(world).lanes[1].cards[0].row.pk
    with pytest.raises(Invalid, match="same lane"):
        place_opportunity(BOSS, at(cards[0]), before=at(other))
    place_opportunity(BOSS, at(cards[0]), before=at(cards[0]))
    assert lane(world) == cards
    close_won(BOSS, at(cards[1]))
    with pytest.raises(Invalid, match="same lane"):
        place_opportunity(BOSS, at(cards[0]), after=at(cards[1]))
    with pytest.raises(WrongState, match="closed as Won"):
        place_opportunity(BOSS, at(cards[1]), after=at(cards[0]))


def test_the_board_puts_cards(world: World) -> None:
    client, cards = signed_in(world.mira), lane(world)
    given = {"opportunity": at(cards[2]).public_id, "before": at(cards[0]).public_id, "after": ""}
    told = client.post("/pipeline/place", given, **FRAGMENT)
    assert told.status_code == 200 and "has another place" in told.text and "/undo" in told.text
    assert lane(world)[:2] == [cards[2], cards[0]]
    refused = client.post(
        "/pipeline/place", given | {"before": at(board(world).lanes[1].cards[0].row.pk).public_id}, **FRAGMENT
    )
    assert "same lane" in refused.text and refused["HX-Reswap"] == "none"
    assert client.post("/pipeline/place", given | {"before": "nothing"}, **FRAGMENT)["HX-Reswap"] == "none"
    assert 'data-place="-1"' in text(client.get("/pipeline"))
    assert client.post("/pipeline/place", {"opportunity": at(cards[2]).public_id}).status_code == 303
    assert at(cards[2]).stands_at is None and lane(world)[0] == cards[0]


def test_a_card_moves_to_a_place_of_another_lane(world: World) -> None:
    client, sale = signed_in(world.mira), at(lane(world)[0])
    to = board(world).lanes[1]
    there = [card.row.pk for card in to.cards]
    given = {"opportunity": sale.public_id, "stage": to.stage.public_id, "before": at(there[2]).public_id}
    demand(BOSS, stage=sale.stage, text="Seen the site", force="required")
    asked = client.post("/pipeline/move", given, **FRAGMENT)["HX-Redirect"]
    assert f'name="before" value="{given["before"]}"' in client.get(asked).text
    assert client.post(asked, given | {"reason": "They know us"}).status_code in (302, 303)
    assert [card.row.pk for card in board(world).lanes[1].cards] == [*there[:2], sale.pk, *there[2:]]
    undo(world.mira.actor("web"), act=Event.objects.filter(verb="move_stage").latest("id").act)
    assert lane(world)[0] == sale.pk
    with pytest.raises(Invalid, match="same lane"):
        move_stage(BOSS, sale, stage=Stage.objects.get(pk=to.stage.pk), reason="So", before=at(lane(world)[1]))
    assert at(sale.pk).stage_id == sale.stage_id
