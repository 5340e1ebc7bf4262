"""Runs: begun once, resumed after a kill, handed back, cancelled, failed in words, many records by one act."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.core.changes import create_many
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.outbox import LEASE as LONG_LEASE
from fairlead.core.outbox import NotNow, Outbox, carry_out, claim
from fairlead.core.record import writing
from fairlead.core.undo import undo
from fairlead.demo.world import World
from fairlead.models import Event, Person, Run, User
from fairlead.programs import runs
from fairlead.programs.runs import LEASE, Running, Stopped
from fairlead.verbs.bulk import archive_many
from fairlead.verbs.runs import cancel_run, change_list, export_list
from fairlead.verbs.tokens import create_token, revoke_token
from fairlead.verbs.users import deactivate_user
from fairlead.work.runs import Beside
from tests.core.conftest import aside

BOSS = system("test")
LATER = LEASE + timedelta(seconds=1)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is told."""
    monkeypatch.setattr(runs, "EVERY", 0)


@pytest.fixture
def work() -> Iterator[list[Any]]:
    """What each attempt of a run of the kind "test" does, one after the other."""
    turns: list[Any] = []

    def run(running: Running) -> Any:
        running.at(0, 4, "working", now=True)
        turn = turns.pop(0)
        return turn(running)

    runs.WORKS["test"] = run
    yield turns
    del runs.WORKS["test"]


@aside("{by} asked for a test", may="member")
def ask(by: Any, *, once: str = "") -> Run:
    from fairlead.verbs import runs as verbs

    return verbs.begin_run(by, "test", "Test", {}, once)


def turn(name: str = "worker") -> Run:
    """The worker does what waits longest."""
    row = claim(name, most=1, lease=LEASE, long=True)[0]
    carry_out(row, LEASE)
    return Run.objects.latest("pk")


def done(running: Running) -> Any:
    return running.finish(lambda: {"text": "Done.", "done": 4})


def test_long_work_waits_for_its_own_worker(world: World, work: list[Any]) -> None:
    ask(world.mira.actor("web"))
    assert [row.effect for row in claim("mail", long=False) if row.effect == "run"] == []
    work.append(done)
    run = turn()
    assert (run.state, run.done, run.total, run.text) == ("done", 4, 4, "Done.")
    assert Outbox.objects.get(effect="run").state == "done"


def test_a_killed_one_begins_again_after_its_lease(world: World, work: list[Any]) -> None:
    run = ask(world.mira.actor("web"))

    def killed(running: Running) -> Any:
        (running.workshop / "half").write_text("half")
        raise KeyboardInterrupt  # nothing here answers to it, as to a kill

    work += [killed, done]
    with pytest.raises(KeyboardInterrupt):
        turn("one")
    assert Run.objects.get(pk=run.pk).state == "running" and claim("two", long=True) == []
    with clock.at(clock.now() + LATER):
        assert turn("two").state == "done"
    assert Outbox.objects.get(effect="run").attempts == 2 and work == []


def test_one_that_kills_each_time_is_given_up_in_words(world: World, work: list[Any]) -> None:
    run = ask(world.mira.actor("web"))
    Outbox.objects.filter(effect="run").update(attempts=3)
    work.append(done)
    assert turn().pk == run.pk
    run.refresh_from_db()
    assert run.state == "failed" and "3 times" in run.text and len(work) == 1


def test_a_worker_that_lost_its_lease_ends_nothing(world: World, work: list[Any]) -> None:
    ask(world.mira.actor("web"))

    def slow(running: Running) -> Any:
        with clock.at(clock.now() + LATER):
            work.append(done)
            assert turn("two").state == "done"
        return running.finish(lambda: {"text": "Mine."})

    work.append(slow)
    turn("one")
    assert Run.objects.get().text == "Done."


def test_a_stopping_worker_hands_it_back(world: World, work: list[Any]) -> None:
    ask(world.mira.actor("web"))
    runs.stop_when(lambda: True)
    try:
        work += [done, done]
        turn()
    finally:
        runs.stop_when(lambda: False)
    row = Outbox.objects.get(effect="run")
    assert (row.state, row.attempts) == ("waiting", 0) and turn().state == "done"


def test_it_is_cancelled_while_it_waits_and_while_it_runs(world: World, work: list[Any]) -> None:
    mira = world.mira.actor("web")
    waiting = cancel_run(mira, ask(mira))
    assert waiting.state == "cancelled" and turn().state == "cancelled" and work == []

    def watched(running: Running) -> Any:
        cancel_run(mira, Run.objects.get(pk=running.run.pk))
        with pytest.raises(Stopped):
            running.finish(lambda: {"text": "Too late."})
        running.at(1, now=True)

    ask(mira)
    work.append(watched)
    run = turn()
    assert run.state == "cancelled" and run.text == "" and run.cancel_asked
    assert Event.objects.filter(verb="cancel_run").count() == 2
    assert cancel_run(mira, run).state == "cancelled" and Event.objects.filter(verb="cancel_run").count() == 2


def test_only_who_started_it_and_administrators_see_and_stop_it(world: World) -> None:
    run = export_list(world.mira.actor("web"), noun="person")
    boss = User.objects.filter(role__name="Administrator").first()
    assert boss is not None
    seen = {user.name for user in (world.mira, world.sam, boss) if Run.objects.visible_to(user.actor("web")).exists()}
    assert seen == {"Mira Holt", boss.name}
    with pytest.raises(NotAllowed):
        cancel_run(world.sam.actor("web"), run)
    assert cancel_run(boss.actor("web"), run).state == "cancelled"


def test_a_fault_is_told_and_logged(world: World, work: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    ask(world.mira.actor("web"))

    def broken(running: Running) -> Any:
        (running.workshop / "half").write_text("half")
        raise ZeroDivisionError

    work.append(broken)
    run = turn()
    assert run.state == "failed" and "fault" in run.text and "ZeroDivisionError" in caplog.text
    assert list(runs.folder().glob(f"{run.public_id}*")) == []

    def full(running: Running) -> Any:
        raise OSError(28, "No space left on device")

    ask(world.mira.actor("web"))
    work.append(full)
    assert "No space left" in turn().text


def test_twice_the_same_is_one_job_until_it_has_ended(world: World, work: list[Any]) -> None:
    mira = world.mira.actor("web")
    first = ask(mira, once="a")
    assert ask(mira, once="a") == first and ask(mira, once="b") != first
    assert ask(world.sam.actor("web"), once="a") != first
    work.append(done)
    turn()
    assert ask(mira, once="a") == first
    with clock.at(clock.now() + timedelta(minutes=2)):
        assert ask(mira, once="a") != first


def test_nobody_has_more_than_ten_waiting(world: World) -> None:
    mira = world.mira.actor("web")
    for _number in range(10):
        ask(mira)
    with pytest.raises(WrongState, match="10 runs"):
        ask(mira)


def test_it_acts_with_the_rights_of_now(world: World) -> None:
    made = create_token(world.mira.actor("web"), name="t", scopes=["read", "write"])
    export_list(made.token.actor("api"), noun="person")
    revoke_token(world.mira.actor("web"), made.token)
    assert "not valid any more" in turn().text
    export_list(world.mira.actor("web"), noun="person")
    deactivate_user(BOSS, world.mira)
    assert "cannot sign in any more" in turn().text


# --- many records ------------------------------------------------------------------------------------------------


@aside("{by} added many", may="person.create")
def many(by: Any, number: int) -> list[Person]:
    return create_many(Person, [{"name": f"Many {each:04}", "owner_id": by.user_id} for each in range(number)])


def test_many_are_given_away_by_one_act_with_one_undo(world: World, quick: None) -> None:
    mira = world.mira.actor("web")
    ids = [person.public_id for person in many(mira, 1200)]
    change_list(mira, noun="person", ids=ids, deed="assign", owner=world.noah)
    run = turn()
    assert run.text == "1,200 people given to Noah Bennett." and (run.done, run.total) == (1200, 1200)
    assert Person.objects.filter(owner=world.noah, name__startswith="Many").count() == 1200
    assert Event.objects.filter(verb="assign_many").values("act").distinct().count() == 1
    event = Event.objects.filter(act=run.act).first()
    assert event is not None and event.by_user == world.mira and event.door == "web"
    undo(mira, act=run.act)
    assert Person.objects.filter(owner=world.mira, name__startswith="Many").count() == 1200


def test_what_no_longer_matches_is_left_alone_and_told(world: World) -> None:
    mira = world.mira.actor("web")
    people = many(mira, 300)
    ids = [person.public_id for person in people]
    change_list(mira, noun="person", ids=ids, deed="tag", tag="Fair", query="q=many", as_page=True)
    archive_many(mira, people[:12])
    run = turn()
    assert run.text == "288 people tagged Fair. 12 no longer match and were left alone."
    assert Person.objects.filter(tags__name="Fair").count() == 288
    change_list(mira, noun="person", ids=ids[:20], deed="archive")
    assert turn().text == "20 people archived. 12 were so already."


def test_what_cannot_be_is_refused_before_it_begins(world: World) -> None:
    mira = world.mira.actor("web")
    ids = [world.priya.public_id]
    with pytest.raises(NotAllowed):
        change_list(world.sam.actor("web"), noun="person", ids=ids, deed="archive")
    for bad in ({"deed": "tag", "tag": " "}, {"ids": ["nobody"]}, {"ids": []}, {"ids": ["\x00", "é", "a b"]}):
        with pytest.raises(Invalid):
            change_list(mira, **{"noun": "person", "ids": ids, "deed": "archive"} | bad)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="10,000"):
        change_list(mira, noun="person", ids=ids * 10_001, deed="archive")
    assert not Run.objects.exists()


def test_nothing_is_half_done_when_the_end_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The act and the end of the run are one transaction."""
    mira = world.mira.actor("web")
    change_list(mira, noun="person", ids=[world.priya.public_id], deed="archive")

    def broken(*_anything: Any) -> list[str]:
        raise NotNow

    monkeypatch.setattr("fairlead.programs.bulk._told", broken)
    turn()
    assert Person.objects.get(pk=world.priya.pk).archived_at is None and Run.objects.get().state == "running"
    monkeypatch.undo()
    assert turn().state == "done" and Person.objects.get(pk=world.priya.pk).archived_at is not None


@pytest.mark.django_db(transaction=True)
def test_the_thread_beside_the_worker_does_it_and_stops(world: World, work: list[Any]) -> None:
    ended = threading.Event()

    def told(running: Running) -> Any:
        found = done(running)
        ended.set()
        return found

    work.append(told)
    ask(world.mira.actor("web"))
    beside = Beside("worker")
    beside.start()
    assert ended.wait(20)
    beside.stop()
    runs.stop_when(lambda: False)
    assert not beside.thread.is_alive() and Run.objects.get().state == "done"
    assert LEASE < LONG_LEASE


def test_progress_is_no_event_and_tells_rate_and_time_left(world: World, work: list[Any]) -> None:
    ask(world.mira.actor("web"))
    before = Event.objects.count()

    def half(running: Running) -> Any:
        running.at(2, 4, now=True)
        with writing():
            Run.objects.update(started_at=clock.now() - timedelta(seconds=10), seen_at=clock.now())
        run = Run.objects.get()
        assert run.rate is not None and 0.15 < run.rate < 0.25
        assert run.left is not None and 8 < run.left.total_seconds() < 12
        return done(running)

    work.append(half)
    assert turn().state == "done" and Event.objects.count() == before
