"""Amounts and stages that cannot be, by page and by REST: refused with the reason, and nothing is half done."""

from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.demo.world import World
from fairlead.models import Opportunity, Stage
from fairlead.verbs.closing import close_won
from tests.doors.api import Api
from tests.doors.matrix import aside
from tests.web.test_lists import limit, signed_in

FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
GOOD = {"12k": (1_200_000, "GBP"), "£38.4k": (3_840_000, "GBP"), "0": (0, "GBP"), "1.234,50 €": (123450, "EUR")}
BAD = ("1e5", "-5", "−5", "lots", "9" * 16, "9" * 40, "12 XYZ", "NaN", "1,2,3", "\x00")


@aside
def put_away(by: Actor, *, stage: Stage) -> None:
    change(stage, archived_at=clock.now())


def held(sale: Opportunity) -> tuple[Any, ...]:
    found = Opportunity.objects.get(pk=sale.pk)
    return found.amount_minor, found.currency, found.stage_id, found.state, found.version


def test_an_amount_as_people_type_it(world: World) -> None:
    sale, client = world.managed_it, signed_in(world.sam)
    base = f"/opportunities/{sale.public_id}"
    places = ((f"{base}/cell/value", "value"), (f"{base}/edit/amount", "amount"))
    for text, meant in GOOD.items():
        for path, name in places:
            answer = client.post(path, {name: text}, **FRAGMENT)
            assert answer.status_code == 200 and held(sale)[:2] == meant, text
    before = held(sale)
    for text in BAD:
        for path, name in places:
            answer = client.post(path, {name: text}, **FRAGMENT)
            assert answer.status_code == 422 and "error" in answer.text and held(sale) == before, (path, text)
        deeds = ((f"{base}/close-won", {"amount": text}), (f"{base}/add-need", {"text": "More", "cost": text}))
        for path, given in deeds:
            answer = client.post(path, given)
            assert answer.status_code in (400, 422) and held(sale) == before, (path, text)
    assert not sale.needs.filter(text="More").exists()


def test_another_currency_is_not_taken_for_ones_own(world: World) -> None:
    sale, client = world.managed_it, signed_in(world.sam)
    base, before = f"/opportunities/{sale.public_id}", held(sale)
    refused = client.post(f"{base}/close-won", {"amount": "1.234,50 €"})
    assert refused.status_code == 422 and "This amount is in GBP" in refused.text and held(sale) == before


@pytest.mark.parametrize("amount", ["1.234,50 €", "12k", "-1", "1e30", "NaN", "Infinity", 10**15, [], {}, "\x00"])
def test_an_amount_from_a_program(world: World, amount: Any) -> None:
    sale, api = world.managed_it, Api(world.sam)
    before, at = held(sale), f"/opportunities/{sale.public_id}"
    for told in (api.patch(at, {"amount": amount}, 422), api.post(f"{at}/close-won", {"amount": amount}, 422)):
        assert "amount" in str(told) and held(sale) == before


def test_a_stage_that_is_gone_and_a_sale_that_is_closed(world: World) -> None:
    sale, client, api = world.managed_it, signed_in(world.sam), Api(world.sam)
    close = sale.stage.pipeline.stages.get(name="Close")
    elsewhere = Stage.objects.exclude(pipeline=sale.stage.pipeline_id)[0]
    put_away(world.admin.actor("web"), stage=close)
    before, base = held(sale), f"/opportunities/{sale.public_id}"
    for stage, words in ((close, "is archived"), (elsewhere, "belongs to the pipeline")):
        body = {"opportunity": sale.public_id, "stage": stage.public_id}
        assert words in str(api.post(f"{base}/move-stage", {"stage": stage.public_id}, 422))
        for path, given in ((f"{base}/cell/stage", {"stage": stage.public_id}), ("/pipeline/move", body)):
            answer = client.post(path, given, **FRAGMENT)
            assert words in answer.text and held(sale) == before, path
        assert words in client.post(f"{base}/move-stage", {"stage": stage.public_id}, follow=True).text
    close_won(world.sam.actor("web"), sale)
    shut, first = held(sale), sale.stage.pipeline.stages.order_by("position")[0]
    body = {"opportunity": sale.public_id, "stage": first.public_id}
    assert "Reopen it first" in str(api.post(f"{base}/move-stage", {"stage": first.public_id}, 409))
    assert "Reopen it first" in str(api.post(f"{base}/move-pipeline", {"stage": elsewhere.public_id}, 409))
    assert "Reopen it first" in client.post("/pipeline/move", body, **FRAGMENT).text
    assert "closed" in str(api.post(f"{base}/park", {"until": "2035-01-01"}, 409))
    answer = client.post(f"{base}/cell/stage", {"stage": first.public_id}, **FRAGMENT)
    assert answer.status_code in (409, 422) and held(sale) == shut


def test_without_the_right_nothing_moves(world: World) -> None:
    sale = world.managed_it
    limit(world.noah, opportunity="own")
    before, client = held(sale), signed_in(world.noah)
    close = sale.stage.pipeline.stages.get(name="Close").public_id
    given = {"opportunity": sale.public_id, "stage": close}
    assert client.post("/pipeline/move", given, **FRAGMENT).status_code == 404
    assert client.post("/pipeline/place", given, **FRAGMENT).status_code in (200, 404)
    Api(world.noah).post(f"/opportunities/{sale.public_id}/move-stage", {"stage": close}, 404)
    assert held(sale) == before
