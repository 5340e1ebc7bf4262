"""Contact pressure: how often somebody is reached out to, when it is too much, and which day is calmer."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.core import clock
from fairlead.core.errors import Invalid
from fairlead.demo.world import World
from fairlead.models import Company, Lead, Opportunity, Organisation, Person, RunningTrack, Source, Track
from fairlead.models.pressure import Limits, Pressure, limits_of, pressure_on, pressures_on, whom
from fairlead.verbs.activities import log_call, log_mail, log_meeting, log_note
from fairlead.verbs.lead_rules import draft_rules, publish_rules
from fairlead.verbs.leads import create_lead
from fairlead.verbs.opportunities import edit_opportunity
from fairlead.verbs.organisation import edit_organisation
from fairlead.verbs.people import create_person
from fairlead.verbs.pressure import limit_contact
from fairlead.verbs.tasks import add_task, complete_task
from fairlead.verbs.track_bulk import apply_track_to_many
from fairlead.verbs.track_definitions import add_track_trigger, create_track
from fairlead.verbs.tracks import apply_track, continue_track, end_track
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


def insistent(world: World, noun: str) -> Track:
    steps: Any = [{"key": f"c{each}", "text": f"Call {each}", "kind": "call", "days": each} for each in range(2)]
    return create_track(world.admin.actor("web"), name=f"Insistent, {noun}", applies_to=[noun], steps=steps)


def test_very_many_are_counted_as_one_by_one(world: World) -> None:
    records: list[Any] = [
        *Person.objects.all(),
        *Lead.objects.all(),
        *Company.objects.all(),
        *Opportunity.objects.all(),
    ]
    limit_contact(world.sam.actor("web"), world.priya, week=2)
    found = pressures_on(records, clock.now(), world.sam.tz)
    assert any(each.days for each in found.values())
    for record in records:
        fresh = type(record).objects.get(pk=record.pk)
        assert found[whom(record)].days == pressure_on(fresh, clock.now(), world.sam.tz).days, record
    assert found["person", world.priya.pk].limits.week == 2


def test_of_many_those_above_the_limit_are_left_out_unless_somebody_says_why(world: World) -> None:
    sam, mira, track = world.sam.actor("web"), world.mira.actor("web"), insistent(world, "person")
    tired, calm = (create_person(sam, name=name) for name in ("Tired Person", "Calm Person"))
    limit_contact(sam, tired, week=1)
    page, form = signed_in(world.mira), {"act": "track", "track": track.name, "ids": [tired.public_id, calm.public_id]}
    asked = page.post("/people/bulk", form)
    shown = text(asked)
    assert "Tired Person" in shown and "Calm Person" not in shown and "Apply to the other 1" in shown
    assert page.post("/people/bulk", form | {"to": "all"}).status_code == 422 and not RunningTrack.objects.filter(
        version_of__track=track
    )
    assert "applied to 1 of 2 people" in text(page.post("/people/bulk", form | {"sure": "1"}, follow=True))
    assert RunningTrack.objects.get(version_of__track=track).person == calm
    page.post("/people/bulk", form | {"despite": "They asked for news", "to": "all"})
    assert RunningTrack.objects.get(person=tired).despite == "They asked for news"
    twice: list[Any] = list(Opportunity.objects.filter(pk__in=[world.managed_it.pk, world.unplanned.pk]))
    for each in twice:
        edit_opportunity(sam, each, person=calm)
    tomorrow = clock.today(world.sam.tz) + timedelta(days=1)
    most, _month = pressure_on(calm, clock.now(), world.sam.tz).until(tomorrow)
    for room, number in ((4, 2), (2, 1)):  # with room for two calls, the second one of the same person is too much
        limit_contact(sam, calm, week=most + room, month=900)
        track = create_track(world.admin.actor("web"), name=f"{room}", applies_to=["opportunity"], steps=CALLS)
        made = apply_track_to_many(mira, twice, track=track)
        assert len(made) == number
        for running in made:
            end_track(mira, running)


def test_what_starts_by_itself_is_held_back_and_says_so(world: World) -> None:
    iris, sam, track = world.admin.actor("web"), world.sam.actor("web"), insistent(world, "lead")
    fair = Source.objects.get(name="Trade show")
    add_track_trigger(iris, track, source=fair)
    tired = create_person(sam, name="Tired Person")
    limit_contact(sam, tired, week=1)
    lead = create_lead(sam, name="Tired Person", source=fair, person=tired)
    running = RunningTrack.objects.get(lead=lead)
    assert (running.state, running.cause, running.question) == ("paused", "pressure", "paused")
    assert "More contact than the limit allows." in text(
        signed_in(world.sam).get(f"/leads/{lead.public_id}", follow=True)
    )
    fresh = create_lead(sam, name="Fresh", source=fair)
    assert RunningTrack.objects.get(lead=fresh).state == "running"
    other = create_track(iris, name="By rule", applies_to=["lead"], steps=CALLS)
    rest: Any = {"key": "rest", "to": {"kind": "user", "user": world.sam.public_id}, "then": {"track": other.public_id}}
    draft_rules(iris, rules=[rest])
    publish_rules(iris)
    lead = create_lead(sam, name="Tired Person", person=tired)
    held = RunningTrack.objects.get(lead=lead)
    assert (held.cause, continue_track(sam, held).state) == ("pressure", "running")


CALLS: Any = [{"key": f"d{each}", "text": f"Ring {each}", "kind": "call", "days": each} for each in range(2)]
