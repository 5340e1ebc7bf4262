"""The demo world is whole, whenever it is built."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from fairlead.cli.demo import seed
from fairlead.core import clock
from fairlead.demo.days import Days
from fairlead.demo.world import World, build
from fairlead.models import Activity, Attendee, Company, Event, Lead, Opportunity, Person, Task, User
from fairlead.models.day import Day
from fairlead.models.suppression import may_contact
from fairlead.verbs.ownership import archive

LONDON = ZoneInfo("Europe/London")


def test_northgate_it_has_its_people_companies_and_sales(world: World) -> None:
    users = (world.sam, world.noah, world.lena, world.mira, world.dele, world.admin)
    roles = ["Seller", "Seller", "Seller", "Manager", "Delivery", "Administrator"]
    assert [user.role.name for user in users] == roles
    assert Company.objects.count() == 40
    stages = Opportunity.objects.open().values_list("stage__name", flat=True)
    assert [list(stages).count(name) for name in ("Qualify", "Develop", "Propose", "Close")] == [8, 9, 7, 3]
    assert Opportunity.objects.filter(state="won").count() == 6
    assert [list(stages).count(name) for name in ("First talk", "Cover needed", "Offer", "Signature")] == [0, 1, 1, 0]
    assert world.managed_it.stage.name == "Propose"
    assert (world.managed_it.criteria_met, world.managed_it.criteria_of) == (2, 4)
    assert world.managed_it.customer == world.peverell == world.priya.company


def test_it_has_the_cases_that_pages_must_bear(world: World) -> None:
    assert not may_contact("", "mail", person=world.callum).allowed
    assert world.westbrook.people.count() == 0
    assert world.lukasz.company is None
    assert (
        Person.objects.filter(name__in=["山田 花子", "Jürgen Müller", "Siobhán O’Brien", "Nguyễn Văn Minh"]).count()
        == 4
    )
    assert world.managed_it.files.get().size > 100
    assert list(world.peverell.tags.values_list("name", flat=True)) == ["Key account"]


def test_tasks_repeat_have_lists_and_are_put_off(world: World) -> None:
    assert world.task("Call Leo Marsh").repeats == "FREQ=WEEKLY;INTERVAL=2"
    link, decision = world.task("Size the Felixstowe link"), world.task("Agree a decision date")
    assert [item["done"] for item in link.checklist] == [True, False, False]
    assert decision.due_on == Days(world.now, LONDON).day(3)
    assert Attendee.objects.filter(person=world.priya, answer="accepted").exists()


def test_history_is_written_as_it_happened(world: World) -> None:
    moments = list(Event.objects.order_by("pk").values_list("at", flat=True))
    assert moments == sorted(moments)
    assert moments[-1] <= world.now
    assert not Activity.objects.filter(happened_at__gt=world.now).exists()
    assert not Event.objects.filter(by_kind="user", by_user=None).exists()


def test_a_changed_world_does_not_reach_the_next_test(world: World) -> None:
    archive(world.mira.actor("web"), world.peverell)
    assert Company.objects.live().count() == 39


def test_the_next_test_finds_it_as_it_was(world: World) -> None:
    assert Company.objects.live().count() == 40


@pytest.mark.load  # each builds a world of its own
@pytest.mark.parametrize(
    "now", [datetime(2026, 3, 30, 0, 10, tzinfo=LONDON), datetime(2025, 12, 28, 21, 30, tzinfo=LONDON)], ids=str
)
def test_monday_after_midnight_and_sunday_evening_are_alive_too(db: None, now: datetime) -> None:
    world = build(now)
    with clock.at(now):
        day = Day(world.sam.actor("web"), now, LONDON)
        assert (len(day.answer_first), len(day.overdue), len(day.due_today), len(day.unplanned)) == (2, 2, 5, 2)
        assert all(task.due_on.weekday() < 5 for task in day.overdue if task.due_on)
        assert day.answer_first[0].respond_by > now
    assert not Event.objects.filter(at__gt=now).exists()


def test_the_demo_is_added_once_and_only_to_an_empty_database(world: World) -> None:
    counted = [model.objects.count() for model in (User, Lead, Task, Event)]
    assert seed() is False
    assert [model.objects.count() for model in (User, Lead, Task, Event)] == counted


def test_an_empty_database_is_filled(world: World) -> None:
    """The tests' own world was made so."""
    assert User.objects.order_by("pk").first() == world.sam


def test_working_days_skip_the_weekend_and_never_pass_now() -> None:
    sunday = Days(datetime(2025, 11, 23, 10, 0, tzinfo=LONDON), LONDON)
    assert sunday.day(0).isoformat() == "2025-11-23"
    assert sunday.day(-1).isoformat() == "2025-11-21"
    assert sunday.day(1).isoformat() == "2025-11-24"
    assert sunday.day(-6).isoformat() == "2025-11-14"
    assert sunday.moment(0, "23:00") == sunday.now
