"""Companies and people of the demo world."""

from typing import Any

from fairlead.core.actor import Actor
from fairlead.demo.play import Facts, Play, some
from fairlead.models import Company, normal
from fairlead.verbs.companies import create_company
from fairlead.verbs.ownership import tag
from fairlead.verbs.people import create_person
from fairlead.verbs.suppressions import suppress


def plan(play: Play, data: Facts) -> None:
    """Everybody was known before the first opportunity, one a minute after the other."""
    for minute, facts in enumerate(data["company"]):
        play.at(play.days.moment(-45, f"09:{minute:02}"), _company, play, facts)
        for each in facts.get("people", []):
            _stop(play, facts["owner"], each)
    for minute, facts in enumerate(data["person"]):
        play.at(play.days.moment(-44, f"09:{minute:02}"), _private, play, facts)


def _company(play: Play, facts: Facts) -> None:
    by, domain = play.actors[facts["owner"]], normal.domain(facts["website"])
    about = some(facts, "legal_name", "industry", "employees", "website", "about")
    company = create_company(by, name=facts["name"], **about, **_reach(facts, [f"hello@{domain}"]))
    play.made[company.name] = company
    for word in facts.get("tags", []):
        tag(by, company, tag=word)
    for each in facts.get("people", []):
        _person(play, by, each, [_mail(each["name"], domain)], company)


def _private(play: Play, facts: Facts) -> None:
    _person(play, play.actors[facts["owner"]], facts, facts["mails"], None)


def _person(play: Play, by: Actor, facts: Facts, mails: list[str], company: Company | None) -> None:
    about = some(facts, "call_name", "title", "language", "about")
    person = create_person(by, name=facts["name"], company=company, **about, **_reach(facts, mails))
    play.made[person.name] = person


def _stop(play: Play, owner: str, facts: Facts) -> None:
    if "stop" in facts:
        play.at(play.days.moment(facts["stop"], "15:10"), _suppress, play, owner, facts)


def _suppress(play: Play, owner: str, facts: Facts) -> None:
    suppress(play.actors[owner], play.made[facts["name"]], reason=facts["reason"])


def _reach(facts: Facts, mails: list[str]) -> dict[str, Any]:
    address = {"city": facts["city"], "country": facts.get("country", "GB")} if "city" in facts else {}
    return {"mails": mails, "phones": [facts["phone"]], "address": address}


def _mail(name: str, domain: str) -> str:
    """A plausible address; for names that do not fit into ASCII, the office's."""
    plain = "".join(letter for letter in normal.words(name.removeprefix("Dr ")) if letter.isalpha() or letter == " ")
    return f"{'.'.join(plain.split())}@{domain}" if plain.isascii() else f"office@{domain}"
