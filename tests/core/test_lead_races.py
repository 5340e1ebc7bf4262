"""Two at once want one lead of a queue, or are given leads by turns."""

from typing import Any

import pytest

from tests.core.test_races import Race, call, effects, race  # noqa: F401
from tests.processes.conftest import database, prepared  # noqa: F401

pytestmark = pytest.mark.processes
ROUNDS = 12


def colleagues(race: Race) -> list[dict[str, Any]]:  # noqa: F811
    role = race.count("roles")["Seller"]
    people = [{"name": name, "email": f"{name.lower()}@quay.example"} for name in ("Ann", "Ben")]
    return [each | race.do("invite_user", role=role, **each)["result"] for each in people]


def test_a_lead_in_a_queue_is_claimed_by_one_and_the_other_is_told_and_turns_are_fair(race: Race) -> None:  # noqa: F811
    ann, ben = colleagues(race)
    for number in range(ROUNDS):
        lead = race.do("create_lead", name=f"Jo {number}")["result"]["id"]
        claims = [call("claim_lead", lead=lead) | {"by": each["email"]} for each in (ann, ben)]
        answers = race.run(*claims)
        assert effects(answers) == [False, True]
        loser = next(answer for answer in answers if not answer.get("changed"))
        assert loser["refused"] == "wrong_state" and f"has Jo {number} already" in loser["text"]

    turns = {"key": "t", "to": {"kind": "turns", "users": [ann["id"], ben["id"]]}}
    rest = {"key": "rest", "to": {"kind": "queue", "queue": race.count("queue")}}
    race.do("draft_rules", rules=[turns, rest])
    race.do("publish_rules")
    for _round in range(ROUNDS):
        assert effects(race.run(call("create_lead", name="Turn"), call("create_lead", name="Turn"))) == [True, True]
    assert race.count("owners") == ["Ann"] * ROUNDS + ["Ben"] * ROUNDS
