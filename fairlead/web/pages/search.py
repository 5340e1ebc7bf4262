"""Search: a page of its own, and the palette's answers while typing."""

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record, nouns
from fairlead.models import normal
from fairlead.models.search import SEARCHED, alike, search
from fairlead.web import rows
from fairlead.web.addresses import url_of
from fairlead.web.listings import LISTINGS
from fairlead.web.page import Request, page, render
from fairlead.web.planning import Phrase, unaddressed

LONGEST = 200
ICONS = {"person": "people", "company": "company", "lead": "leads", "opportunity": "pipeline"}
# What a first letter narrows the search to. Actions are the palette's own; quotes are not there yet.
PREFIXES: dict[str, tuple[str, ...]] = {"@": ("person",), "#": (), ">": ()}
# What other systems call these; typed, they lead to ours.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "opportunity": ("deal", "deals"),
    "person": ("contact", "contacts", "party", "parties"),
    "company": ("account", "accounts", "organisation", "organisations", "organization", "organizations"),
}
ADDING = {"new", "add", "create"}


@page("member")
def index(request: Request) -> HttpResponse:
    """Everything that holds the words, by noun."""
    text, kinds = _asked(request)
    found = _entries(search(request.by, text, kinds=kinds, most=20), request.by)
    groups = [{"listing": LISTINGS[noun], "found": list(each)} for noun, each in groupby(found, lambda it: it["noun"])]
    adds = [LISTINGS[noun] for noun in SEARCHED if access.can_any(request.by, "create", noun)]
    places, phrase = _places(text, request.by), Phrase(text, request.reader)
    plans = phrase.offers(request.by) if kinds == SEARCHED else []
    meant = [] if found or places or plans else _entries(alike(request.by, text, kinds=kinds), request.by)
    context = {"q": request.GET.get("q", "")[:LONGEST], "text": text, "groups": groups, "adds": adds}
    context |= {"places": places, "meant": meant, "plans": plans, "unaddressed": _unaddressed(phrase, plans)}
    return render(request, "search/search.html", context)


@page("member")
def quick(request: Request) -> HttpResponse:
    """The first few, as options of the palette; `here` is the record that is looked at."""
    text, kinds = _asked(request)
    found = _entries(search(request.by, text, kinds=kinds, most=5), request.by)
    places, phrase = _places(text, request.by) if kinds else [], Phrase(text, request.reader)
    plans = phrase.offers(request.by, request.GET.get("here", "")[:LONGEST]) if kinds == SEARCHED else []
    dated = phrase.step is not None
    meant = [] if found or places or dated else _entries(alike(request.by, text, kinds=kinds), request.by)
    context = {"places": places, "found": found, "meant": meant, "plans": plans}
    return render(request, "search/_quick.html", context | {"unaddressed": _unaddressed(phrase, plans)})


def _unaddressed(phrase: Phrase, plans: list[dict[str, Any]]) -> str:
    return unaddressed(phrase) if phrase.step and not plans else ""


def _asked(request: Request) -> tuple[str, tuple[str, ...]]:
    text = request.GET.get("q", "")[:LONGEST].strip()
    if text[:1] in PREFIXES:
        return text[1:].strip(), PREFIXES[text[0]]
    return text, SEARCHED


def _places(text: str, by: Actor) -> list[dict[str, Any]]:
    """Where the words of other systems lead: “deals” to the opportunities, “new deal” to the form of one."""
    first, _space, rest = normal.words(text).partition(" ")
    adding = first in ADDING and rest != ""
    word, action = (rest, "create") if adding else (normal.words(text), "see")
    if len(word) < 3:
        return []
    called = {noun: next((each for each in words if each.startswith(word)), "") for noun, words in ELSEWHERE.items()}
    return [_place(noun, each, adding) for noun, each in called.items() if each and access.can_any(by, action, noun)]


def _place(noun: str, called: str, adding: bool) -> dict[str, Any]:
    listing = LISTINGS[noun]
    return {
        "icon": ICONS[noun],
        "label": _("New %(noun)s") % {"noun": listing.one} if adding else listing.title,
        "url": f"{listing.url}/new" if adding else listing.url,
        "note": _("“%(word)s” in other systems") % {"word": called},
    }


def _entries(found: list[Record], by: Actor) -> list[dict[str, Any]]:
    """The records as lines: what they are called, where they are, and a note that tells them apart."""
    linked = [each for each in found if each.noun() in {"person", "opportunity"}]
    companies = rows.reached(by, "see", [getattr(each, "company", None) for each in linked])
    return [
        {
            "noun": each.noun(),
            "kind": nouns()[each.noun()]._meta.verbose_name,
            "icon": ICONS[each.noun()],
            "label": each.label,
            "url": url_of(each),
            "note": _note(each, companies),
        }
        for each in found
    ]


def _note(record: Any, companies: frozenset[int]) -> str:
    if record.noun() == "company":
        return str(record.website)
    if record.noun() == "lead":
        return " · ".join(part for part in (record.company_name, record.email or record.phone) if part)
    company = record.company.name if record.company_id in companies else ""
    job = record.title if record.noun() == "person" else ""
    return " · ".join(part for part in (job, company) if part)
