"""Addresses under which calendars elsewhere read ours: made by whom they belong to, and revoked."""

import secrets
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.resource import Secret
from fairlead.core.verb import verb
from fairlead.models import Feed, Team
from fairlead.models.token import fingerprint

MOST = 20


@dataclass
class NewFeed:
    """A feed with its address, which is shown this once."""

    feed: Feed
    address: Secret


@verb("{by} opened the calendar address {name}", may="member", undo_within=None, opposite="revoke_feed", secret=True)
def create_feed(
    by: Actor, *, name: str = "", team: Team | None = None, tasks: Literal["events", "todos", "none"] = "events"
) -> NewFeed:
    """Open an address for calendars elsewhere, of your meetings and tasks, or of those of a team that you are in."""
    if by.user_id is None:
        raise NotAllowed(_("A calendar address belongs to a user. Open it as one."))
    if team is not None and team.pk not in by.team_ids:
        raise Invalid({"team": [_("You are not in this team.")]})
    if Feed.objects.filter(user_id=by.user_id, revoked_at=None).count() >= MOST:
        raise Invalid({"name": [_("You have %(most)s addresses. Revoke one first.") % {"most": MOST}]})
    secret = secrets.token_urlsafe(32)
    known = {"starts_with": secret[:6], "hashed": fingerprint(secret)}
    feed = create(
        Feed, user_id=by.user_id, team=team, name=_name(name) or (str(team) if team else by.label), tasks=tasks, **known
    )
    return NewFeed(feed, Secret(f"{settings.BASE_URL}/calendar/feed/{secret}.ics"))


@verb("{by} revoked the calendar address {feed}", may="edit", undo_within=None)
def revoke_feed(by: Actor, feed: Feed) -> Feed:
    """Close a calendar address at once; calendars that read it get nothing more."""
    if feed.revoked_at is None:
        change(feed, revoked_at=clock.now())
    return feed


def _name(text: str) -> str:
    return " ".join(text.split())[:80]
