"""What lacks a next step: the page across nouns, the sidebar's count, and parking one record or many on purpose."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Run
from fairlead.verbs.closing import close_won
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import park
from tests.web.test_lists import ids, limit, queries, signed_in, text

FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def lacking(user: Any = None) -> set[str]:
    """What lacks a next step, by its words on the page."""
    today = clock.today(user.tz)
    found = [*Opportunity.objects.without_next_step(today), *Lead.objects.without_next_step(today)]
    return {each.label for each in found if each.owner_id == user.pk}


def test_the_page_shows_ones_own_and_everybodys(world: World, sam: Client) -> None:
    lead = create_lead(world.sam.actor("web"), name="Edda Unplanned")
    mine = text(sam.get("/no-next-step"))
    assert lead.label in mine and world.unplanned.title in mine
    assert all(label in mine for label in lacking(world.sam))
    assert not any(label in mine for label in lacking(world.noah) - lacking(world.sam))
    everybody = text(signed_in(world.mira).get("/no-next-step?whose=all"))
    assert all(label in everybody for label in lacking(world.sam) | lacking(world.noah))
    assert queries(sam, "/no-next-step") <= 14
    number = len(lacking(world.sam))
    counts = sam.get("/views/counts", **FRAGMENT).text
    assert f'id="count-lacking" hx-swap-oob="true">{number}</span>' in counts


def test_who_sees_no_leads_finds_none_there(world: World) -> None:
    create_lead(world.sam.actor("web"), name="Edda Unplanned")
    limit(world.sam, opportunity="own")
    page = text(signed_in(world.sam).get("/no-next-step?whose=all"))
    assert "Edda Unplanned" not in page and world.unplanned.title in page


def test_parked_ones_are_left_out_until_their_day(world: World, sam: Client) -> None:
    by, sale, today = world.sam.actor("web"), world.unplanned, clock.today(world.sam.tz)
    answer = sam.post(f"/opportunities/{sale.public_id}/park?due={today + timedelta(days=7)}", HTTP_REFERER="")
    assert answer.status_code == 303
    assert sale.public_id not in ids(text(sam.get("/opportunities?next=none")))
    assert sale.public_id in ids(text(sam.get("/opportunities?next=parked")))
    assert sale.title not in text(sam.get("/no-next-step"))
    with clock.at(clock.now() + timedelta(days=7)):
        assert Opportunity.objects.without_next_step(clock.today(world.sam.tz)).filter(pk=sale.pk).exists()
        assert sale.public_id in ids(text(sam.get("/opportunities?next=none")))
        assert sale.public_id not in ids(text(sam.get("/opportunities?next=parked")))
    for day in (today, today - timedelta(days=1)):
        with pytest.raises(Invalid, match="after today"):
            park(by, sale, until=day)
    close_won(by, sale)
    with pytest.raises(WrongState, match="closed"):
        park(by, sale, until=today + timedelta(days=7))


def test_many_are_parked_in_one_act(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mira = signed_in(world.mira)
    chosen = [each for each in Opportunity.objects.open() if each.owner_id == world.sam.pk][:3]
    given = {"ids": [each.public_id for each in chosen], "act": "park", "until": "+2w"}
    mira.post("/opportunities/bulk", given)
    on = clock.today(world.mira.tz) + timedelta(days=14)
    assert {each.parked_until for each in Opportunity.objects.filter(pk__in=[each.pk for each in chosen])} == {on}
    undo(world.mira.actor("web"), act=Event.objects.filter(verb="park_many").latest("id").act)
    assert not Opportunity.objects.filter(pk__in=[each.pk for each in chosen], parked_until=on).exists()
    for until in ("", "whenever", "yesterday"):
        assert mira.post("/opportunities/bulk", given | {"until": until}).status_code == 422
    assert mira.post("/people/bulk", given | {"ids": [world.priya.public_id]}).status_code == 422
    monkeypatch.setattr("fairlead.web.pages.lists.MOST_IN_ONE_REQUEST", 1)
    assert "/runs/" in mira.post("/opportunities/bulk", given)["Location"]
    assert Run.objects.latest("pk").payload["until"] == on.isoformat()


def test_rows_cards_and_the_record_offer_it(world: World, sam: Client) -> None:
    base = f"/opportunities/{world.unplanned.public_id}"
    for page in ("/opportunities?next=none", "/pipeline", "/no-next-step"):
        assert f'data-snooze="{base}/park"' in text(sam.get(page))
    assert f'formaction="{base}/park?until=' in text(sam.get(base, follow=True))
