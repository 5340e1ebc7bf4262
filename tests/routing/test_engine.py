"""Conditions of every kind, and that whatever the rules and the lead, exactly one target results."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.errors import Invalid
from fairlead.routing import rules as shape
from fairlead.routing.deciding import decide
from fairlead.routing.engine import Compiled, Rules, compile_rules
from fairlead.routing.facts import Facts, facts_of, size_of
from fairlead.routing.staff import Colleague, Staff

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
REST: dict[str, Any] = {"key": "rest", "to": {"kind": "adder", "queue": "q"}}
LEAD = {
    "country": "DE",
    "region": "Bayern",
    "postal_code": "80 331",
    "phone_e164": "+4989123456",
    "company_size": "50-249",
    "lead_type": "trial",
    "language": "de-AT",
    "email": "ines@mail.example.com",
}


def holds(fact: str, test: str, *values: str, **lead: str) -> bool:
    rule = shape.one({"when": [{"fact": fact, "test": test, "values": list(values)}], "to": {"kind": "account"}})
    rest = shape.one(REST)
    return compile_rules([rule, rest]).each[0].failing(facts_of(LEAD | lead, NOW)) < 0


@pytest.mark.django_db
def test_conditions_hold_as_they_say() -> None:
    assert holds("country", "is", "Germany", "Austria") and not holds("country", "is_not", "DE")
    assert not holds("country", "is", "DE", country="") and holds("country", "is_not", "DE", country="")
    assert holds("region", "is", "bayern") and holds("postal_code", "is", "80") and not holds("postal_code", "is", "81")
    assert holds("postal_code", "between", "79", "81") and not holds("postal_code", "between", "81", "99")
    assert holds("phone", "is", "+49 89", "+43") and not holds("phone", "is", "0043", phone_e164="")
    assert holds("size", "at_least", "50") and not holds("size", "at_least", "51")
    assert holds("size", "between", "50", "249") and not holds("size", "at_most", "100")
    assert not holds("size", "at_most", "100", company_size="") and holds(
        "size", "at_most", "100", company_size="< 100"
    )
    assert holds("lead_type", "is", "trial") and holds("language", "is", "de") and not holds("language", "is", "de-de")
    assert holds("domain", "is", "example.com") and not holds("domain", "is", "ample.com")
    assert holds("domain", "is_not", "other.example")


@pytest.mark.parametrize(
    "text, size",
    [("60", (60, 60)), ("50 - 249", (50, 249)), ("1,000+", (1000, 10**9)), ("mehr als 500", (500, 10**9)),
     ("under 10", (0, 10)), ("about us", (-1, 10**9)), ("", (-1, 10**9)), ("1.001–5.000", (1001, 5000))],
)  # fmt: skip
def test_sizes_are_read_as_they_are_written(text: str, size: tuple[int, int]) -> None:
    assert size_of(text) == size


@pytest.mark.parametrize(
    "when",
    [
        {"fact": "country", "test": "is", "values": ["Atlantis"]},
        {"fact": "country", "test": "at_least", "values": ["DE"]},
        {"fact": "size", "test": "between", "values": ["50", "10"]},
        {"fact": "size", "test": "is", "values": ["50"]},
        {"fact": "phone", "test": "is", "values": ["089 123"]},
        {"fact": "domain", "test": "is", "values": ["example"]},
        {"fact": "lead_type", "test": "is", "values": ["friend"]},
        {"fact": "language", "test": "is", "values": ["gibberish"]},
        {"fact": "region", "test": "is", "values": [" "]},
    ],
)
def test_what_cannot_be_asked_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        shape.one({"when": [when], "to": {"kind": "account"}})


def test_the_last_rule_catches_what_is_left_and_nothing_else_does() -> None:
    for rules in ([], [{"key": "a", "to": {"kind": "account"}}], [REST, {"key": "a", "to": {"kind": "account"}}]):
        with pytest.raises(Invalid):
            shape.checked(rules)
    with pytest.raises(Invalid):
        shape.checked([REST | {"off": True}])
    with pytest.raises(Invalid):
        shape.checked([REST | {"to": {"kind": "account"}}])


# --- exactly one target for any lead -----------------------------------------------------------------------------

people = st.fixed_dictionaries(
    {"active": st.booleans(), "away": st.booleans(), "stand_in": st.sampled_from([0, 1, 2, 3])}
)
targets = st.one_of(
    st.fixed_dictionaries({"kind": st.just("user"), "user": st.integers(0, 4)}),
    st.fixed_dictionaries({"kind": st.just("queue"), "queue": st.integers(0, 2)}),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["turns", "fewest"]), "users": st.lists(st.integers(0, 4), max_size=3)}
    ),
    st.fixed_dictionaries({"kind": st.sampled_from(["turns", "fewest"]), "team": st.integers(0, 2)}),
    st.just({"kind": "account"}),
    st.fixed_dictionaries({"kind": st.just("adder"), "queue": st.integers(0, 2)}),
)
rules = st.fixed_dictionaries(
    {"asks": st.sets(st.sampled_from(["DE", "AT", "GB", ""])), "off": st.booleans(), "to": targets}
)


def made(number: int, rule: dict[str, Any]) -> Compiled:
    wanted, to = rule["asks"], rule["to"]
    asked = (lambda facts: facts.country in wanted,) if wanted else ()
    users = tuple(to.get("users", ()))
    plain = {name: to.get(name) or None for name in ("user", "queue", "team")}
    return Compiled(f"r{number}", "", number, asked, rule["off"], to["kind"], users=users, then={}, **plain)


class Imagined(Staff):
    """A staff that stands in no database."""

    def __init__(self, found: list[dict[str, Any]], open_queues: list[bool]) -> None:
        super().__init__(NOW, real=False)
        self.__dict__["people"] = {
            pk: Colleague(
                pk,
                f"P{pk}",
                each["active"],
                date(2026, 12, 1) if each["away"] else None,
                each["stand_in"],
                (pk % 2 + 1,),
            )
            for pk, each in enumerate(found, 1)
        }
        self.__dict__["queues"] = {pk: (f"Q{pk}", is_open, None) for pk, is_open in enumerate(open_queues, 1)}
        self._turns = {f"r{number}": 0 for number in range(9)}
        self.__dict__["_counts"] = dict.fromkeys(self.people, 0)

    def last_resort(self) -> int | None:
        return next((pk for pk, each in self.people.items() if each.active), None)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(rules, max_size=6),
    targets.filter(lambda to: to["kind"] != "account"),
    st.lists(people, min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=2, max_size=2),
    st.sampled_from(["DE", "AT", "GB", ""]),
    st.sampled_from([None, 1, 2, 3, 4]),
    st.sampled_from([None, 1]),
)
def test_exactly_one_target_for_any_lead(
    some: list[dict[str, Any]],
    rest: dict[str, Any],
    found: list[dict[str, Any]],
    queues: list[bool],
    country: str,
    account: int | None,
    adder: int | None,
) -> None:
    staff = Imagined(found, queues)
    last = {"asks": set(), "off": False, "to": rest}
    compiled = Rules(1, tuple(made(number, each) for number, each in enumerate([*some, last])), frozenset())
    decision = decide(compiled, Facts(at=NOW, country=country, account=account, adder=adder), staff)

    assert (decision.owner is None) != (decision.queue is None) or not any(each["active"] for each in found)
    assert len(decision.passed) == decision.rule.place
    if decision.queue:
        assert staff.queues[decision.queue][1]
    if decision.owner and decision.rule.kind != "adder":
        here = staff.people[decision.owner]
        assert here.active and (here.is_here or decision.rule is compiled.each[-1])
    matching = [
        each.place for each in compiled.each if not each.off and each.failing(Facts(at=NOW, country=country)) < 0
    ]
    assert decision.rule.place in matching
    for place in matching:  # those before it could give it to nobody
        assert place >= decision.rule.place or isinstance(decision.passed[place], str)
