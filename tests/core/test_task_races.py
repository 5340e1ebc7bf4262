"""Two at one task or track, in processes of their own: each step is over once, what follows it comes once."""

from typing import Any

import pytest

from tests.core.test_races import Race, call, effects, race  # noqa: F401
from tests.processes.conftest import database, prepared  # noqa: F401

pytestmark = pytest.mark.processes
ROUNDS = 12
STEPS = [{"text": "First"}, {"text": "Then", "days": 2, "after": "previous"}, {"text": "Beside"}]
PEOPLE = {"ann@race.example": "Ann", "bo@race.example": "Bo"}


@pytest.fixture(scope="module")
def lead(race: Race) -> dict[str, Any]:  # noqa: F811
    """A lead of Ann's, for Ann and Bo to work on."""
    role = race.count("roles")["Administrator"]
    ids = [race.do("invite_user", name=name, email=email, role=role)["result"]["id"] for email, name in PEOPLE.items()]
    found = race.do("create_lead", name="Jo")["result"]["id"]
    race.do("assign", record=f"lead:{found}", owner=ids[0])
    return {"record": f"lead:{found}", "track": race.do("create_track", name="Race", steps=STEPS)["result"]["id"]}


def both(race: Race, one: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: F811
    """Ann does the one, Bo the other, at the same moment."""
    return race.run(*(each | {"by": email} for each, email in zip((one, other), PEOPLE, strict=True)))


def done(task: str) -> dict[str, Any]:
    return call("complete_task", task=task)


def started(race: Race, lead: dict[str, Any]) -> list[str]:  # noqa: F811
    race.do("apply_track", **lead)
    return [task for task, _state in race.count("steps")[2]]


def standing(race: Race) -> tuple[str, str, list[str]]:  # noqa: F811
    state, question, steps = race.count("steps")
    return state, question, [each for _task, each in steps]


def test_of_two_who_complete_one_step_one_does_and_the_last_two_end_the_track(
    race: Race,  # noqa: F811
    lead: dict[str, Any],
) -> None:
    for _round in range(ROUNDS):
        first, then, beside = started(race, lead)
        assert effects(both(race, done(first), done(first))) == [False, True]
        assert standing(race) == ("running", "", ["done", "open", "open"])
        assert effects(both(race, done(then), done(beside))) == [True, True]
        assert standing(race) == ("done", "next", ["done"] * 3)


def test_completed_and_skipped_at_once_it_is_one_of_both(race: Race, lead: dict[str, Any]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        first, *_rest = started(race, lead)
        assert effects(both(race, done(first), call("skip_task", task=first, reason="Known"))) == [False, True]
        state, _question, steps = standing(race)
        assert (state, steps[1:]) == ("running", ["open", "open"]) and steps[0] in {"done", "skipped"}
        end(race)


def test_completed_while_it_is_paused_or_ended_its_follower_waits_or_goes(
    race: Race,  # noqa: F811
    lead: dict[str, Any],
) -> None:
    for number in range(ROUNDS):
        first, *_rest = started(race, lead)
        stop = call(("pause_track", "end_track")[number % 2], running_track=newest(race))
        answers = both(race, done(first), stop)
        assert answers[1]["changed"] and not [each for each in answers if "fault" in each], answers
        state, _question, steps = standing(race)
        left = ("waiting", "cancelled")[number % 2]
        was_done = bool(answers[0].get("changed"))
        assert (state, steps) == (("paused", "ended")[number % 2], ["done" if was_done else left, left, left])
        end(race)


def test_two_who_apply_one_track_apply_it_once(race: Race, lead: dict[str, Any]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        before = race.count("tasks")
        answers = both(race, call("apply_track", **lead), call("apply_track", **lead))
        assert effects(answers) == [False, True]
        assert "runs on Jo already" in next(each["text"] for each in answers if "text" in each)
        assert race.count("tasks") == before + len(STEPS)
        end(race)


def test_two_who_complete_what_repeats_make_one_next(race: Race, lead: dict[str, Any]) -> None:  # noqa: F811
    for number in range(ROUNDS):
        planned = call("add_task", about=lead["record"], title="Check", due_on="2030-01-07", repeats="weekly")
        task = both(race, planned, call("create_lead", name="Aside"))[0]["result"]["id"]
        assert effects(both(race, done(task), done(task))) == [False, True]
        assert race.count("repeated") == number + 1


def newest(race: Race) -> str:  # noqa: F811
    found: str = race.count("run")
    return found


def end(race: Race) -> None:  # noqa: F811
    race.do("end_track", running_track=newest(race))
