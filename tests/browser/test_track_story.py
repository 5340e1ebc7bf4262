"""The story of a track in a browser: a mail today, a call two days later, a meeting one weekday after that with a note
for the calendar on the same day, a colleague's mail a week later, then the next track. Once by keyboard alone."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from fairlead.core import clock
from fairlead.demo.world import World
from fairlead.models import RunningTrack, Task, Track
from fairlead.verbs.track_definitions import create_track
from fairlead.web.addresses import url_of
from tests.browser.conftest import violations
from tests.browser.test_lists import Opener, ready, visit

__all__ = ["visit"]


class Day:
    """Stands for the clock's own variable, in every thread of this process: the product serves on another day."""

    def __init__(self, month: int, day: int) -> None:
        self.moment = datetime(2026, month, day, 9, tzinfo=UTC)

    def get(self) -> datetime:
        return self.moment


class Hand:
    """What a person does to a page: by keys alone, or by touch. `by` leads the focus there with Tab."""

    def __init__(self, page: Page, *, keys: bool) -> None:
        self.page, self.keys = page, keys

    def to(self, target: Locator) -> Locator:
        for _stop in range(260):
            if target.evaluate("each => each === document.activeElement"):
                return target
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {target}")

    def press(self, target: Locator, key: str = "Enter") -> None:
        expect(target).to_be_visible()
        if self.keys:
            self.to(target)
            self.page.keyboard.press(key)
        else:
            target.click()

    def write(self, target: Locator, text: str) -> None:
        if self.keys:
            self.to(target)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        else:
            target.fill(text)

    def choose(self, target: Locator, label: str) -> None:
        if self.keys:
            self.to(target)
            self.page.keyboard.type(label)
        else:
            target.select_option(label=label)
        expect(target.locator("option:checked")).to_have_text(label)


LINES = (
    ("Send the brochure", "E-mail", "0", "days"),
    ("Call about it", "Call", "2", "days"),
    ("Meet them", "Meeting", "1", "weekdays"),
    ("Note it in the calendar", "To-do", "0", "days"),
    ("Write what comes next", "E-mail", "1", "weeks"),
)


@pytest.mark.parametrize(("width", "keys"), [(1440, True), (390, False)])
def test_the_story(visit: Opener, world: World, monkeypatch: Any, width: int, keys: bool) -> None:
    create_track(world.admin.actor("web"), name="Keep warm", steps=[{"text": "Say hello", "days": 28}])

    def on(month: int, day: int) -> None:
        monkeypatch.setattr(clock, "_set_to", Day(month, day))

    on(12, 3)  # a Thursday
    define(visit("/tracks", width, who=world.admin), keys)
    track = Track.objects.get(name="First meeting")
    page = ready(visit(url_of(world.unplanned), width, who=world.sam))
    apply(page, Hand(page, keys=keys))
    running = RunningTrack.objects.get(opportunity=world.unplanned)
    assert running.version_of.track == track
    assert step(running, "Call about it").due_on is None
    check_off(page, Hand(page, keys=keys), "Send the brochure")
    assert str(step(running, "Call about it").due_on) == "2026-12-05"
    on(12, 7)  # it was done on Friday, nobody had said so
    check_off(page, Hand(page, keys=keys), "Call about it")
    Hand(page, keys=keys).press(page.get_by_role("link", name=re.compile("Call about it: done")))
    Hand(page, keys=keys).write(page.get_by_label("Done on"), "2026-12-04")
    Hand(page, keys=keys).press(page.get_by_role("button", name="Save"))
    expect(page.locator("#toasts")).to_contain_text("when")
    meeting = step(running, "Meet them")
    assert str(meeting.due_at) == "2026-12-07 14:00:00+00:00"  # the next weekday after the entered day
    for title in ("Meet them", "Note it in the calendar"):
        check_off(page, Hand(page, keys=keys), title)
    last = step(running, "Write what comes next")
    assert (last.assignee, str(last.due_on)) == (world.lena, "2026-12-14")
    on(12, 14)
    page = ready(visit(url_of(world.unplanned), width, who=world.mira))
    Hand(page, keys=keys).press(page.get_by_role("button", name="Write what comes next: Not yet"))
    expect(page.get_by_text("First meeting is done")).to_be_visible()
    assert violations(page) == []
    Hand(page, keys=keys).press(page.get_by_role("button", name="Next track"))
    first = page.get_by_role("menuitem").first
    expect(first).to_contain_text("Keep warm, proposed")
    if keys:
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
    else:
        first.click()
    expect(page.get_by_role("heading", name=re.compile("Keep warm"))).to_be_visible()
    nurturing = RunningTrack.objects.get(opportunity=world.unplanned, state="running")
    assert str(step(nurturing, "Say hello").due_on) == "2027-01-11"


def define(page: Page, keys: bool) -> None:
    """The track on its page, line by line; the example beside it has real days before anything is saved."""
    hand = Hand(ready(page), keys=keys)
    hand.write(page.get_by_label("Name"), "First meeting")
    hand.press(page.get_by_role("button", name="Make track"))
    expect(page.get_by_role("heading", name="First meeting", level=1)).to_be_visible()
    if not page.get_by_role("checkbox", name="Opportunities").is_checked():
        hand.press(page.get_by_role("checkbox", name="Opportunities"), "Space")
    for number, line in enumerate(LINES, 1):
        hand.press(page.get_by_role("button", name="Add a step"))
        expect(page.locator(".line > li")).to_have_count(number)
        write_line(page, hand, number, *line)
    rest = page.locator(".line > li").nth(4)
    hand.choose(rest.get_by_label("Who does step 5"), "a colleague")
    hand.press(rest.locator("summary"))
    hand.choose(rest.get_by_label("Colleague"), "Lena Kaur")
    hand.write(rest.get_by_label("Outcomes"), "Not yet > Keep warm")
    example = page.locator("#example li")
    expect(example).to_have_count(5)
    for place, day in enumerate(("Thu 3 Dec", "Sat 5 Dec", "Mon 7 Dec", "Mon 7 Dec", "Mon 14 Dec")):
        expect(example.nth(place)).to_contain_text(day)
    expect(example.nth(4)).to_contain_text("Lena Kaur")
    assert violations(page) == []
    hand.press(page.locator("form#track .acts .pri"))
    expect(page.get_by_text("First meeting saved").first).to_be_visible()


def write_line(page: Page, hand: Hand, number: int, text: str, kind: str, days: str, unit: str) -> None:
    line = page.locator(".line > li").nth(number - 1)
    if hand.keys:
        expect(line.get_by_label(f"Step {number}", exact=True)).to_be_focused()
    hand.write(line.get_by_label(f"Step {number}", exact=True), text)
    hand.choose(line.get_by_label(f"Kind of step {number}"), kind)
    hand.write(line.get_by_label(f"How many, step {number}"), days)
    hand.choose(line.get_by_label(f"Days, weekdays or weeks, step {number}"), unit)
    if text == "Meet them":
        hand.press(line.locator("summary"))
        hand.write(line.get_by_label("Time"), "14:00" if not hand.keys else "0200PM")


def apply(page: Page, hand: Hand) -> None:
    """One key, the preview, a step unticked and ticked again, one shifted, and only then it is done."""
    if hand.keys:
        page.keyboard.press("Shift+T")
    else:
        page.goto(f"/opportunities/{page.url.rpartition('/')[2].partition('-')[0]}/track")
        ready(page)
    hand.press(page.get_by_role("link", name="First meeting"))
    planned = page.locator(".planned li")
    expect(planned).to_have_count(5)
    expect(planned.nth(1)).to_contain_text("waits, about Sat 5 Dec")
    tick = page.get_by_label("Plan Note it in the calendar")
    hand.press(tick, "Space")
    expect(page.locator(".planned li.out")).to_have_count(1)
    hand.press(page.get_by_label("Plan Note it in the calendar"), "Space")
    expect(page.locator(".planned li.out")).to_have_count(0)
    shift(page, hand, "2026-12-04")
    expect(planned.nth(1)).to_contain_text("waits, about Sun 6 Dec")
    shift(page, hand, "2026-12-03")
    expect(planned.nth(1)).to_contain_text("waits, about Sat 5 Dec")
    assert violations(page) == []
    assert not RunningTrack.objects.filter(version_of__track__name="First meeting").exists()
    hand.press(page.get_by_role("button", name="Apply First meeting"))
    expect(page.get_by_role("heading", name=re.compile("First meeting"))).to_be_visible()


def shift(page: Page, hand: Hand, day: str) -> None:
    field = page.get_by_label("Day of Send the brochure")
    if not hand.keys:
        return field.fill(day)
    year, month, on = day.split("-")
    hand.to(field)
    page.keyboard.type(month + on + year)  # as the browser's own control takes it
    return None


def check_off(page: Page, hand: Hand, title: str) -> None:
    done = page.locator(".steps li.done")
    there = done.count()
    hand.press(page.get_by_role("button", name=f"Mark done: {title}").last)
    expect(done).to_have_count(there + 1)


def step(running: RunningTrack, title: str) -> Task:
    return Task.objects.get(running_track=running, title=title)
