"""Leads that nobody owns are claimed: by one, and the next one is told who has it."""

import pytest

from fairlead.core.act import last
from fairlead.core.actor import system
from fairlead.core.errors import NotAllowed, WrongState
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.verbs.leads import create_lead, edit_lead
from fairlead.verbs.ownership import claim_lead
from tests.web.test_lists import signed_in


def test_a_lead_of_nobody_is_claimed_once(world: World) -> None:
    sam, noah = world.sam.actor("web"), world.noah.actor("web")
    lead = create_lead(system("web form"), name="Ada Quay")
    with pytest.raises(NotAllowed):
        edit_lead(sam, lead, interest="Backup")
    assert claim_lead(sam, lead).owner == world.sam
    act = last().id
    assert claim_lead(sam, lead).owner == world.sam  # twice is once
    edit_lead(sam, lead, interest="Backup")
    with pytest.raises(WrongState, match=f"{world.sam} has Ada Quay already"):
        claim_lead(noah, lead)
    undo(sam, act=act)
    lead.refresh_from_db()
    assert (lead.owner, lead.team, lead.interest) == (None, None, "Backup")


def test_the_page_offers_it_to_those_who_may(world: World) -> None:
    lead = create_lead(system("web form"), name="Ada Quay")
    page = signed_in(world.sam).get(f"/leads/{lead.public_id}-ada-quay")
    assert f"/leads/{lead.public_id}/claim" in page.text
    dele = signed_in(world.dele)
    assert f"/leads/{lead.public_id}/claim" not in dele.get(f"/leads/{lead.public_id}-ada-quay").text
    dele.post(f"/leads/{lead.public_id}/claim")
    lead.refresh_from_db()
    assert lead.owner is None
    signed_in(world.sam).post(f"/leads/{lead.public_id}/claim")
    lead.refresh_from_db()
    assert lead.owner == world.sam
