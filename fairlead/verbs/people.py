"""Adding and editing people."""

from typing import Unpack

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Company, Person, Source
from fairlead.verbs.companies import company_along
from fairlead.verbs.contact_points import ContactFacts, columns, keep_reach
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.ownership import owned_by


class PersonFacts(ContactFacts, total=False):
    call_name: str
    title: str
    company: Company | None
    language: str
    zone: str
    source: Source | None
    about: str
    custom: Custom


@verb("{by} added {it}", may="person.create")
def create_person(by: Actor, *, name: str, new_company: str = "", **facts: Unpack[PersonFacts]) -> Person:
    """Add a person; a name alone is enough, and no company is needed. `new_company` is added with them."""
    if new_company:
        facts["company"] = company_along(by, new_company)
    person = create(Person, name=name, **owned_by(by), **with_custom(by, "person", columns(facts)))
    keep_reach(person, facts)
    return person


@verb("{by} edited {person}", may="edit")
def edit_person(
    by: Actor, person: Person, *, name: str | None = None, version: int | None = None, **facts: Unpack[PersonFacts]
) -> Person:
    """Change facts of a person. With `version`, a field that somebody else changed since is a conflict."""
    values = with_custom(by, "person", columns(facts)) | ({"name": name} if name is not None else {})
    check_version(person, version, values)
    change(person, **values)
    keep_reach(person, facts)
    return person


def person_along(by: Actor, name: str, company: Company | None) -> Person:
    """Add a person in the same act as something of theirs; the right to add people is asked for all the same."""
    access.demand(by, "person.create", None)
    return create_person(by, name=name, company=company)
