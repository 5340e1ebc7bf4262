"""What a track does: how its steps go, and whether records with it end better, with how sure that is."""

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import Opportunity, Reason
from fairlead.programs.track_report import Effect, Share, track_report
from fairlead.verbs.closing import close_lost, close_won
from fairlead.verbs.opportunities import create_opportunity
from fairlead.verbs.tasks import complete_task, skip_task
from fairlead.verbs.track_definitions import create_track, edit_track
from fairlead.verbs.tracks import apply_track
from tests.web.test_lists import limit, signed_in, text

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)]
)
def test_a_share_has_the_bounds_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert Share(hits, of).low == pytest.approx(low, abs=5e-4)
    assert Share(hits, of).high == pytest.approx(high, abs=5e-4)


def test_a_difference_has_the_bounds_of_newcombe() -> None:
    effect = Effect("opportunity", TUESDAY, Share(56, 70), Share(48, 80))
    assert effect.difference == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-4)
    assert effect.is_sure and not Effect("opportunity", TUESDAY, Share(6, 10), Share(5, 10)).is_sure
    assert not Effect("opportunity", TUESDAY, Share(3, 3), Share(0, 0)).is_sure


def test_steps_are_counted_in_all_versions(world: World) -> None:
    sam, iris = world.sam.actor("web"), world.admin.actor("web")
    steps = [{"key": "a", "text": "Call", "kind": "call"}, {"key": "b", "text": "Look in", "days": 2}]
    with clock.at(TUESDAY):
        track = create_track(iris, name="Try", applies_to=["opportunity"], steps=steps)
        sales = [create_opportunity(sam, title=f"Sale {each}") for each in range(4)]
        runs = [apply_track(sam, each, track=track) for each in sales[:2]]
        tasks = [list(run.tasks.order_by("step__position")) for run in runs]
        complete_task(sam, tasks[0][0], outcome="Reached")
        skip_task(sam, tasks[1][0], reason="They rang us")
    with clock.at(TUESDAY + timedelta(days=5)):
        edit_track(iris, track, steps=[{**steps[0], "text": "Ring them"}, steps[1]])
        complete_task(sam, tasks[0][1])
        apply_track(sam, sales[2], track=track)
        close_won(sam, sales[0])
        close_lost(sam, sales[1], reason=reason())
        close_lost(sam, sales[3], reason=reason())
        report = track_report(sam, track)
    first, second = report.steps
    assert (report.applied, report.complete, first.text) == (3, True, "Ring them")
    assert (first.planned, first.reached, first.done, first.skipped) == (3, 3, 1, 1)
    assert (first.on_time, first.delay, second.on_time, second.delay) == (1, 0, 0, 3)
    assert list(first.outcomes) == [("Reached", 1)] and list(first.reasons) == [("They rang us", 1)]
    (effect,) = report.effects
    assert (effect.with_it, effect.without) == (Share(1, 2), Share(0, 1)) and not effect.is_sure


def test_the_page_says_how_sure_it_is_and_counts_what_its_reader_sees(world: World) -> None:
    sam = world.sam.actor("web")
    track = create_track(world.admin.actor("web"), name="Try", applies_to=["opportunity"], steps=[{"text": "Call"}])
    page = text(signed_in(world.sam).get(f"/tracks/{track.public_id}/report"))
    assert "It was not applied yet" in page and "Call" in page
    sales = [create_opportunity(sam, title=f"Sale {each}") for each in range(2)]
    apply_track(sam, sales[0], track=track)
    close_won(sam, sales[0])
    close_lost(sam, sales[1], reason=reason())
    page = text(signed_in(world.sam).get(f"/tracks/{track.public_id}/report"))
    assert "1 of 1, likely 21 to 100%" in page and "0 of 1" in page and "That can be chance." in page
    limit(world.noah, opportunity="own", task="own", organisation="all")
    assert Opportunity.objects.filter(owner=world.noah, title="Sale 0").count() == 0
    assert "It was not applied yet" in text(signed_in(world.noah).get(f"/tracks/{track.public_id}/report"))


def reason() -> Reason:
    return Reason.objects.offered("lost")[0]
