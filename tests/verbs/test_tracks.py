"""Tracks that run: previewed and applied, waited for, skipped, paused, closed and opened again, updated."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from fairlead.core import act, clock
from fairlead.core.errors import Conflict, Invalid, Refused, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Opportunity, RunningTrack, Source, Stage, Task, Track, TrackVersion
from fairlead.models.track_changes import changes_between
from fairlead.verbs import track_bulk
from fairlead.verbs.activities import log_call, log_mail, log_meeting
from fairlead.verbs.closing import close_lost, close_won, reopen_opportunity
from fairlead.verbs.leads import create_lead
from fairlead.verbs.opportunities import move_stage
from fairlead.verbs.ownership import assign, park
from fairlead.verbs.schedules import add_absence
from fairlead.verbs.suppressions import suppress, suppress_address
from fairlead.verbs.tasks import (
    cancel_task,
    complete_task,
    correct_completion,
    reopen_task,
    skip_task,
    snooze_task,
)
from fairlead.verbs.team_members import add_team_member
from fairlead.verbs.track_bulk import apply_track_to_many
from fairlead.verbs.track_definitions import (
    add_track_trigger,
    archive_track,
    copy_track,
    create_track,
    edit_track,
    remove_track_trigger,
)
from fairlead.verbs.track_updates import update_steps
from fairlead.verbs.tracks import apply_track, continue_track, end_track, pause_track, switch_track
from fairlead.verbs.users import deactivate_user

MONDAY = date(2026, 11, 23)
STEPS: list[Any] = [
    {"key": "mail", "text": "Send the brochure", "kind": "mail"},
    {"key": "call", "text": "Call", "kind": "call", "days": 2, "after": "previous"},
    {"key": "note", "text": "Write it down", "days": 1, "unit": "weekdays", "after": "previous"},
    {"key": "week", "text": "Look in", "days": 1, "unit": "weeks"},
]


@pytest.fixture
def on_monday() -> Any:
    with clock.at(datetime(2026, 11, 23, 10, tzinfo=UTC)):
        yield


def track(world: World, **facts: Any) -> Track:
    given = {"name": "Brochure", "steps": STEPS, "applies_to": ["lead", "opportunity", "person", "company"]} | facts
    return create_track(world.admin.actor("web"), **given)


def applied(world: World, record: Any = None, **facts: Any) -> RunningTrack:
    found = Track.objects.filter(name="Brochure").first() or track(world)
    return apply_track(world.sam.actor("web"), record or world.managed_it, track=found, **facts)


def steps(running: RunningTrack) -> dict[str, tuple[str, date | None]]:
    found = Task.objects.filter(running_track=running).select_related("step")
    return {task.step.key: (task.state, task.due_on) for task in found if task.step}


def step(running: RunningTrack, key: str) -> Task:
    return Task.objects.get(running_track=running, step__key=key)


def read(running: RunningTrack) -> RunningTrack:
    return RunningTrack.objects.get(pk=running.pk)


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def test_steps_are_dated_or_wait_and_follow_what_was_done(world: World, on_monday: None) -> None:
    sam = world.sam.actor("web")
    running = applied(world)
    planned = {"mail": ("open", day(0)), "call": ("waiting", None), "note": ("waiting", None), "week": ("open", day(7))}
    assert steps(running) == planned
    complete_task(sam, step(running, "mail"), done_on=MONDAY - timedelta(days=1))
    assert steps(running)["call"] == ("open", day(1))  # two days after the Sunday on which it was done
    correct_completion(sam, step(running, "mail"), done_on=MONDAY)
    assert steps(running)["call"] == ("open", day(2))
    reopen_task(sam, step(running, "mail"))
    assert steps(running) == planned
    skip_task(sam, step(running, "mail"), reason="They have it")
    assert steps(running)["mail"][0] == "skipped" and steps(running)["call"] == ("open", day(2))
    with pytest.raises(Invalid, match="Write one line on why"):
        skip_task(sam, step(running, "call"), reason=" ")
    with pytest.raises(Invalid, match="lies ahead"):
        complete_task(sam, step(running, "call"), done_on=day(1))


def test_a_successor_that_somebody_touched_stays_when_its_step_is_reopened(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    complete_task(sam, step(running, "mail"))
    snooze_task(sam, step(running, "call"), due_on=day(4))
    correct_completion(sam, step(running, "mail"), done_on=MONDAY - timedelta(days=2))
    reopen_task(sam, step(running, "mail"))
    assert steps(running)["call"] == ("open", day(4))


def test_the_last_step_asks_what_comes_next(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    for key in ("mail", "call", "note", "week"):
        complete_task(sam, step(running, key))
    assert (read(running).state, read(running).question) == ("done", "next")
    reopen_task(sam, step(running, "week"))
    assert (read(running).state, read(running).question) == ("running", "")
    cancel_task(sam, step(running, "week"))  # by hand, it is skipped
    assert steps(running)["week"][0] == "skipped" and read(running).question == "next"
    park(sam, world.managed_it, until=day(30))
    assert read(running).question == ""


def test_untick_shift_and_choose(world: World, on_monday: None) -> None:
    dele = world.dele.public_id
    running = applied(world, leave_out=["call"], dates={"week": day(9)}, assignees={"mail": dele})
    assert steps(running) == {"mail": ("open", day(0)), "note": ("waiting", None), "week": ("open", day(9))}
    assert step(running, "note").follows == step(running, "mail") and step(running, "mail").assignee == world.dele
    end_track(world.sam.actor("web"), running)
    assert {state for state, _day in steps(running).values()} == {"cancelled"}
    for given, words in (
        ({"leave_out": ["mail", "call", "note", "week"]}, "no step to plan"),
        ({"dates": {"mail": day(-1)}}, "into the past"),
        ({"assignees": {"mail": "nobody"}}, "No colleague"),
        ({"number": 7}, "was changed while you looked"),
    ):
        with pytest.raises(Refused, match=words):
            applied(world, **given)
    assert RunningTrack.objects.filter(opportunity=world.managed_it, state="running").count() == 0


def test_what_lies_in_the_past_comes_today(world: World, on_monday: None) -> None:
    running = applied(world, starts_on=day(-10))
    assert steps(running)["mail"] == ("open", day(0)) and steps(running)["week"] == ("open", day(0))
    renewal = Track.objects.get(name="Renewal")
    with pytest.raises(Invalid, match="Say when that is"):
        apply_track(world.sam.actor("web"), world.peverell, track=renewal)
    with pytest.raises(Invalid, match="has passed"):
        apply_track(world.sam.actor("web"), world.peverell, track=renewal, ends_on=day(-1))
    back = apply_track(world.sam.actor("web"), world.peverell, track=renewal, ends_on=day(60))
    days = [task.due_on for task in back.tasks.order_by("pk")]
    assert days == [day(0), day(0), day(4), None, date(2027, 1, 8)]


def test_a_track_is_applied_once_at_a_time_and_not_to_who_is_left_alone(world: World, on_monday: None) -> None:
    applied(world)
    with pytest.raises(WrongState, match="runs on Managed IT"):
        applied(world)
    with pytest.raises(WrongState, match="not to be contacted"):
        applied(world, world.callum)
    found = Track.objects.get(name="Brochure")
    archive_track(world.admin.actor("web"), found)
    with pytest.raises(WrongState, match="was archived"):
        applied(world, world.unplanned)
    with pytest.raises(Invalid, match="is for other records"):
        apply_track(world.sam.actor("web"), world.priya, track=Track.objects.get(name="New lead"))


def test_whom_steps_fall_to(world: World, on_monday: None) -> None:
    rules: list[Any] = [
        {"text": "Owner's"},
        {"text": "Lena's", "rule": "user", "user": world.lena.public_id},
        {"text": "Technical", "rule": "role", "role": "technical"},
        {"text": "Legal", "rule": "role", "role": "Legal"},
        {"text": "Same again", "rule": "previous", "after": "previous"},
        {"text": "Asked", "rule": "ask"},
    ]
    add_team_member(world.sam.actor("web"), world.unplanned, user=world.dele, role="Technical")
    deactivate_user(world.admin.actor("web"), world.lena)
    made = track(world, name="Rules", steps=rules)
    with pytest.raises(Invalid, match="Say who does “Asked”"):
        apply_track(world.sam.actor("web"), world.unplanned, track=made)
    key = made.newest.steps.get(text="Asked").key
    running = apply_track(world.sam.actor("web"), world.unplanned, track=made, assignees={key: world.noah.public_id})
    who = {task.title: task.assignee for task in Task.objects.filter(running_track=running)}
    sam, noah = world.sam, world.noah
    assert who == dict(zip((each["text"] for each in rules), (sam, sam, world.dele, sam, sam, noah), strict=True))
    complete_task(world.mira.actor("web"), Task.objects.get(running_track=running, title="Legal"))
    assert Task.objects.get(running_track=running, title="Same again").assignee == world.mira
    assign(world.mira.actor("web"), world.unplanned, owner=noah)
    who = {task.title: task.assignee for task in Task.objects.filter(running_track=running)}
    assert (who["Owner's"], who["Lena's"], who["Technical"], who["Legal"]) == (noah, noah, world.dele, sam)  # done


def test_a_step_whose_turn_comes_when_its_assignee_has_left_is_the_owners(world: World, on_monday: None) -> None:
    rules: Any = [{"text": "First"}, {"text": "Lena's", "rule": "user", "user": world.lena.public_id}]
    made = track(world, name="Left", steps=[rules[0], rules[1] | {"after": "previous", "days": 1, "time": time(1, 30)}])
    running = apply_track(world.sam.actor("web"), world.unplanned, track=made, starts_on=date(2028, 2, 28))
    deactivate_user(world.admin.actor("web"), world.lena)
    with clock.at(datetime(2028, 2, 28, 10, tzinfo=UTC)):
        complete_task(world.sam.actor("web"), running.tasks.get(title="First"))
    task = running.tasks.get(title="Lena's")
    assert (task.assignee, task.due_on) == (world.sam, date(2028, 2, 29))
    with clock.at(datetime(2028, 3, 25, 10, tzinfo=UTC)):  # the clocks go forward in the night
        correct_completion(world.sam.actor("web"), running.tasks.get(title="First"), done_on=date(2028, 3, 25))
    task.refresh_from_db()
    assert (task.due_on, task.due_at) == (date(2028, 3, 26), datetime(2028, 3, 26, 1, 30, tzinfo=UTC))


def test_what_stands_still_or_has_ended_comes_back_as_it_should(world: World, on_monday: None) -> None:
    sam, mira, running = world.sam.actor("web"), world.mira.actor("web"), applied(world)
    with pytest.raises(WrongState, match="waits for the step before it"):
        snooze_task(sam, step(running, "call"), due_on=day(9))
    pause_track(sam, running)
    complete_task(sam, step(running, "mail"))
    reopen_task(sam, step(running, "mail"))
    assert steps(running)["mail"] == ("waiting", day(0))  # its track stands still
    with clock.at(clock.now() + timedelta(days=2)):
        close_lost(mira, world.managed_it, reason=world.reason("Price"))
        with pytest.raises(WrongState, match="Go on with the track instead"):
            reopen_task(sam, step(running, "mail"))
        assign(mira, world.managed_it, owner=world.noah)
    with clock.at(clock.now() + timedelta(days=5)):
        reopen_opportunity(mira, world.managed_it, resume=True)
    assert steps(running)["mail"] == ("open", day(5)) and steps(running)["week"] == ("open", day(12))
    assert step(running, "week").assignee == read(running).owner == world.noah


def test_absences_move_or_hand_over(world: World, on_monday: None) -> None:
    sam = world.sam.actor("web")
    add_absence(sam, user=world.sam, starts_on=day(0), ends_on=day(2), delegate=world.noah)
    add_absence(sam, user=world.sam, starts_on=day(6), ends_on=day(7))
    running = applied(world)
    assert (step(running, "mail").assignee, step(running, "mail").due_on) == (world.noah, day(0))
    assert (step(running, "week").assignee, step(running, "week").due_on) == (world.sam, day(8))


def test_a_reply_stops_the_track_and_an_outgoing_mail_does_not(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    log_mail(sam, world.priya, text="As promised")
    log_call(sam, world.managed_it, text="Rang them")
    log_meeting(world.noah.actor("web"), world.callum, text="Elsewhere")
    assert read(running).state == "running"
    log_mail(sam, world.priya, text="Thank you", direction="in")  # on the person of the opportunity
    now = read(running)
    assert (now.state, now.cause, now.question) == ("paused", "reply", "paused")
    assert steps(running)["mail"] == ("waiting", day(0))
    opportunity = Opportunity.objects.get(pk=world.managed_it.pk)
    assert not Task.objects.open().filter(running_track=running).exists()
    with clock.at(clock.now() + timedelta(days=3)):
        continue_track(sam, running)
    assert steps(running)["mail"] == ("open", day(3)) and steps(running)["week"] == ("open", day(10))
    assert opportunity.state == "open" and read(running).question == ""


def test_a_step_done_while_its_track_stands_still_counts_when_it_goes_on(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    pause_track(sam, running)
    complete_task(sam, step(running, "mail"))
    assert steps(running)["call"] == ("waiting", None)
    continue_track(sam, running, shift=False)
    assert steps(running)["call"] == ("open", day(2)) and steps(running)["week"] == ("open", day(7))


def test_meetings_that_the_track_asks_for_do_not_stop_it(world: World, on_monday: None) -> None:
    made = track(world, name="Meet", steps=[{"text": "Meet", "kind": "meeting"}, {"text": "After", "days": 9}])
    running = apply_track(world.sam.actor("web"), world.managed_it, track=made)
    other = applied(world)
    log_meeting(world.sam.actor("web"), world.managed_it, text="Met")
    assert (read(running).state, read(other).state, read(other).cause) == ("running", "paused", "meeting")


def test_do_not_contact_stops_what_runs_on_whom_it_is_about(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    lead = applied(world, world.joanna)
    suppress(sam, world.peverell, reason="Asked", channel="post")
    assert read(running).state == "running"
    suppress(sam, world.peverell, reason="Asked")
    suppress_address(sam, address=f" {world.joanna.email.upper()}", channel="mail", reason="Unsubscribed")
    assert read(running).cause == read(lead).cause == "do_not_contact"


def test_closing_ends_tracks_and_reopening_offers_to_resume(world: World, on_monday: None) -> None:
    sam, mira, running = world.sam.actor("web"), world.mira.actor("web"), applied(world)
    complete_task(sam, step(running, "mail"))
    close_lost(mira, world.managed_it, reason=world.reason("Price"))
    assert {state for key, (state, _day) in steps(running).items() if key != "mail"} == {"cancelled"}
    assert (read(running).state, read(running).cause) == ("ended", "closed")
    reopen_opportunity(mira, world.managed_it)
    assert read(running).question == "resume"
    continue_track(sam, running)
    assert steps(running)["call"] == ("open", day(2)) and steps(running)["note"] == ("waiting", None)
    close_won(mira, world.managed_it)
    reopen_opportunity(mira, world.managed_it, resume=True)
    assert read(running).state == "running" and steps(running)["call"] == ("open", day(2))
    undo(mira, act=act.last().id)  # type: ignore[union-attr]
    assert read(running).state == "ended" and steps(running)["call"] == ("cancelled", day(2))


def test_applying_is_one_act_that_undo_takes_back(world: World, on_monday: None) -> None:
    made = track(world, tags=["brochure"])
    running = applied(world)
    assert "brochure" in world.managed_it.tags.values_list("name", flat=True)
    undo(world.sam.actor("web"), act=act.last().id)  # type: ignore[union-attr]
    assert not RunningTrack.objects.filter(pk=running.pk).exists()
    assert not Task.objects.filter(step__version_of__track=made).exists()
    assert "brochure" not in world.managed_it.tags.values_list("name", flat=True)


def test_switching_ends_one_and_starts_another(world: World, on_monday: None) -> None:
    sam, running = world.sam.actor("web"), applied(world)
    other = switch_track(sam, running, track=Track.objects.get(name="Quote follow-up"))
    assert (read(running).state, read(running).cause, other.state) == ("ended", "switched", "running")


def test_a_definition_in_use_makes_a_version_and_those_that_run_are_brought_along(
    world: World, on_monday: None
) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    made = track(world)
    edit_track(iris, made, steps=[*STEPS, {"key": "last", "text": "Last", "days": 30}])
    assert TrackVersion.objects.filter(track=made).count() == 1  # nothing ran by it
    running = applied(world, leave_out=["note"])
    complete_task(sam, step(running, "mail"))
    snooze_task(sam, step(running, "last"), due_on=day(40))
    newer: list[Any] = [
        {"key": "mail", "text": "Send the catalogue", "kind": "mail"},
        {"key": "call", "text": "Call", "kind": "call", "days": 5, "after": "previous"},
        {"key": "note", "text": "Write it down", "days": 1, "unit": "weekdays", "after": "previous"},
        {"key": "more", "text": "Call again", "kind": "call", "days": 2, "after": "previous"},
        {"key": "last", "text": "The last one", "days": 20},
    ]
    edit_track(iris, made, steps=newer)
    assert made.newest.number == 2 and steps(running)["call"] == ("open", day(2))
    kinds = [
        (each.kind, each.step.key)
        for each in changes_between(list(running.version_of.steps.all()), list(made.newest.steps.all()))
    ]
    assert kinds == [
        ("changed", "mail"),
        ("changed", "call"),
        ("added", "more"),
        ("changed", "last"),
        ("removed", "week"),
    ]
    update_steps(sam, running)
    assert steps(running) == {
        "mail": ("done", day(0)),
        "call": ("open", day(5)),
        "more": ("waiting", None),
        "last": ("open", day(40)),
        "week": ("skipped", day(7)),
    }
    assert step(running, "more").follows == step(running, "call") and step(running, "last").title == "The last one"
    assert step(running, "mail").title == "Send the brochure"
    undo(sam, act=act.last().id)  # type: ignore[union-attr]
    assert steps(running)["call"] == ("open", day(2)) and "more" not in steps(running)


def test_two_who_edit_the_steps_at_once_find_out(world: World) -> None:
    made = track(world)
    edit_track(world.admin.actor("web"), made, version=made.version, steps=STEPS[:2])
    with pytest.raises(Conflict):
        edit_track(world.admin.actor("api"), made, version=1, steps=STEPS[:1])
    edit_track(world.admin.actor("api"), made, version=1, about="For everybody")
    assert made.newest.steps.count() == 2


def test_tracks_do_not_go_in_circles(world: World) -> None:
    iris = world.admin.actor("web")
    first = track(world)
    second = copy_track(iris, first)
    assert second.name == "Brochure, copy" and second.newest.steps.get(position=0).text == "Send the brochure"
    ending = [{**STEPS[0], "outcomes": [{"name": "Interested", "next": second.public_id}, {"name": "No"}]}]
    edit_track(iris, first, steps=ending)
    for other in (first, second):
        back = [{**STEPS[0], "outcomes": [{"name": "Again", "next": first.public_id}]}]
        with pytest.raises(Invalid, match="This goes in a circle: Brochure"):
            edit_track(iris, other, steps=back)
    for given, words in (
        ({"text": " "}, "Step 1: Write what"),
        ({"text": "Far", "days": 3651}, "from 0 to 3,650"),
        ({"text": "Far", "days": 522, "unit": "weeks"}, "from 0 to 521"),
        ({"text": "Who", "rule": "user"}, "which colleague"),
        ({"text": "Who", "rule": "role"}, "which role"),
        ({"text": "On", "outcomes": [{"name": "x", "next": "nothing"}]}, "no such track"),
    ):
        with pytest.raises(Invalid, match=words):
            edit_track(iris, first, steps=[given])  # type: ignore[list-item]


def test_tracks_start_by_themselves_once(world: World, on_monday: None) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    made, fair = track(world), Source.objects.get(name="Trade show")
    trigger = add_track_trigger(iris, made, source=fair)
    close = Stage.objects.get(name="Close")
    add_track_trigger(iris, made, stage=close)
    lead = create_lead(sam, name="Met at the fair", source=fair)
    running = RunningTrack.objects.get(lead=lead)
    assert (running.trigger, running.owner) == (trigger, world.sam)
    for stage in (close, world.managed_it.stage, close):
        move_stage(sam, world.managed_it, stage=stage, reason="Agreed on the phone")
        for each in RunningTrack.objects.filter(opportunity=world.managed_it, state="running"):
            end_track(sam, each)
    assert RunningTrack.objects.filter(opportunity=world.managed_it).count() == 1
    remove_track_trigger(iris, trigger)
    assert not RunningTrack.objects.filter(lead=create_lead(sam, name="Late", source=fair)).exists()
    with pytest.raises(Invalid, match="Choose one"):
        add_track_trigger(iris, made)


@pytest.mark.parametrize("at_once", [3, 1000])
def test_many_at_once_as_one_by_one(
    world: World, on_monday: None, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(track_bulk, "AT_ONCE", at_once)
    mira, made = world.mira.actor("web"), track(world, tags=["Followed up"])
    records = list(Opportunity.objects.filter(state="open", archived_at=None).order_by("pk")[:8])
    applied(world, records[0])
    found = apply_track_to_many(mira, records, track=made)
    assert [each.opportunity for each in found] == records[1:]
    for running in found:
        assert steps(running)["mail"] == ("open", day(0)) and steps(running)["call"] == ("waiting", None)
        assert step(running, "call").follows == step(running, "mail")
        assert step(running, "mail").assignee == running.opportunity.owner == running.owner
        assert Event.objects.filter(links__kind="running_track", links__record_id=running.pk).count() == 1
        assert [tag.name for tag in running.opportunity.tags.filter(name="Followed up")] == ["Followed up"]
    assert Opportunity.objects.get(pk=records[1].pk).next_step_at is not None
    undo(mira, act=act.last().id)  # type: ignore[union-attr]
    assert RunningTrack.objects.filter(version_of__track=made).count() == 1
    assert list(Opportunity.objects.filter(tags__name="Followed up")) == records[:1]


def test_many_that_fail_half_way_are_as_they_were(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_bulk, "AT_ONCE", 2)
    made, begin, pieces = track(world, tags=["Followed up"]), track_bulk.Lines.begin_on, iter("ab")

    def failing(self: Any, *given: Any) -> Any:
        if next(pieces) == "b":
            raise OSError
        return begin(self, *given)

    monkeypatch.setattr(track_bulk.Lines, "begin_on", failing)
    records = list(Opportunity.objects.filter(state="open", archived_at=None).order_by("pk")[:4])
    before = [(each.pk, each.version) for each in records]
    with pytest.raises(OSError):
        apply_track_to_many(world.mira.actor("web"), records, track=made)
    assert [(each.pk, each.version) for each in records] == before
    assert not RunningTrack.objects.filter(version_of__track=made).exists()


def test_a_step_has_its_time_of_day(world: World, on_monday: None) -> None:
    made = track(world, name="Morning", steps=[{"text": "Call", "time": time(9, 30), "days": 1}])
    task = apply_track(world.sam.actor("web"), world.unplanned, track=made).tasks.get()
    assert (task.due_time, task.due_at) == (time(9, 30), datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
