"""Northgate's lead rules: what it sells, a queue for German-speaking countries, and who gets which lead."""

from typing import Any

from fairlead.demo.arrivals import INTAKE
from fairlead.demo.play import Play
from fairlead.models import MailTemplate, Queue, Team, User
from fairlead.routing.rules import REST
from fairlead.verbs.lead_rules import draft_rules, publish_rules
from fairlead.verbs.products import create_product
from fairlead.verbs.queues import create_queue

PRODUCTS = (("Managed IT", "MIT"), ("Backup", "BKP"), ("Network", "NET"), ("Security check", "SEC"))
NOTE = "Who knows the product or the language answers"


def plan(play: Play) -> None:
    play.at(play.days.moment(-1, "17:30"), _rules)


def _rules() -> None:
    products = {name: create_product(INTAKE, name=name, code=code).public_id for name, code in PRODUCTS}
    sales = Team.objects.get(name="Sales")
    german = create_queue(INTAKE, name="German-speaking", teams=[sales])
    lena, noah = (User.objects.get(email=f"{name}@northgate.example").public_id for name in ("lena", "noah"))
    trial = MailTemplate.objects.get(name="Backup trial").public_id
    rest = {"kind": "adder", "queue": Queue.objects.get(name="New leads").public_id}
    wanted: list[Any] = [
        _rule("Larger firms", [_is("product", products["Managed IT"]), ("size", "at_least", ["50"])],
              {"kind": "turns", "team": sales.public_id}, tags=["Larger firm"], minutes=60),
        _rule("Backup trials", [_is("product", products["Backup"]), _is("lead_type", "trial")],
              {"kind": "user", "user": lena}, rating="hot", template=trial, minutes=60),
        _rule("Germany, Austria, Switzerland", [_is("country", "DE", "AT", "CH")],
              {"kind": "queue", "queue": german.public_id}, minutes=240),
        _rule("Ireland and France", [_is("country", "IE", "FR")], {"kind": "fewest", "users": [noah, lena]}),
        {"key": REST, "to": rest},
    ]  # fmt: skip
    draft_rules(INTAKE, rules=wanted)
    publish_rules(INTAKE, note=NOTE)


def _is(fact: str, *values: str) -> tuple[str, str, list[str]]:
    return fact, "is", list(values)


def _rule(name: str, when: list[tuple[str, str, list[str]]], to: dict[str, Any], **then: Any) -> dict[str, Any]:
    conditions = [{"fact": fact, "test": test, "values": values} for fact, test, values in when]
    return {"name": name, "when": conditions, "to": to, "then": then}
