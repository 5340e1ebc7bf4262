"""Two who work on one sale at once, in processes of their own: stage, closures and counts stay one story."""

from typing import Any

import pytest

from tests.core.test_races import Race, call, database, effects, prepared, race  # noqa: F401

pytestmark = pytest.mark.processes
ROUNDS = 12
STAGES = ["Qualify", "Develop", "Propose", "Close"]
OPEN = {"closures": [], "state": "open", "in_use": True, "is_right": True}


@pytest.fixture
def stages(race: Race) -> dict[str, str]:  # noqa: F811
    return dict(zip(STAGES, race.count("stages"), strict=False))


def sale(race: Race, **facts: Any) -> str:  # noqa: F811
    found: str = race.do("create_opportunity", title="Deal", amount="900", **facts)["result"]["id"]
    return found


def move(deal: str, stage: str) -> dict[str, Any]:
    return call("move_stage", opportunity=deal, stage=stage, reason="In a hurry")


def test_moved_to_two_stages_at_once_it_goes_through_both(race: Race, stages: dict[str, str]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        deal = sale(race)
        assert effects(race.run(move(deal, stages["Develop"]), move(deal, stages["Propose"]))) == [True, True]
        found = race.count("newest")
        first = "Develop" if found["stage"] == "Propose" else "Propose"
        assert found == OPEN | {"stage": found["stage"], "moves": ["Qualify", first]}


def test_closed_while_it_moves_it_is_closed_and_moved_before_or_not_at_all(
    race: Race,  # noqa: F811
    stages: dict[str, str],
) -> None:
    for _round in range(ROUNDS):
        deal = sale(race)
        moved, won = race.run(move(deal, stages["Develop"]), call("close_won", opportunity=deal))
        found = race.count("newest")
        assert won["changed"] and (found["state"], found["closures"], found["is_right"]) == ("won", ["won"], True)
        if moved.get("changed"):
            assert (found["stage"], found["moves"]) == ("Develop", ["Qualify"])
        else:
            assert moved["refused"] == "wrong_state" and "closed as Won. Reopen it first" in moved["text"]
            assert (found["stage"], found["moves"]) == ("Qualify", [])


def test_closed_and_reopened_at_once_every_closure_tells_what_came_before(race: Race) -> None:  # noqa: F811
    price = race.count("price")
    for number in range(ROUNDS):
        deal = sale(race)
        race.do("close_won", opportunity=deal)
        lost, reopen = call("close_lost", opportunity=deal, reason=price), call("reopen_opportunity", opportunity=deal)
        answers = race.run(reopen, (lost, reopen)[number % 2])
        found = race.count("newest")
        assert answers[0].get("changed") or number % 2
        if number % 2:
            assert effects(answers) == [False, True] and found["closures"] == ["won", "reopened"]
        elif answers[1].get("changed"):
            assert (found["state"], found["closures"]) == ("lost", ["won", "reopened", "lost"])
        else:
            assert "closed as Won" in answers[1]["text"]
            assert (found["state"], found["closures"]) == ("open", ["won", "reopened"])


def test_a_stage_that_is_archived_meanwhile_keeps_nobody(race: Race, stages: dict[str, str]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        deal = sale(race)
        archive = call("archive_stage", stage=stages["Develop"], to=stages["Propose"])
        moved, archived = race.run(move(deal, stages["Develop"]), archive)
        found = race.count("newest")
        assert archived["changed"] and found["in_use"] and found["is_right"]
        if moved.get("changed"):
            assert found["stage"] == "Propose"
        else:
            assert "is archived. Choose one that is in use" in moved["text"] and found["stage"] == "Qualify"
        race.do("unarchive_stage", stage=stages["Develop"])


def test_facts_found_out_at_once_are_all_counted(race: Race, stages: dict[str, str]) -> None:  # noqa: F811
    for _round in range(ROUNDS):
        deal = sale(race, stage=stages["Develop"])
        solved = call("edit_opportunity", opportunity=deal, solution="Fibre")
        assert effects(race.run(call("add_need", opportunity=deal, text="Signal"), solved)) == [True, True]
        decides = call("add_stakeholder", opportunity=deal, new_person="Bo", role="decides")
        assert effects(race.run(decides, call("edit_opportunity", opportunity=deal, likelihood=55))) == [True, True]
        assert race.count("newest") == OPEN | {"stage": "Develop", "moves": []}


def test_a_tick_taken_off_while_it_moves_was_there_or_keeps_it(race: Race, stages: dict[str, str]) -> None:  # noqa: F811
    need = race.count("criteria")["Need confirmed"]
    race.do("edit_criterion", criterion=need, force="hard")
    for _round in range(ROUNDS):
        deal = sale(race)
        race.do("tick_criterion", record=f"opportunity:{deal}", criterion=need)
        untick = call("untick_criterion", record=f"opportunity:{deal}", criterion=need)
        moved, unticked = race.run(move(deal, stages["Develop"]), untick)
        found = race.count("newest")
        assert unticked["changed"] and found["is_right"]
        assert found["stage"] == ("Develop" if moved.get("changed") else "Qualify"), moved
        assert moved.get("changed") or "Still missing to leave Qualify: Need confirmed." in moved["text"]
    race.do("edit_criterion", criterion=need, force="required")
