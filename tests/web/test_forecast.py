"""The forecast: months and owners, what is closed, sure and likely, and targets."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from babel import Locale

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Opportunity, Target, User
from fairlead.programs.days import months_on
from fairlead.verbs.closing import close_won, reopen_opportunity
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.ownership import assign
from fairlead.verbs.rates import set_rate
from fairlead.verbs.targets import set_target
from fairlead.web.addresses import url_of
from fairlead.web.forecast import Forecast
from fairlead.web.formats import Reader
from fairlead.web.listing import Asked
from fairlead.web.listings import OPPORTUNITIES
from tests.web.test_lists import limit, signed_in

BOSS = system("test")


def forecast(world: World, query: str = "", who: Any = None) -> Forecast:
    user = who or world.mira
    reader = Reader(user.tz, Locale.parse("en_GB"), clock.now())
    asked = Asked(OPPORTUNITIES, query, user.actor("web"), reader)
    return Forecast(asked, Asked(OPPORTUNITIES, asked.lists | {"state": ["won"]}, user.actor("web"), reader))


def line(world: World, month: date, query: str = "") -> Any:
    return dict(forecast(world, query).lines)[month]


def sale(world: World, month: date, amount: int, **facts: Any) -> Opportunity:
    made = create_opportunity(BOSS, title="New", amount=Decimal(amount), currency="GBP", close_on=month, **facts)
    return assign(BOSS, made, owner=world.noah)


def test_each_sale_counts_in_its_month_by_its_chance(world: World) -> None:
    month = months_on(forecast(world).months[0], 2)
    before = line(world, month)
    sale(world, month, 1000, likelihood=80)
    sale(world, month.replace(day=20), 500, likelihood=40)
    after = line(world, month)
    assert after.committed - before.committed == 1000 and after.likely - before.likely == 200
    won = sale(world, month, 300)
    with clock.at(datetime.combine(month, time(12), UTC)):
        close_won(BOSS, won, amount=Decimal(350), on=month)
    assert line(world, month).closed - before.closed == 350
    reopen_opportunity(BOSS, won)
    assert line(world, month).closed == before.closed
    with clock.at(datetime.combine(month, time(12), UTC)):
        close_won(BOSS, won, amount=Decimal(360), on=month)
    assert line(world, month).closed - before.closed == 360  # once, as it was closed last
    assert line(world, month).expected == after.expected + 360


def test_targets_leave_a_gap_until_they_are_reached(world: World) -> None:
    month = forecast(world).months[3]
    expected = line(world, month).expected
    mira = signed_in(world.mira)
    given = {"user": world.noah.public_id, "month": month.isoformat(), "amount": "2.5k", "query": ""}
    assert mira.post("/pipeline/target", given).status_code == 303
    assert Target.objects.get(user=world.noah, month=month).amount == Decimal("2500.00")
    assert line(world, month).gap == max(2500 - expected, 0)
    whole = {name: lines for name, lines, _all in forecast(world).owners}
    assert whole[world.noah.name][3].target == 2500
    set_target(world.mira.actor("web"), user=world.noah, month=month.replace(day=9), amount=Decimal(1))
    assert Target.objects.get(user=world.noah, month=month).amount == 1
    wrong = mira.post("/pipeline/target", given | {"amount": "much"})
    assert wrong.status_code == 422 and "is no amount here" in wrong.text
    assert signed_in(world.sam).post("/pipeline/target", given).status_code == 403


def test_the_page_shows_it_and_filters_hold(world: World) -> None:
    month = forecast(world).months[1]
    sale(world, month, 777_000)
    page = signed_in(world.mira).get("/pipeline?as=forecast").text
    assert "Forecast" in page and world.noah.name in page
    noah = forecast(world, f"owner={world.noah.public_id}")
    assert [name for name, _lines, _whole in noah.owners] == [world.noah.name]
    limit(world.sam, opportunity="all", money="none")
    assert "£" not in signed_in(User.objects.get(pk=world.sam.pk)).get("/pipeline?as=forecast").text


def test_what_was_won_is_worth_what_it_was_then(world: World) -> None:
    month = forecast(world).months[0]
    before = line(world, month).closed
    set_rate(world.admin.actor("web"), currency="CHF", rate=Decimal("1.25"), on=month)
    won = create_opportunity(BOSS, title="Abroad", amount=Decimal(1000), currency="CHF", close_on=month)
    close_won(BOSS, won, on=month)
    first = won.closures.get()
    assert (first.amount_base, first.base, first.rate, first.rate_on) == (800, "GBP", Decimal("1.25"), month)
    set_rate(world.admin.actor("web"), currency="CHF", rate=Decimal("2"), on=month)  # later it is another one
    assert line(world, month).closed - before == 800
    reopen_opportunity(BOSS, won)
    close_won(BOSS, won, on=month)
    assert [each.amount_base for each in won.closures.order_by("pk")] == [800, None, 500]
    assert line(world, month).closed - before == 500
    page = signed_in(world.mira).get(url_of(won), follow=True).text
    assert "£500" in page and "1 GBP was 2 CHF" in page
    unknown = create_opportunity(BOSS, title="Far", amount=Decimal(1000), currency="JPY", close_on=month)
    close_won(BOSS, unknown, on=month)
    assert unknown.closures.get().amount_base is None and line(world, month).apart["JPY"] == 1000
