"""What a domain says of its mail, in plain words, by made-up name servers."""

from collections.abc import Sequence
from typing import Any

import dns.exception
import dns.resolver
import pytest

from fairlead.models import Sending
from fairlead.programs import sender_domain
from fairlead.programs.sender_domain import Advice, NotAnswered, advice

OWN: Any = {"provider": "smtp", "host": "mail.north.example"}
GOOGLE: Any = {"provider": "smtp", "host": "smtp.gmail.com"}
KEY = "v=DKIM1; k=rsa; p=MIG"


def told(records: dict[str, Sequence[str]], sender: str = "Us <us@north.example>", **sending: Any) -> dict[str, Advice]:
    found = advice(sender, Sending(**(sending or OWN)), lambda name: records.get(name, ()))
    return {each.name: each for each in found}


def test_a_bare_domain_is_told_each_line_to_add() -> None:
    found = told({})
    assert [each.well for each in found.values()] == [False] * 3
    assert found["SPF"].line == 'north.example. TXT "v=spf1 a:mail.north.example ~all"'
    assert found["DKIM"].line.startswith('mail._domainkey.north.example. TXT "v=DKIM1;')
    assert "only DKIM does" in found["DKIM"].text
    assert found["DMARC"].line == '_dmarc.north.example. TXT "v=DMARC1; p=none; rua=mailto:us@north.example"'


def test_what_is_there_is_said_and_needs_nothing() -> None:
    there = {
        "north.example": ["google-site-verification=x", "v=spf1 include:_spf.google.com -all"],
        "google._domainkey.north.example": [KEY],
        "_dmarc.north.example": ["v=DMARC1; p=reject"],
    }
    found = told(there, "us@shop.north.example", **GOOGLE)
    assert found["SPF"].line == 'shop.north.example. TXT "v=spf1 include:_spf.google.com ~all"'
    assert found["DMARC"].well and "p=reject" in found["DMARC"].text  # said by the domain above
    assert all(each.well and not each.line for each in told(there, **GOOGLE).values())
    assert "See that it names mail.north.example" in told(there)["SPF"].text


@pytest.mark.parametrize(
    ("records", "line"),
    [
        (["v=spf1 mx ~all", "v=spf1 include:x.example -all"], "v=spf1 mx include:x.example ~all"),
        (["v=spf1 mx +all"], "v=spf1 mx ~all"),
        (["v=spf1 mx -all"], "v=spf1 include:_spf.google.com mx -all"),
    ],
)
def test_what_is_wrong_is_replaced(records: list[str], line: str) -> None:
    found = told({"north.example": records}, **GOOGLE)["SPF"]
    assert (found.well, found.line) == (False, f'north.example. TXT "{line}"')


def test_broken_policies_and_keys_are_said() -> None:
    there = {"_dmarc.north.example": ["v=DMARC1"], "default._domainkey.north.example": ["v=DKIM1; p="]}
    found = told(there)
    assert "cannot be read" in found["DMARC"].text and "withdrawn" in found["DKIM"].text
    watching = told({"_dmarc.north.example": ["v=DMARC1;p=none"]})["DMARC"]
    assert watching.well and "only watches" in watching.text


def test_providers_have_their_own_words() -> None:
    for provider in ("brevo", "mailersend", "mailgun", "postmark", "resend"):
        found = told({}, provider=provider)
        service = sender_domain.SERVICES[provider]
        assert service.shown in found["DKIM"].text and found["DKIM"].line == ""
        assert found["SPF"].well != bool(service.spf) and service.spf in found["SPF"].line
        if service.selectors:
            there = {f"{service.selectors[0]}._domainkey.north.example": [KEY]}
            assert told(there, provider=provider)["DKIM"].well


def test_domains_that_cannot_be_asked_are_not() -> None:
    no_domain = "no domain of the Internet"
    for sender, words in (("fairlead@localhost", no_domain), ("we@gmail.com", "is not yours"), ("", no_domain)):
        (found,) = advice(sender, Sending(**OWN))
        assert not found.well and words in found.text


def test_without_the_internet_it_says_so_and_nothing_fails() -> None:
    (found,) = advice("us@north.example", Sending(**OWN))
    assert found.well and "No name server answered" in found.text


def test_name_servers_are_asked_within_a_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def resolve(self: Any, name: str, kind: str, *, lifetime: float, search: bool) -> Any:
        asked.append(lifetime)
        if name == "gone.example":
            raise dns.resolver.NXDOMAIN
        if name == "slow.example":
            raise dns.exception.Timeout
        return [type("Text", (), {"strings": (b"v=spf1 ", b"-all")})()]

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", resolve)
    questions = sender_domain.Questions()
    texts = questions.texts
    assert (texts("north.example"), texts("gone.example")) == (["v=spf1 -all"], [])
    with pytest.raises(NotAnswered):
        texts("slow.example")
    questions.until = 0
    with pytest.raises(NotAnswered):
        texts("north.example")
    assert len(asked) == 3 and max(asked) <= sender_domain.PATIENCE
