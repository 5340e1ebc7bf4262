"""Somebody asks to be left alone: on every channel, for good, until somebody lifts it with a reason."""

from datetime import timedelta

from fairlead.core import clock
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models.suppression import may_contact
from fairlead.verbs.suppressions import lift_suppression, suppress, suppress_address
from tests.stories.told import deeds, last_act


def test_callum_is_not_contacted_and_priya_is(world: World) -> None:
    stopped = may_contact("callum.reyes@peverell.example", "mail", person=world.callum)
    assert not stopped.allowed and stopped.because is not None
    assert "Finance goes through Priya" in stopped.because.reason
    assert not may_contact("020 7946 0413", "phone", person=world.callum, region="GB").allowed
    assert may_contact("priya.raman@peverell.example", "mail", person=world.priya).allowed


def test_asking_twice_is_one_entry_and_lifting_it_keeps_the_history(world: World) -> None:
    lena, lukasz = world.lena.actor("web"), world.lukasz
    stop = suppress(lena, lukasz, reason="No calls while he trades", channel="phone")
    assert suppress(lena, lukasz, reason="Said so again", channel="phone") == stop
    assert not may_contact("", "phone", person=lukasz).allowed
    assert may_contact("", "mail", person=lukasz).allowed

    lift_suppression(lena, stop, reason="He rang us")
    assert may_contact("", "phone", person=lukasz).allowed
    assert deeds(lukasz)[-2:] == [
        "Lena Kaur marked Łukasz Zieliński as do not contact: No calls while he trades",
        "Lena Kaur lifted a do-not-contact: He rang us",
    ]


def test_one_with_an_end_ends_by_itself(world: World) -> None:
    suppress(world.sam.actor("web"), world.priya, reason="On leave", until=clock.now() + timedelta(days=14))
    assert not may_contact("", "mail", person=world.priya).allowed
    with clock.at(clock.now() + timedelta(days=15)):
        assert may_contact("", "mail", person=world.priya).allowed


def test_an_address_is_stopped_however_it_is_written(world: World) -> None:
    mira = world.mira.actor("web")
    suppress_address(mira, address="020 7946 0182", channel="phone", reason="Wrong number")
    stopping = last_act()
    assert not may_contact("+44 20 7946 0182", "phone", region="GB").allowed
    undo(mira, act=stopping)
    assert may_contact("+44 20 7946 0182", "phone", region="GB").allowed
