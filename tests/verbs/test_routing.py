"""Leads go by the rules whichever way they come, and say why."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fairlead.core import act, clock
from fairlead.core.actor import system
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.core.verb import tell
from fairlead.demo.world import World
from fairlead.models import Endpoint, Lead, Queue, Routing, RuleSet, Team
from fairlead.models.response_clock import minutes_left
from fairlead.verbs.capture import capture_lead
from fairlead.verbs.import_records import import_records
from fairlead.verbs.imports import import_leads
from fairlead.verbs.lead_rules import (
    add_rule,
    draft_rules,
    edit_rule,
    move_rule,
    publish_rules,
    remove_rule,
    restore_rules,
)
from fairlead.verbs.leads import create_lead
from fairlead.verbs.ownership import assign, claim_lead
from fairlead.verbs.people import create_person
from fairlead.verbs.products import create_product
from fairlead.verbs.queues import archive_queue, create_queue
from fairlead.verbs.routing import queue_lead, route_lead
from fairlead.verbs.schedules import add_absence, create_schedule
from fairlead.verbs.submissions import process_submission, receive_submissions
from fairlead.verbs.users import deactivate_user
from fairlead.work.clock import mind_clocks

ARRIVALS = system("web form", label="Fairlead")
WEEKDAY = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday


def when(fact: str, test: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "test": test, "values": list(values)}


def live(world: World, *rules: Any, rest: Any = None) -> RuleSet:
    """These rules made live; the last one is the first set-up's when none is given."""
    iris = world.admin.actor("web")
    queue = Queue.objects.get(name="New leads").public_id
    last = {"key": "rest", "to": rest or {"kind": "adder", "queue": queue}}
    draft_rules(iris, rules=[*rules, last])
    return publish_rules(iris)


def south(world: World) -> Team:
    found: Team = world.sam.teams.get()
    return found


def test_every_way_in_goes_by_the_rules(world: World) -> None:
    iris, sam = world.admin.actor("web"), world.sam.actor("web")
    germans = create_queue(iris, name="Germany", teams=[south(world)])
    germany = {"key": "de", "name": "Germany", "when": [when("country", "is", "DE")]}
    to = {"kind": "queue", "queue": germans.public_id}
    live(world, germany | {"to": to, "then": {"tags": ["DACH"], "rating": "warm"}})
    endpoint = Endpoint.objects.filter(owner=None).exclude(kind__in=["form", "calls"]).first()
    assert endpoint is not None
    body = base64.b64encode(json.dumps({"email": "f@arrivals.example", "country": "Germany"}).encode()).decode()
    [submission] = receive_submissions(
        ARRIVALS, endpoint, arrivals=[{"body": body, "content_type": "application/json", "arrival": "x1"}]
    )
    process_submission(ARRIVALS, submission)
    import_records(sam, noun="lead", rows=[{"name": "Imported", "country": "DE"}])
    made = [
        create_lead(sam, name="By hand", country="DE"),
        capture_lead(ARRIVALS, name="Captured", country="DE", email="c@arrivals.example"),
        submission.lead,
        Lead.objects.get(name="Imported"),
        *import_leads(sam, rows=[{"name": "In bulk", "country": "DE"}]),
    ]
    for lead in made:
        assert lead is not None
        lead.refresh_from_db()
        assert (lead.owner, lead.queue, lead.team, lead.rating) == (None, germans, south(world), "warm"), lead
        assert [str(tag) for tag in lead.tags.all()] == ["DACH"]
        assert lead.routings.get().rule == "de"
    assert create_lead(sam, name="Kept", country="DE", owner=world.lena).owner == world.lena
    assert create_lead(sam, name="Mine", country="FR").owner == world.sam
    import_records(sam, noun="lead", rows=[{"name": "Told", "country": "DE", "owner": "Lena"}], whose="me")
    import_records(sam, noun="lead", rows=[{"name": "Mine too", "country": "DE"}], whose="me")
    assert Lead.objects.get(name="Mine too").owner == world.sam


def test_the_timeline_says_which_rule_gave_it_and_undo_takes_it_back(world: World) -> None:
    live(world, {"key": "a", "name": "Trials", "when": [when("lead_type", "is", "trial")],
                 "to": {"kind": "user", "user": world.lena.public_id}})  # fmt: skip
    lead = create_lead(world.sam.actor("web"), name="Ann Trial", lead_type="trial")
    told = ["".join(part.text for part in tell(each)) for each in Event.objects.filter(act=act.last().id)]  # type: ignore[union-attr]
    assert told == [f"{world.sam} added the lead Ann Trial", f"Lead rule 1, “Trials”, gave Ann Trial to {world.lena}"]
    undo(world.sam.actor("web"), act=act.last().id)  # type: ignore[union-attr]
    assert not Lead.objects.filter(name="Ann Trial").exists() and not Routing.objects.filter(lead_id=lead.pk).exists()


def test_by_turns_everybody_has_as_many_and_who_is_away_has_none(world: World) -> None:
    iris, people = world.admin.actor("web"), [world.sam, world.noah, world.lena]
    ids = [each.public_id for each in people]
    live(world, {"key": "t", "to": {"kind": "turns", "users": ids}})
    owners = [capture_lead(ARRIVALS, name=f"Lead {number}").owner for number in range(6)]
    assert owners == [*people, *people]
    import_records(iris, noun="lead", rows=[{"name": f"Row {number}"} for number in range(60)])
    for user in people:
        assert Lead.objects.filter(name__startswith="Row ", owner=user).count() == 20
    today = clock.today(world.noah.tz)
    add_absence(iris, user=world.noah, starts_on=today, ends_on=today)
    owners = [capture_lead(ARRIVALS, name=f"Later {number}").owner for number in range(4)]
    assert owners == [world.sam, world.lena, world.sam, world.lena]


def test_the_one_with_the_fewest_open_leads_gets_it(world: World) -> None:
    iris = world.admin.actor("web")
    ids = [world.sam.public_id, world.lena.public_id]
    live(world, {"key": "f", "to": {"kind": "fewest", "users": ids}})
    count = Lead.objects.open().filter(owner=world.sam).count() - Lead.objects.open().filter(owner=world.lena).count()
    fewer, more = (world.lena, world.sam) if count > 0 else (world.sam, world.lena)
    import_records(iris, noun="lead", rows=[{"name": f"Row {number}"} for number in range(abs(count))])
    assert Lead.objects.filter(name__startswith="Row ", owner=fewer).count() == abs(count)
    import_records(iris, noun="lead", rows=[{"name": f"Even {number}"} for number in range(10)])
    assert Lead.objects.filter(name__startswith="Even ", owner=more).count() == 5


def test_a_target_that_left_or_is_away_leaves_it_to_the_next_rule_and_says_so(world: World) -> None:
    iris, mine = world.admin.actor("web"), clock.today(world.lena.tz)
    live(world, {"key": "a", "to": {"kind": "user", "user": world.noah.public_id}},
         {"key": "b", "to": {"kind": "user", "user": world.lena.public_id}},
         {"key": "c", "to": {"kind": "account"}})  # fmt: skip
    deactivate_user(iris, world.noah)
    absence = add_absence(iris, user=world.lena, starts_on=mine, ends_on=mine + timedelta(days=9))
    lead = capture_lead(ARRIVALS, name="Ann Fallen")
    assert (lead.owner, str(lead.queue)) == (None, "New leads")
    assert lead.routings.get().passed == [f"left:{world.noah}", f"away:{world.lena}", "no_account"]
    known = create_person(world.sam.actor("web"), name="Pia Known", mails=["pia@known.example"])
    assert capture_lead(ARRIVALS, name="Pia", email="pia@known.example").owner == known.owner == world.sam
    undo(iris, act=Event.objects.filter(verb="add_absence").latest("pk").act)
    add_absence(iris, user=world.lena, starts_on=absence.starts_on, ends_on=absence.ends_on, delegate=world.mira)
    lead = capture_lead(ARRIVALS, name="Ann Stood-in")
    assert lead.owner == world.mira and lead.routings.get().note == "stands_in"


def test_products_sizes_hours_and_minutes_of_work(world: World) -> None:
    iris = world.admin.actor("web")
    backup = create_product(iris, name="Tape vault", code="TV-1")
    asks = [when("product", "is", backup.public_id), when("size", "at_least", "50")]
    lena, mira = ({"kind": "user", "user": each.public_id} for each in (world.lena, world.mira))
    live(
        world,
        {"key": "p", "when": asks, "to": lena, "then": {"minutes": 60}},
        {"key": "h", "when": [when("hours", "is_not", "ours")], "to": mira},
    )
    with clock.at(WEEKDAY):
        lead = capture_lead(ARRIVALS, name="Big", interest="Your tv-1, please", company_size="50-249")
        assert lead.owner == world.lena and lead.respond_by == WEEKDAY + timedelta(hours=1)
        assert capture_lead(ARRIVALS, name="Small", interest="Tape vault", company_size="12").owner is None
        assert capture_lead(ARRIVALS, name="Else", interest="Tape vaults", company_size="90").owner is None
    with clock.at(WEEKDAY + timedelta(hours=12)):
        assert capture_lead(ARRIVALS, name="Late").owner == world.mira


def test_a_rule_says_what_becomes_of_what_nobody_answers_and_counts_in_the_hours_of_its_queue(world: World) -> None:
    iris, lena = world.admin.actor("web"), world.lena.public_id
    nights = create_schedule(iris, name="Nights", hours={str(day): [["00:00", "23:59"]] for day in range(7)})
    queue = create_queue(iris, name="Hot line", members=[world.sam, world.noah], schedule=nights)
    to: Any = {"kind": "queue", "queue": queue.public_id}
    late: Any = {"minutes": 120, "overdue_then": "reassign", "overdue_to": lena}
    for wrong in ({"overdue_then": "queue"}, {"minutes": 60, "overdue_to": lena}, {**late, "overdue_to": "nobody"}):
        with pytest.raises(Invalid):
            draft_rules(iris, rules=[{"key": "rest", "to": to, "then": wrong}])  # type: ignore[typeddict-item]
    draft_rules(iris, rules=[{"key": "rest", "to": to, "then": late}])
    publish_rules(iris)
    evening = WEEKDAY + timedelta(hours=10)
    with clock.at(evening):
        lead = capture_lead(ARRIVALS, name="Ann Night")
        assert lead.respond_by == evening + timedelta(minutes=120)
        claim_lead(world.sam.actor("web"), lead)
    moments = [Lead.objects.get(pk=lead.pk).clock_at]
    for minutes in (60, 96):  # half and 80 % of the hours in which it was set, not of Sam's day
        with clock.at(evening + timedelta(minutes=minutes)):
            mind_clocks()
        moments.append(Lead.objects.get(pk=lead.pk).clock_at)
    assert moments == [evening + timedelta(minutes=each) for each in (60, 96, 120)]
    with clock.at(evening + timedelta(minutes=100)):
        add_absence(iris, user=world.lena, starts_on=evening.date(), ends_on=evening.date(), delegate=world.mira)
        assert minutes_left([lead], clock.now()) == {lead.pk: 20}
    with clock.at(evening + timedelta(minutes=120)):
        mind_clocks()
    lead.refresh_from_db()
    assert (lead.warned, lead.owner) == (100, world.mira)  # who stands in for Lena


def test_a_rule_that_changes_the_type_starts_no_second_lead_of_one_who_asks_again(world: World) -> None:
    live(world, {"key": "t", "when": [when("domain", "is", "again.example")],
                 "to": {"kind": "user", "user": world.lena.public_id}, "then": {"lead_type": "trial"}})  # fmt: skip
    first = capture_lead(ARRIVALS, name="Ann", email="ann@again.example")
    assert first.lead_type == "trial"
    assert capture_lead(ARRIVALS, name="Ann", email="ann@again.example") == first


def test_drafts_decide_nothing_until_they_are_live_and_versions_come_back(world: World) -> None:
    iris = world.admin.actor("web")
    first = RuleSet.live_one()
    assert first is not None and first.number is not None
    assert [each["key"] for each in first.rules][-1] == "rest"
    live(world)
    first = RuleSet.live_one()
    assert first is not None and first.number is not None
    draft = add_rule(iris, rule={"name": "All", "to": {"kind": "user", "user": world.lena.public_id}})
    key = draft.rules[0]["key"]
    assert capture_lead(ARRIVALS, name="Before").owner is None
    publish_rules(iris, note="Lena takes all")
    assert capture_lead(ARRIVALS, name="After").owner == world.lena
    edit_rule(iris, key=key, rule={"name": "All", "to": {"kind": "user", "user": world.noah.public_id}})
    other = add_rule(iris, rule={"name": "Then", "to": {"kind": "account"}}).rules[1]["key"]
    assert [each["key"] for each in move_rule(iris, key=other, before=key).rules] == [other, key, "rest"]
    assert [each["key"] for each in remove_rule(iris, key=other).rules] == [key, "rest"]
    for refused in (lambda: remove_rule(iris, key="rest"), lambda: move_rule(iris, key="rest")):
        with pytest.raises(Invalid):
            refused()
    with pytest.raises(WrongState, match="Somebody changed this rule"):
        edit_rule(iris, key=key, rule={"to": {"kind": "account"}}, seen="old")
    with pytest.raises(Invalid, match="no user with the id"):
        add_rule(iris, rule={"to": {"kind": "user", "user": "nobody"}})
    with pytest.raises(NotAllowed):
        publish_rules(world.sam.actor("web"))
    restore_rules(iris, first)
    second = publish_rules(iris)
    assert (second.rules, second.note) == (first.rules, f"As in version {first.number}")
    undo(iris, act=act.last().id)  # type: ignore[union-attr]
    assert str(RuleSet.live_one()) == f"Version {first.number + 1}"


def test_queues_are_claimed_from_by_their_people_and_given_back(world: World) -> None:
    iris, dele, sam = world.admin.actor("web"), world.dele.actor("web"), world.sam.actor("web")
    queue = create_queue(iris, name="South", teams=[south(world)])
    live(world, rest={"kind": "queue", "queue": queue.public_id})
    lead = create_lead(sam, name="Ann Waiting")
    assert lead.is_waiting
    with pytest.raises(WrongState, match="The last lead rule"):
        archive_queue(iris, queue) if queue_lead(iris, lead, queue=Queue.objects.get(name="New leads")) else None
    queue_lead(iris, lead, queue=queue)
    with pytest.raises(NotAllowed):
        claim_lead(dele, lead)
    assert claim_lead(sam, lead).owner == world.sam
    queue_lead(sam, lead)
    assert lead.is_waiting
    with pytest.raises(WrongState, match="Leads wait in South"):
        archive_queue(iris, queue)
    assert assign(iris, lead, owner=None).queue is None
    assert route_lead(iris, lead).queue == queue
