"""Who can see a record, and through what; and what somebody sees."""

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse

from fairlead.core.explain import MOST, through
from fairlead.core.record import Record
from fairlead.models import User
from fairlead.models.user import actors
from fairlead.web import rights
from fairlead.web.addresses import url_of
from fairlead.web.page import Request, page, record_or_404, render
from fairlead.web.pages.settings import show


@dataclass(frozen=True)
class Reason:
    """One person, and through what they see, edit and delete a record, in words; empty: they may not."""

    user: User
    see: str
    edit: str
    delete: str


@page("member")
def record(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """Who can see this record, and through what."""
    found = record_or_404(request, noun, address)
    people = list(User.objects.active().select_related("role").order_by("name"))
    reasons = [_reason(user, by, found) for user, by in zip(people, actors(people, "web"), strict=True)]
    context = {
        "record": found,
        "url": url_of(found),
        "reasons": [each for each in reasons if each.see],
        "others": [each.user for each in reasons if not each.see],
    }
    return render(request, "records/access.html", context)


@page("organisation.edit")
def person(request: Request, public_id: str) -> HttpResponse:
    """What somebody may, by noun and action, and on how many records."""
    who = cast(User, record_or_404(request, "user", public_id))
    context: dict[str, Any] = {
        "who": who,
        "lines": rights.rights_by_noun(who.actor("web")),
        "actions": rights.ACTION_CHOICES,
        "levels": rights.LEVEL_WORDS,
        "most": MOST,
    }
    return show(request, "settings/person_access.html", context)


def _reason(user: User, by: Any, found: Record) -> Reason:
    ways = {action: through(by, action, found) for action in ("see", "edit", "delete")}
    return Reason(
        user, **{each: ", ".join(rights.way_in_words(way, user.role.name) for way in ways[each]) for each in ways}
    )
