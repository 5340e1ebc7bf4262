"""Rates of other currencies: entered with a day, the latest holds, sums unite by them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fairlead.core import clock
from fairlead.core.act import last
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Organisation, Rate
from fairlead.models.rate import rates, united
from fairlead.verbs.rates import remove_rate, set_rate
from tests.web.test_lists import signed_in


def test_the_latest_rate_holds_and_the_same_day_is_replaced(world: World) -> None:
    iris, today = world.admin.actor("web"), clock.today(Organisation.ours().tz)
    set_rate(iris, currency="jpy", rate=Decimal("190.5"), on=today - timedelta(days=9))
    newer = set_rate(iris, currency="JPY", rate=Decimal("200"))
    assert rates(today, ["JPY", "IDR"]) == {"JPY": Decimal(200)}
    assert rates(today - timedelta(days=1), ["JPY"]) == {"JPY": Decimal("190.5")}
    assert set_rate(iris, currency="JPY", rate=Decimal("201.000001")) == newer
    assert rates(today, ["JPY"]) == {"JPY": Decimal("201.000001")}
    undo(iris, act=last().id)
    assert rates(today, ["JPY"]) == {"JPY": Decimal(200)}
    remove_rate(iris, newer)
    assert rates(today, ["JPY"]) == {"JPY": Decimal("190.5")}


def test_sums_unite_and_what_has_no_rate_stands_apart() -> None:
    sums = {"GBP": Decimal(100), "EUR": Decimal(234), "IDR": Decimal(5)}
    assert united(sums, "GBP", {"EUR": Decimal("1.17")}) == (Decimal(300), {"IDR": Decimal(5)})


@pytest.mark.parametrize(
    ("currency", "rate"), [("XXX9", "1"), ("GBP", "1"), ("CHF", "0"), ("CHF", "-1"), ("CHF", "NaN"), ("CHF", "1e30")]
)
def test_what_is_no_rate_is_refused(world: World, currency: str, rate: str) -> None:
    with pytest.raises(Invalid):
        set_rate(world.admin.actor("web"), currency=currency, rate=Decimal(rate))
    assert not Rate.objects.filter(currency=currency).exists()


def test_the_page_keeps_rates(world: World) -> None:
    with pytest.raises(NotAllowed):
        set_rate(world.sam.actor("web"), currency="SEK", rate=Decimal(13))
    iris = signed_in(world.admin)
    wrong = iris.post("/settings/rates", {"currency": "GBP", "rate": "1.17"})
    assert wrong.status_code == 422 and "currency of the organisation itself" in wrong.text
    assert iris.post("/settings/rates", {"currency": "sek", "rate": "13.2"}).status_code == 303
    assert "1 GBP = SEK 13.2" in iris.get("/settings/rates").text
    rate = Rate.objects.get(currency="SEK")
    assert iris.post(f"/settings/rates/{rate.public_id}/remove").status_code == 303
    assert not Rate.objects.filter(currency="SEK").exists()
