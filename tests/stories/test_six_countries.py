"""Inquiries from six countries reach whoever is right for them, and say why."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo.world import World
from fairlead.models import Endpoint, Lead, Product, Queue, Response
from fairlead.programs.rule_words import trace
from fairlead.verbs.lead_rules import draft_rules, publish_rules
from fairlead.verbs.mail_templates import create_mail_template
from fairlead.verbs.ownership import claim_lead
from fairlead.verbs.products import create_product
from fairlead.verbs.queues import create_queue
from fairlead.verbs.submissions import process_submission, receive_submissions

ARRIVALS = system("inquiries", label="Fairlead")
MORNING = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)  # a Wednesday, in working hours
INQUIRIES: dict[str, dict[str, str]] = {
    "DE": {"name": "Jörg Brandt", "email": "brandt@spedition-nord.example", "country": "Deutschland",
           "interest": "Backup für 60 Arbeitsplätze", "Anzahl Mitarbeiter": "50-249"},
    "AT": {"name": "Eva Huber", "email": "eva@huber-holz.example", "country": "Austria", "interest": "Backup",
           "employees": "12"},
    "FR": {"name": "Luc Martin", "email": "luc@atelier-martin.example", "country": "France", "interest": "Réseau"},
    "GB": {"name": "Ada Reed", "email": "ada@reedworks.example", "country": "United Kingdom", "phone": "020 7946 0321"},
    "US": {"name": "Kim Park", "email": "kim@parkfoods.example", "country": "USA", "phone": "+1 212 555 0143"},
    "JP": {"name": "佐藤 健", "email": "sato@sato-kikai.example", "country": "JP", "interest": "Backup appliance"},
}  # fmt: skip


def arrive(endpoint: Endpoint, country: str) -> Lead:
    body = base64.b64encode(json.dumps(INQUIRIES[country]).encode()).decode()
    arrival: Any = {"body": body, "content_type": "application/json", "arrival": f"six-{country}"}
    [submission] = receive_submissions(ARRIVALS, endpoint, arrivals=[arrival])
    lead = process_submission(ARRIVALS, submission).lead
    assert lead is not None
    return lead


def test_six_countries(world: World) -> None:
    iris = world.admin.actor("web")
    product = create_product(iris, name="Backup appliance").public_id
    backup = Product.objects.get(name="Backup").public_id
    dach = create_queue(iris, name="DACH", teams=[world.sam.teams.get()])
    thanks = {"en": {"subject": "Thank you", "text": "Hello"}, "fr": {"subject": "Merci", "text": "Bonjour"}}
    template = create_mail_template(iris, name="Thanks", words=thanks)
    german, overseas = [_when("country", "DE", "AT")], [_when("country", "US", "JP")]
    large = {"fact": "size", "test": "at_least", "values": ["50"]}
    rules: list[Any] = [
        {"key": "large", "name": "Large and German", "when": [*german, large, _when("product", backup)],
         "to": _user(world.lena), "then": {"tags": ["Large"], "minutes": 60, "rating": "hot"}},
        {"key": "dach", "name": "German", "when": german,
         "to": {"kind": "queue", "queue": dach.public_id}, "then": {"minutes": 120}},
        {"key": "appliance", "when": [*overseas, _when("product", product)], "to": _user(world.mira)},
        {"key": "far", "name": "Overseas", "when": [_when("phone", "+1")],
         "to": {"kind": "turns", "users": [world.noah.public_id, world.lena.public_id]}},
        {"key": "fr", "when": [_when("country", "FR")], "to": _user(world.noah),
         "then": {"template": template.public_id}},
        {"key": "rest", "to": {"kind": "queue", "queue": Queue.objects.get(name="New leads").public_id}},
    ]  # fmt: skip
    draft_rules(iris, rules=rules)
    publish_rules(iris)
    endpoint = Endpoint.objects.get(name="Website contact form")
    with clock.at(MORNING):
        came = {country: arrive(endpoint, country) for country in INQUIRIES}

    whose = {country: lead.owner or str(lead.queue) for country, lead in came.items()}
    assert whose == {
        "DE": world.lena, "AT": "DACH", "FR": world.noah, "GB": "New leads", "US": world.noah, "JP": world.mira,
    }  # fmt: skip
    assert came["DE"].rating == "hot" and [str(each) for each in came["DE"].tags.all()] == ["Large"]
    assert came["DE"].respond_by == MORNING + timedelta(hours=1)
    assert came["AT"].respond_by == MORNING + timedelta(hours=2) and came["GB"].respond_by is None
    assert [each.lead for each in Response.objects.filter(template=template)] == [came["FR"]]
    why = trace(came["AT"].routings.get(), came["AT"].routings.get().rules)
    assert [step.text for step in why] == [
        "No: it asks that company size is 50 or more, and it was 12.",
        "It matched, because country is Germany or Austria, and gave it to DACH. "
        "Besides: respond within 2 working hours.",
    ]
    assert claim_lead(world.sam.actor("web"), came["AT"]).owner == world.sam


def _when(fact: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "test": "is", "values": list(values)}


def _user(user: Any) -> dict[str, str]:
    return {"kind": "user", "user": user.public_id}
