"""The inbox: leads to be worked through, with the one that is looked at beside them."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Reason
from fairlead.verbs.leads import create_lead
from tests.web.test_lists import PARTIAL, limit, signed_in, text

BOSS = system("test")
INBOX = "/leads?as=inbox"


@pytest.fixture
def sam(world: World) -> Client:
    return signed_in(world.sam)


def shown(client: Client, **query: str) -> str:
    return text(client.get("/leads", {"as": "inbox", **query}))


def pile(html: str) -> list[str]:
    return re.findall(r'<li class="item[^"]*" id="row-(\w+)"', html)


def beside(html: str) -> str:
    return html.partition('id="preview"')[2].partition("</section>\n</div>")[0]


def test_it_lists_the_open_leads_and_shows_the_first_or_the_one_in_the_address(world: World, sam: Client) -> None:
    opened = Lead.objects.open().order_by("-created_at", "-pk")
    html = shown(sam)
    assert pile(html) == [each.public_id for each in opened]
    assert opened[0].label in beside(html) and "Joanna" not in beside(html)
    html = shown(sam, peek=world.joanna.public_id)
    assert world.joanna.message in beside(html) and f'action="/leads/{world.joanna.public_id}' in beside(html)
    for nonsense in ("zzzz", "\x00", "a" * 3000):
        assert len(pile(shown(sam, peek=nonsense))) in (0, len(opened))


def test_what_waits_for_an_answer_stands_in_the_order_of_the_time_left(world: World, sam: Client) -> None:
    waiting = Lead.objects.open().filter(responded_at=None).exclude(respond_by=None).order_by("respond_by")
    html = shown(sam, answer="waiting", sort="left")
    assert pile(html) == [each.public_id for each in waiting] and len(waiting) == 3
    assert 'aria-current="page">To answer' in html and html.count(" left</span>") >= 3
    by_type = shown(sam, sort="lead_type")
    assert by_type.count('<li class="sorted">') == len({each.lead_type for each in Lead.objects.open()})


def test_the_time_left_is_working_time_in_the_pile_as_beside_it(world: World, sam: Client) -> None:
    html = shown(sam, peek=world.joanna.public_id)
    row = html.partition(f'id="row-{world.joanna.public_id}"')[2].partition("</li>")[0]
    said = re.findall(r"[^>]+ left(?=</span>)", row)
    assert said and said == re.findall(r"[^>]+ left(?=</span>)", beside(html))
    with clock.at(world.joanna.respond_by + timedelta(minutes=1)):
        assert " late</span>" in shown(sam, answer="waiting")
    reason = Reason.objects.offered("disqualified")[0].public_id
    sam.post(f"/leads/{world.joanna.public_id}/disqualify", {"reason": reason})
    assert " left</span>" not in shown(sam, state="disqualified", peek=world.joanna.public_id)


def test_a_preview_is_for_those_who_may_see_the_lead(world: World, sam: Client) -> None:
    at = f"/leads/{world.joanna.public_id}/preview"
    assert world.joanna.message in text(sam.get(at, {"of": "as=inbox"}, **PARTIAL))
    alone = sam.get(at, {"of": "as=inbox&owner=me"})
    assert alone.status_code == 302 and f"peek={world.joanna.public_id}" in alone["Location"]
    limit(world.noah, lead="own")
    assert signed_in(world.noah).get(at, **PARTIAL).status_code == 404


def test_whom_it_may_be_is_named_with_the_reason(world: World, sam: Client) -> None:
    lead = create_lead(BOSS, name="Priya Raman", company_name="Peverell Logistics")
    html = beside(shown(sam, peek=lead.public_id))
    assert 'class="alike"' in html and f"/people/{world.priya.public_id}" in html
    assert 'class="alike"' not in beside(shown(sam, peek=world.joanna.public_id))


def test_disqualifying_and_qualifying_go_on_to_the_next_lead(world: World, sam: Client) -> None:
    rows = pile(shown(sam))
    at = rows.index(world.joanna.public_id)
    html = beside(shown(sam, peek=rows[at]))
    onward = f"/leads?as=inbox&peek={rows[at + 1]}"
    assert quote(onward, safe="/") in html.replace("&amp;", "&") or quote(onward, safe="") in html
    reason = Reason.objects.offered("disqualified").first()
    assert reason is not None
    answer = sam.post(f"/leads/{rows[at]}/disqualify?reason={reason.public_id}&back={quote(onward, safe='')}")
    assert (answer.status_code, answer["Location"]) == (303, onward)
    world.joanna.refresh_from_db()
    assert (world.joanna.state, world.joanna.reason) == ("disqualified", reason)
    asked = text(sam.get(f"/leads/{rows[at + 1]}/qualify", {"back": onward}))
    assert f'name="back" value="{onward.replace("&", "&amp;")}"' in asked


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_never_leaves_the_house(world: World, sam: Client, back: str) -> None:
    reason = Reason.objects.offered("disqualified").first()
    assert reason is not None
    answer = sam.post(f"/leads/{world.joanna.public_id}/disqualify?reason={reason.public_id}", {"back": back})
    assert answer["Location"].startswith(f"/leads/{world.joanna.public_id}")


def test_new_leads_are_announced_and_nothing_else_is(world: World, sam: Client) -> None:
    since = clock.now()
    ask: dict[str, Any] = {"as": "inbox", "since": since.isoformat()}
    assert "Show" not in text(sam.get("/leads/arrived", ask, **PARTIAL))
    with clock.at(since + timedelta(seconds=30)):
        create_lead(world.sam.actor("web"), name="Newly Come")
        create_lead(world.lena.actor("web"), name="For Lena")
        assert "2 new leads. Show" in text(sam.get("/leads/arrived", ask, **PARTIAL))
        assert "1 new lead. Show" in text(sam.get("/leads/arrived", ask | {"owner": "me"}, **PARTIAL))
    for nonsense in ("", "yesterday", "2026-01-01T00:00:00", "\x00"):
        answer = sam.get("/leads/arrived", ask | {"since": nonsense}, **PARTIAL)
        assert answer.status_code == 200 and "Show" not in text(answer)


def test_what_was_qualified_tells_the_opportunity_it_became(world: World, sam: Client) -> None:
    before = Opportunity.objects.count()
    form = text(sam.get(f"/leads/{world.joanna.public_id}/qualify", {"back": INBOX}))
    fields = dict(re.findall(r'<input[^>]*type="radio"[^>]*name="([^"]+)"[^>]*value="([^"]*)"[^>]*checked', form))
    fields |= dict(re.findall(r'<input class="input"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    answer = sam.post(
        f"/leads/{world.joanna.public_id}/qualify", fields | {"back": INBOX, "reason": "They asked twice"}
    )
    assert (answer.status_code, answer["Location"]) == (303, INBOX), text(answer)[:3000]
    assert Opportunity.objects.count() == before + 1
    world.joanna.refresh_from_db()
    assert world.joanna.opportunity is not None
    assert f"Joanna Weir qualified: {world.joanna.opportunity}" in shown(sam)
