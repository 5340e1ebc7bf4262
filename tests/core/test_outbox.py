"""The outbox: promised with the act, carried out at least once, given up in the end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.errors import WrongState
from fairlead.core.outbox import (
    EFFECTS,
    LEASE,
    CallOff,
    GiveUp,
    Outbox,
    carries_out,
    carry_out,
    claim,
    declare,
    extend,
    hand_back,
    later,
)
from fairlead.models import Person
from fairlead.verbs.people import create_person
from tests.core.conftest import House, act, aside, queries

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Post:
    """What was posted, and what goes wrong the next times."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.faults: list[Exception] = []

    def __call__(self, row: Outbox) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append(row.key)


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    carries_out(declare("letter", tries=3, first_wait=timedelta(seconds=10)))(made)
    yield made
    del EFFECTS["letter"]


@aside("{by} wrote to {person}", may="edit")
def write_to(by: Actor, person: Person, *, key: str = "", fail: bool = False, at: datetime | None = None) -> bool:
    """Promises a letter, and may fail afterwards."""
    promised = later("letter", {"to": person.name}, key=key, at=at)
    if fail:
        raise WrongState("No.")
    return promised


@pytest.fixture
def write(house: House, post: Post) -> Callable[..., bool]:
    person = create_person(house.by.sam, name="Jo")
    return lambda **facts: write_to(house.by.sam, person, **facts)


def states() -> list[tuple[str, int]]:
    return list(Outbox.objects.order_by("id").values_list("state", "attempts"))


def test_a_promise_is_part_of_the_act(write: Callable[..., bool], post: Post) -> None:
    with pytest.raises(WrongState):
        write(key="a", fail=True)
    assert not Outbox.objects.exists()
    assert write(key="a")
    row = Outbox.objects.get()
    assert (row.act, row.state, row.payload) == (act(), "waiting", {"to": "Jo"}) and post.sent == []


def test_a_key_is_promised_once(write: Callable[..., bool]) -> None:
    assert write(key="a") and not write(key="a") and write(key="b") and write()
    assert Outbox.objects.count() == 3


def test_it_is_carried_out_once_and_not_before_its_time(write: Callable[..., bool], post: Post) -> None:
    with clock.at(NOW):
        write(key="now")
        write(key="later", at=NOW + timedelta(hours=1))
        (row,) = claim("one")
        assert claim("two") == []
        carry_out(row)
        assert claim("one") == [] and post.sent == ["now"]
    with clock.at(NOW + timedelta(hours=1)):
        assert [row.key for row in claim("two")] == ["later"]
    assert states() == [("done", 1), ("leased", 1)]


def test_a_fault_waits_longer_each_time_and_is_given_up(write: Callable[..., bool], post: Post) -> None:
    post.faults = [OSError("refused")] * 3
    waits = []
    with clock.at(NOW):
        write()
    moment = NOW
    for _try in range(3):
        with clock.at(moment):
            (row,) = claim("one")
            carry_out(row)
        row.refresh_from_db()
        waits.append((row.state, (row.run_at - moment).total_seconds()))
        moment = row.run_at
    assert waits[:2] == [("waiting", 10), ("waiting", 20)] and waits[2][0] == "failed"
    assert Outbox.objects.get().error == "OSError: refused"
    with clock.at(NOW + timedelta(days=9)):
        assert claim("one") == []


def test_what_cannot_help_is_given_up_at_once_and_what_must_not_be_is_called_off(
    write: Callable[..., bool], post: Post
) -> None:
    post.faults = [GiveUp("no such address"), CallOff("do not contact")]
    write(key="a")
    write(key="b")
    for row in claim("one"):
        carry_out(row)
    assert states() == [("failed", 1), ("cancelled", 1)]
    assert [row.error for row in Outbox.objects.order_by("id")] == ["GiveUp: no such address", "do not contact"]


def test_a_lease_that_ran_out_is_taken_up_and_its_first_holder_does_nothing(
    write: Callable[..., bool], post: Post
) -> None:
    with clock.at(NOW):
        write(key="a")
        (first,) = claim("one")
    with clock.at(NOW + LEASE + timedelta(seconds=1)):
        (second,) = claim("two")
        carry_out(first)
        assert post.sent == [] and not extend(first) and extend(second)
        carry_out(second)
        carry_out(second)
    assert post.sent == ["a"] and states() == [("done", 2)]


def test_a_lease_lost_during_the_effect_cannot_close_it(write: Callable[..., bool], post: Post) -> None:
    with clock.at(NOW):
        write(key="a")
        (first,) = claim("one")

        def slow(row: Outbox) -> None:
            with clock.at(NOW + LEASE + timedelta(seconds=1)):
                assert len(claim("two")) == 1

        EFFECTS["letter"].run = slow
        carry_out(first)
    row = Outbox.objects.get()
    assert (row.state, row.leased_by, row.attempts) == ("leased", "two", 2)


def test_what_ends_the_worker_each_time_is_given_up(write: Callable[..., bool], post: Post) -> None:
    write()
    Outbox.objects.update(attempts=3)
    (row,) = claim("one")
    carry_out(row)
    assert states() == [("failed", 4)] and post.sent == []


def test_rows_not_begun_are_handed_back(write: Callable[..., bool]) -> None:
    write()
    hand_back(claim("one"))
    assert states() == [("waiting", 0)] and len(claim("two")) == 1


def test_an_effect_that_nobody_knows_waits_for_one_who_does(write: Callable[..., bool], post: Post) -> None:
    write()
    known = EFFECTS.pop("letter")
    (row,) = claim("one")
    carry_out(row)
    assert states() == [("waiting", 1)]
    EFFECTS["letter"] = known


def test_what_an_effect_takes_out_of_its_payload_is_forgotten(write: Callable[..., bool], post: Post) -> None:
    def forget(row: Outbox) -> None:
        row.payload = {"to": row.payload["to"]}

    EFFECTS["letter"].run = forget
    write()
    Outbox.objects.update(payload={"to": "Jo", "secret": "x"})
    for row in claim("one"):
        carry_out(row)
    assert Outbox.objects.get().payload == {"to": "Jo"}


def test_looking_for_work_costs_one_read(write: Callable[..., bool]) -> None:
    with queries() as seen:
        assert claim("one") == []
    assert len(seen) == 1
