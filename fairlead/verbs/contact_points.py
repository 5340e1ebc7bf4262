"""Keeping the mail addresses, phone numbers and postal addresses of a person or a company."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.changes import change, create, remove
from fairlead.core.errors import Invalid
from fairlead.models import Company, MailAddress, Organisation, Person, PhoneNumber, PostalAddress, normal


class PostalFacts(TypedDict, total=False):
    street: str
    city: str
    region: str
    postal_code: str
    country: str


class ContactFacts(TypedDict, total=False):
    """How to reach a person or a company; part of the facts of both."""

    mails: list[str]
    phones: list[str]
    address: PostalFacts


def columns(facts: Any) -> dict[str, Any]:
    """The facts that are columns of the record itself."""
    return {name: value for name, value in facts.items() if name not in ContactFacts.__annotations__}


def keep_reach(of: Person | Company, facts: Any) -> None:
    """Keep those of the contact facts that are given."""
    if "mails" in facts:
        keep_mails(of, facts["mails"])
    if "phones" in facts:
        keep_phones(of, facts["phones"])
    if "address" in facts:
        keep_address(of, facts["address"])


def keep_mails(of: Person | Company, addresses: Sequence[str]) -> None:
    """Make these the record's mail addresses, in this order; one that is no address is refused."""
    wanted = {normal.mail(each): each.strip() for each in addresses if each.strip()}
    if "" in wanted:
        raise Invalid({"mails": [_("%(text)s is not an e-mail address.") % {"text": wanted[""]}]})
    held = {each.normal: each for each in MailAddress.objects.filter(**{of.noun(): of})}
    _sync(of, MailAddress, held, {key: {"address": text, "normal": key} for key, text in wanted.items()})


def keep_phones(of: Person | Company, numbers: Sequence[str]) -> None:
    """Make these the record's phone numbers, in this order; what cannot be read as a number is kept as typed."""
    region = Organisation.ours().country
    wanted: dict[str, dict[str, Any]] = {}
    for typed in (each.strip() for each in numbers if each.strip()):
        e164 = normal.phone(typed, region)
        wanted[e164 or typed] = {"typed": typed, "e164": e164}
    held = {each.e164 or each.typed: each for each in PhoneNumber.objects.filter(**{of.noun(): of})}
    _sync(of, PhoneNumber, held, wanted)


def keep_address(of: Person | Company, facts: PostalFacts) -> None:
    """Make this the record's first postal address; all blank takes it away."""
    held = PostalAddress.objects.filter(**{of.noun(): of}).first()
    if not any(facts.values()) and held:
        remove(held)
    elif held:
        change(held, **facts)
    elif any(facts.values()):
        create(PostalAddress, **{of.noun(): of}, **facts)


def _sync(of: Person | Company, model: Any, held: dict[str, Any], wanted: dict[str, dict[str, Any]]) -> None:
    for key, row in held.items():
        if key not in wanted:
            remove(row)
    for position, (key, facts) in enumerate(wanted.items()):
        if key in held:
            change(held[key], position=position, **facts)
        else:
            create(model, **{of.noun(): of}, position=position, **facts)
