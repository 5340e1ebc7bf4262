"""A lead beside a record that is there already: what fills its blanks, what is added, and where both say something."""

from dataclasses import dataclass, field
from typing import Any

from fairlead.models import Company, Lead, Opportunity, Organisation, Person, normal

POSTAL = ("street", "city", "region", "postal_code", "country")


@dataclass
class Union:
    """`fills` are values for blank fields, `adds` further mails, phones and the first address; `conflicts` is
    {field: (the record's value, the lead's)}."""

    fills: dict[str, Any] = field(default_factory=dict)
    adds: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def text(self, name: str, theirs: str, ours: str, same: Any = None) -> None:
        plain = same or (lambda value: normal.words(value))
        if ours and not theirs:
            self.fills[name] = ours
        elif ours and plain(ours) != plain(theirs):
            self.conflicts[name] = (theirs, ours)

    def link(self, name: str, theirs: Any, ours: Any) -> None:
        if ours is not None and theirs is None:
            self.fills[name] = ours
        elif ours is not None and ours.pk != theirs.pk:
            self.conflicts[name] = (theirs, ours)


def beside_company(lead: Lead, company: Company, *, alone: bool) -> Union:
    """`alone`: nobody else takes the lead's mail address and phone number."""
    found = Union()
    found.text("name", company.name, lead.company_name)
    found.text("website", company.website, website(lead), normal.domain)
    _address(found, lead, company)
    if alone:
        _reach(found, lead, company)
    return found


def beside_person(lead: Lead, person: Person, company: Company | None, *, alone: bool) -> Union:
    """`company` is the one chosen with the person; `alone`: no company takes the lead's address."""
    found = Union()
    found.text("name", person.name, lead.name)
    found.text("title", person.title, lead.title)
    found.link("company", person.company, company)
    if alone:
        _address(found, lead, person)
    _reach(found, lead, person)
    return found


def beside_opportunity(opportunity: Opportunity, company: Company | None, person: Person | None) -> Union:
    """A person beside the one it has is no conflict: both have a part in it."""
    found = Union()
    found.link("company", opportunity.company, company)
    if opportunity.person is None:
        found.link("person", None, person)
    return found


def website(lead: Lead) -> str:
    """The lead's website, else the domain of its mail address, unless everybody can have one there."""
    domain = normal.domain(normal.mail(lead.email)) if lead.email else ""
    return lead.website or ("" if domain in normal.FREE_MAIL else domain)


def address(lead: Lead) -> dict[str, str]:
    return {name: getattr(lead, name) for name in POSTAL if getattr(lead, name)}


def reach(lead: Lead) -> dict[str, list[str]]:
    """The lead's mail address, if it is one, and its phone number."""
    mails = [lead.email] if lead.email and normal.mail(lead.email) else []
    return {"mails": mails, "phones": [_dialled(lead)] if lead.phone else []}


def _address(found: Union, lead: Lead, record: Any) -> None:
    if any(getattr(lead, name) for name in POSTAL[:4]) and not record.addresses.all():
        found.adds["address"] = address(lead)


def _reach(found: Union, lead: Lead, record: Any) -> None:
    mails, phones, ours = list(record.mails.all()), list(record.phones.all()), reach(lead)
    if ours["mails"] and normal.mail(lead.email) not in {each.normal for each in mails}:
        found.adds["mails"] = [*(each.address for each in mails), *ours["mails"]]
    if ours["phones"] and (lead.phone_e164 or lead.phone) not in {each.e164 or each.typed for each in phones}:
        found.adds["phones"] = [*(each.typed for each in phones), *ours["phones"]]


def _dialled(lead: Lead) -> str:
    """The number as it was given, or with its country where the lead's is not ours."""
    abroad = lead.country and lead.country != Organisation.ours().country
    return (lead.phone_e164 or lead.phone) if abroad else lead.phone
