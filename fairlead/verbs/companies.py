"""Adding and editing companies."""

from typing import Unpack

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.verb import verb
from fairlead.models import Company, Source
from fairlead.verbs.contact_points import ContactFacts, columns, keep_reach
from fairlead.verbs.custom_values import Custom, with_custom
from fairlead.verbs.ownership import owned_by


class CompanyFacts(ContactFacts, total=False):
    legal_name: str
    website: str
    tax_id: str
    industry: str
    employees: int | None
    parent: Company | None
    source: Source | None
    about: str
    custom: Custom


@verb("{by} added {it}", may="company.create")
def create_company(by: Actor, *, name: str, **facts: Unpack[CompanyFacts]) -> Company:
    """Add a company; a name alone is enough, and no person is needed."""
    company = create(Company, name=name, **owned_by(by), **with_custom(by, "company", columns(facts)))
    keep_reach(company, facts)
    return company


@verb("{by} edited {company}", may="edit")
def edit_company(
    by: Actor, company: Company, *, name: str | None = None, version: int | None = None, **facts: Unpack[CompanyFacts]
) -> Company:
    """Change facts of a company. With `version`, a field that somebody else changed since is a conflict."""
    values = with_custom(by, "company", columns(facts)) | ({"name": name} if name is not None else {})
    check_version(company, version, values)
    change(company, **values)
    keep_reach(company, facts)
    return company


def company_along(by: Actor, name: str) -> Company:
    """Add a company in the same act as something of it; the right to add companies is asked for all the same."""
    access.demand(by, "company.create", None)
    return create_company(by, name=name)
