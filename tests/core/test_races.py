"""Two at once, in processes of their own: one takes effect, the other is told; nobody waits for ever."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.processes.conftest import database, prepared  # noqa: F401
from tests.processes.product import Product, copied

pytestmark = pytest.mark.processes
ROUNDS = 30


class Racer:
    def __init__(self, product: Product) -> None:
        environment = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.racer"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **asked: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


class Race:
    """Two racers and a judge on one database."""

    def __init__(self, product: Product) -> None:
        self.racers = [Racer(product), Racer(product)]
        self.judge = Racer(product)
        self.do("set_up", name="Quay")

    def do(self, verb: str, **raw: Any) -> Any:
        self.judge.ask(verb=verb, raw=raw)
        answer = self.judge.answer()
        assert "result" in answer, answer
        return answer

    def count(self, what: str) -> Any:
        self.judge.ask(count=what)
        return self.judge.answer()["count"]

    def run(self, *calls: dict[str, Any]) -> list[dict[str, Any]]:
        at = time.time() + 0.02
        for racer, call in zip(self.racers, calls, strict=True):
            racer.ask(at=at, **call)
        return [racer.answer() for racer in self.racers]


@pytest.fixture(scope="module")
def race(prepared: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Race]:  # noqa: F811
    with database(template=prepared.database_url) as url:
        found = Race(copied(prepared, tmp_path_factory.mktemp("race") / "data", url))
        yield found
        for racer in [*found.racers, found.judge]:
            racer.process.kill()
            racer.process.wait()


def call(verb: str, key: str = "", **raw: Any) -> dict[str, Any]:
    return {"verb": verb, "raw": raw, "key": key}


def effects(answers: list[dict[str, Any]]) -> list[bool]:
    assert not [answer for answer in answers if "fault" in answer], answers
    return sorted(answer.get("changed", False) for answer in answers)


def test_an_opportunity_is_closed_once(race: Race) -> None:
    price = race.count("price")
    for number in range(ROUNDS):
        sale = race.do("create_opportunity", title=f"Deal {number}")["result"]["id"]
        won, lost = call("close_won", opportunity=sale), call("close_lost", opportunity=sale, reason=price)
        assert effects(race.run(won, (won, lost)[number % 2])) == [False, True]
    assert race.count("closures") == ROUNDS


def test_a_stage_is_entered_once(race: Race) -> None:
    second = race.count("stages")[1]
    for number in range(ROUNDS):
        sale = race.do("create_opportunity", title=f"Deal {number}")["result"]["id"]
        move = call("move_stage", opportunity=sale, stage=second, reason="In a hurry")
        assert effects(race.run(move, move)) == [False, True]
    assert race.count("moves") == ROUNDS


def test_taking_back_and_editing_never_both_win(race: Race) -> None:
    for number in range(ROUNDS):
        sale = race.do("create_opportunity", title="One")["result"]["id"]
        deed = race.do("edit_opportunity", opportunity=sale, title="Two")["act"]
        answers = race.run(call("undo", act=deed), call("edit_opportunity", opportunity=sale, title=f"Three {number}"))
        assert not [answer for answer in answers if "fault" in answer], answers
        assert race.count("names")[sale] == f"Three {number}"
        assert answers[1]["changed"] and (answers[0].get("changed") or "Three" in answers[0]["text"])


def test_two_who_take_back_the_same_act_take_it_back_once(race: Race) -> None:
    for _round in range(ROUNDS):
        sale = race.do("create_opportunity", title="One")["result"]["id"]
        deed = race.do("edit_opportunity", opportunity=sale, title="Two")["act"]
        answers = race.run(call("undo", act=deed), call("undo", act=deed))
        assert effects(answers) == [False, True]
        assert sorted(answer["result"]["repeated"] for answer in answers) == [False, True]


def test_one_key_takes_effect_once_and_both_get_its_answer(race: Race) -> None:
    for number in range(ROUNDS):
        made = call("create_lead", key=f"key {number}", name="Jo")
        one, two = race.run(made, made)
        replayed = sorted(answer.pop("replayed", False) for answer in (one, two))
        assert one == two and one["changed"] and replayed == [False, True], (one, two)


def test_of_two_who_move_one_meeting_one_is_told(race: Race) -> None:
    """Both had its page open: the second hears of the first, and nothing is between the two."""
    whose = race.do("invite_user", name="Jo", email="jo@quay.example", role=race.count("roles")["Seller"], mail=False)[
        "result"
    ]["id"]
    for number in range(ROUNDS):
        booked = {"title": f"Visit {number}", "starts_at": "2035-01-02T10:00:00Z", "organiser": whose}
        meeting = race.do("book_meeting", **booked)["result"]["id"]
        hours = [f"2035-01-0{day}T1{number % 9}:30:00Z" for day in (3, 4)]
        moves = [call("move_meeting", meeting=meeting, starts_at=hour, version=1) for hour in hours]
        answers = race.run(*moves)
        assert effects(answers) == [False, True]
        assert [answer.get("refused") for answer in answers if not answer.get("changed")] == ["conflict"]


def test_of_two_who_want_the_last_place_one_gets_it(race: Race) -> None:
    moments = {"starts_at": "2035-01-02T10:00:00Z", "ends_at": "2035-01-02T12:00:00Z"}
    for number in range(10):
        event = race.do("create_occasion", title="Seminar", capacity=1, **moments)["result"]["id"]
        form = race.do("create_form", name=f"Seminar {number}", kind="event", occasion=event)["result"]
        bodies = [base64.b64encode(f"name=N&email=n{each}@e{number}.example".encode()).decode() for each in "ab"]
        arrivals = [{"body": body, "content_type": "application/x-www-form-urlencoded"} for body in bodies]
        kept = race.do("receive_submissions", endpoint=form["endpoint"]["id"], arrivals=arrivals)["result"]
        for each in kept:
            race.do("process_submission", submission=each["id"])  # spam: no page of the form was opened
        assert effects(race.run(*(call("not_spam", submission=each["id"]) for each in kept))) == [True, True]
        assert race.count("placed") == number + 1


def test_locks_asked_for_crosswise_end_well(race: Race) -> None:
    one, two = (race.do("create_person", name=name)["result"]["id"] for name in "AB")
    for _round in range(10):
        there, back = call("touch_in_turn", one=one, other=two), call("touch_in_turn", one=two, other=one)
        assert effects(race.run(there, back)) == [True, True]
    assert race.count("titles") == ["x" * 20] * 2


def test_bulk_acts_on_the_same_records_both_take_effect(race: Race) -> None:
    for _round in range(10):
        people = [race.do("create_person", name=name)["result"]["id"] for name in "AB"]
        assign = call("assign_many", records=[f"person:{each}" for each in people], owner=None, team=None)
        archive = call("archive_many", records=[f"person:{each}" for each in reversed(people)])
        answers = race.run(assign, archive)
        assert "changed" in answers[0] and answers[1]["changed"], answers


def test_of_two_who_decide_on_a_lead_one_wins_and_the_other_is_told_by_whom(race: Race) -> None:
    seller, why = race.count("roles")["Manager"], race.count("reasons")[0]
    people = {"ann@race.example": "Ann Reed", "bo@race.example": "Bo Lund"}
    for email, name in people.items():
        race.do("invite_user", name=name, email=email, role=seller, mail=False)
    for number in range(ROUNDS):
        lead, before = race.do("create_lead", name="Jo", interest="Wi-Fi")["result"]["id"], race.count("people")
        made = {"lead": lead, "new_person": {}, "new_opportunity": {}, "reason": "Sure"}
        calls = [call("qualify_lead", **made) | {"by": email} for email in people]
        if number % 2:
            calls[1] = call("disqualify_lead", lead=lead, reason=why) | {"by": "bo@race.example"}
        answers = race.run(calls[0], calls[1])
        assert effects(answers) == [False, True]
        winner = next(at for at, answer in enumerate(answers) if answer.get("changed"))
        told = answers[1 - winner]
        assert told["refused"] == "wrong_state" and list(people.values())[winner] in told["text"], told
        assert race.count("people") - before == (0 if number % 2 and winner else 1)


def test_the_same_click_twice_qualifies_once(race: Race) -> None:
    for _round in range(10):
        lead, before = race.do("create_lead", name="Jo", interest="Wi-Fi")["result"]["id"], race.count("people")
        made = call("qualify_lead", lead=lead, new_person={}, new_opportunity={}, reason="Sure")
        answers = race.run(made, made)
        assert effects(answers) == [False, True] and answers[0]["result"] == answers[1]["result"]
        assert race.count("people") - before == 1
