"""Contact pressure: how often somebody is reached out to, when it is too much, and which day is calmer."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core import clock
from fairlead.core.errors import Invalid
from fairlead.demo.world import World
from fairlead.models import Organisation, RunningTrack
from fairlead.models.pressure import Limits, Pressure, limits_of, pressure_on
from fairlead.verbs.activities import log_call, log_mail, log_meeting, log_note
from fairlead.verbs.organisation import edit_organisation
from fairlead.verbs.people import create_person
from fairlead.verbs.pressure import limit_contact
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.verbs.track_definitions import create_track
from fairlead.verbs.tracks import apply_track
from tests.web.test_lists import PARTIAL, signed_in, text

DAY = date(2026, 3, 2)


def test_a_week_has_seven_days_and_a_month_thirty() -> None:
    found = Pressure([DAY - timedelta(days=each) for each in (30, 29, 7, 6, 0)])
    assert found.until(DAY) == (2, 4)
    assert not found.too_many(DAY)  # without limits nothing is too much


def test_one_more_is_too_much_for_its_own_day_or_for_a_planned_one_after_it() -> None:
    three = Pressure([DAY, DAY + timedelta(days=1), DAY + timedelta(days=6)], Limits(week=3))
    assert three.too_many(DAY + timedelta(days=2)) and three.too_many(DAY - timedelta(days=0))
    assert not three.too_many(DAY + timedelta(days=7))
    assert three.calmer(DAY) == DAY + timedelta(days=7)
    assert three.calmer(DAY, lambda each: each.weekday() == 4) == DAY + timedelta(days=11)
    assert Pressure([], Limits(week=0)).calmer(DAY) is None


@given(st.lists(st.integers(0, 60), max_size=20), st.integers(1, 6), st.integers(1, 12))
def test_the_calmer_day_takes_one_more(days: list[int], week: int, month: int) -> None:
    found = Pressure(sorted(DAY + timedelta(days=each) for each in days), Limits(week, month))
    better = found.calmer(DAY)
    if better is not None:
        assert not found.too_many(better)
        assert all(found.too_many(DAY + timedelta(days=each)) for each in range((better - DAY).days))


def test_touches_count_across_records_and_people_and_nothing_else_does(world: World) -> None:
    sam, mira = world.sam.actor("web"), world.mira.actor("web")
    before = touched(world, world.priya)
    log_call(sam, world.priya, outcome="voicemail")
    log_mail(mira, world.managed_it, text="The offer")
    log_meeting(sam, world.priya, text="Site visit")
    assert world.managed_it.person_id == world.priya.pk
    assert touched(world, world.priya) == before + 3 == touched(world, world.managed_it)
    log_call(sam, world.priya, outcome="no_answer")
    log_mail(sam, world.priya, text="Thanks", direction="in")
    log_note(sam, world.priya, text="Likes short mails")
    log_call(sam, world.priya, happened_at=clock.now() - timedelta(days=31))
    assert touched(world, world.priya) == before + 3
    task = add_task(sam, world.priya, title="Call", kind="call", due_on=clock.today(world.sam.tz))
    add_task(sam, world.priya, title="Prepare", kind="todo", due_on=clock.today(world.sam.tz))
    assert touched(world, world.priya) == before + 4
    complete_task(sam, task)
    assert touched(world, world.priya) == before + 3


def test_limits_are_the_houses_unless_the_person_has_their_own(world: World) -> None:
    iris = world.admin.actor("web")
    edit_organisation(iris, Organisation.ours(), touches_week=2, touches_month=None)
    assert limits_of(world.priya) == Limits(2, None)
    limit_contact(world.sam.actor("web"), world.priya, week=5, month=9)
    world.priya.refresh_from_db()
    assert limits_of(world.priya) == Limits(5, 9)
    for wrong in (-1, 1000):
        with pytest.raises(Invalid, match="0 to 999"):
            limit_contact(world.sam.actor("web"), world.priya, week=wrong)


def test_the_page_and_the_composer_say_when_it_is_enough(world: World) -> None:
    sam = signed_in(world.sam)
    at = f"/people/{world.priya.public_id}"
    limit_contact(world.sam.actor("web"), world.priya, week=40, month=90)
    assert "At the limit" not in text(sam.get(at, follow=True))
    assert "calmer" not in text(sam.post(f"{at}/read", {"kind": "call", "text": "call her tomorrow"}, **PARTIAL))
    log_call(world.sam.actor("web"), world.priya, outcome="reached")
    limit_contact(world.sam.actor("web"), world.priya, week=1, month=None)
    page = text(sam.get(at, follow=True))
    assert "At the limit" in page and "takes one more" in page
    read = text(sam.post(f"{at}/read", {"kind": "call", "text": "call her tomorrow"}, **PARTIAL))
    assert "is calmer: " in read and "contacts in 7 days already" in read
    assert "calmer" not in text(sam.post(f"{at}/read", {"kind": "task", "text": "prepare slides tomorrow"}, **PARTIAL))
    form = text(sam.get(f"{at}/limit-contact"))
    assert "Set" in form and sam.post(f"{at}/limit-contact", {"week": "", "month": "-4"}).status_code == 422


def touched(world: World, record: Any) -> int:
    return len(pressure_on(record, clock.now(), world.sam.tz).days)


def test_a_track_that_reaches_out_too_often_asks_why(world: World) -> None:
    sam = world.sam.actor("web")
    steps: Any = [{"key": f"c{each}", "text": f"Call {each}", "kind": "call", "days": each} for each in range(3)]
    steps.append({"key": "prepare", "text": "Prepare", "kind": "todo"})
    track = create_track(world.admin.actor("web"), name="Insistent", applies_to=["person"], steps=steps)
    patient, other = (create_person(sam, name=name) for name in ("Patient Person", "Other Person"))
    limit_contact(sam, patient, week=2)
    limit_contact(sam, other, week=2)
    with pytest.raises(Invalid, match="more contact than the limit allows"):
        apply_track(sam, patient, track=track)
    assert apply_track(sam, other, track=track, leave_out=["c2"]).despite == ""
    page = signed_in(world.sam)
    at = f"/people/{patient.public_id}/track?track={track.public_id}"
    assert "Why so often" in text(page.get(at))
    keys = [each["key"] for each in steps]
    form = {"on": clock.today(world.sam.tz).isoformat()} | {f"in.{key}": "1" for key in keys}
    assert "say in one line why" in text(page.post(at, form))
    assert page.post(at, form | {"despite": "She asked for daily news"}).status_code == 303
    assert RunningTrack.objects.order_by("pk").last().despite == "She asked for daily news"  # type: ignore[union-attr]
