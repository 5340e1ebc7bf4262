"""A manager hands a colleague's open work to another, thinks better of it, and takes all of it back at once."""

import pytest

from fairlead.core.errors import NotAllowed
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Opportunity, User
from fairlead.verbs.bulk import assign_many
from fairlead.verbs.opportunities import edit_opportunity
from tests.stories.told import last_act


def open_of(user: User) -> set[int]:
    return set(Opportunity.objects.open().filter(owner=user).values_list("pk", flat=True))


def test_one_act_gives_them_all_and_one_undo_brings_them_back(world: World) -> None:
    mira, before, lenas = world.mira.actor("web"), open_of(world.sam), open_of(world.lena)
    assert len(before) == 17
    assign_many(mira, list(Opportunity.objects.filter(pk__in=before)), owner=world.lena)
    handed = last_act()
    assert open_of(world.lena) == before | lenas and not open_of(world.sam)
    told = Event.objects.filter(act=handed, verb="assign_many")  # one for each, and for the track on one of them
    assert sum(each.changes[0][0] == "opportunity" for each in told) == len(before)

    undo(mira, act=handed)
    assert (open_of(world.sam), open_of(world.lena)) == (before, lenas)


def test_a_seller_may_not_and_nothing_changes(world: World) -> None:
    before = open_of(world.lena)
    with pytest.raises(NotAllowed, match="Nothing was changed"):
        assign_many(world.sam.actor("web"), list(Opportunity.objects.filter(pk__in=before)), owner=world.sam)
    assert open_of(world.lena) == before


def test_another_fact_that_changed_since_does_not_stand_in_the_way(world: World) -> None:
    mira = world.mira.actor("web")
    assign_many(mira, [world.managed_it], owner=world.lena)
    handed = last_act()
    edit_opportunity(world.lena.actor("web"), world.opportunity("Managed IT for 45 seats"), likelihood=70)
    undo(mira, act=handed)
    sale = world.opportunity("Managed IT for 45 seats")
    assert (sale.owner, sale.likelihood) == (world.sam, 70)
