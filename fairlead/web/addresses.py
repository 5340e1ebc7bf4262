"""Where records live: a plural noun, the public id, and a readable tail that may change."""

from django.utils.text import slugify

from fairlead.core.record import Record, nouns
from fairlead.models import View

# The nouns that have a page of their own, and those whose deeds are posted to an address.
PAGES = {"people": "person", "companies": "company", "leads": "lead", "opportunities": "opportunity"}
HANGING = {"activities": "activity", "calls": "call", "files": "file", "suppressions": "suppression", "tasks": "task"}
HANGING |= {"needs": "need", "rivals": "rival", "stakeholders": "stakeholder", "team-members": "team_member"}
HANGING |= {"notices": "notice", "meetings": "meeting", "quotes": "quote"}
HANGING |= {"registrations": "registration", "running-tracks": "running_track"}
ADDRESSED = PAGES | HANGING | {"submissions": "submission"}
# What has a page to go back to.
AT_HOME = frozenset({*PAGES.values(), "form", "meeting", "submission"})


class PageOf:
    """The noun in an address such as /people/k3f9…, as <record:noun> in urls.py."""

    nouns = PAGES
    regex = "|".join(nouns)

    def to_python(self, value: str) -> str:
        return self.nouns[value]

    def to_url(self, value: str) -> str:
        return next(plural for plural, noun in self.nouns.items() if noun == value)


class AddressOf(PageOf):
    """As PageOf, for everything that deeds are posted to: <thing:noun>."""

    nouns = ADDRESSED
    regex = "|".join(nouns)


def url_of(record: Record) -> str:
    """The record's page, such as /opportunities/k3f9mwqtzb-managed-it-45-seats."""
    tail = slugify(record.label, allow_unicode=True)[:60].strip("-")
    return f"/{record.plural()}/{record.public_id}{'-' + tail if tail else ''}"


def url_of_view(view: View) -> str:
    """The list that a saved view opens."""
    return f"/{nouns()[view.list_of].plural()}?view={view.public_id}"


def url_of_ref(ref: tuple[str, str] | None) -> str:
    """The page of what an event refers to as (noun, public id); empty for what has no page."""
    return f"/{nouns()[ref[0]].plural()}/{ref[1]}" if ref and ref[0] in AT_HOME else ""
