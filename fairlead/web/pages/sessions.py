"""Where one is signed in, and ending it."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from fairlead.models import Session
from fairlead.verbs.sessions import end_other_sessions, end_session
from fairlead.web.browsers import in_words
from fairlead.web.page import Request, done, page
from fairlead.web.pages.settings import show


@page("member")
def index(request: Request) -> HttpResponse:
    return show(request, "settings/sessions.html", {"sessions": open_sessions(request.user, own_session(request))})


@page("member", "POST")
def end(request: Request, public_id: str) -> HttpResponse:
    end_session(request.by, session=public_id)
    return done(request, "/settings/sessions", _("Session ended."))


@page("member", "POST")
def end_others(request: Request) -> HttpResponse:
    end_other_sessions(request.by, keep=own_session(request))
    return done(request, "/settings/sessions", _("All other sessions ended."))


def own_session(request: Request) -> str:
    return str(request.session.get("public_id", ""))


def open_sessions(user: Any, own: str = "") -> list[dict[str, Any]]:
    """The sessions of a user that still hold, the one used last first."""
    found = Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at")
    return [
        {
            "id": session.public_id,
            "browser": in_words(session.browser),
            "address": session.address,
            "seen_at": session.seen_at,
            "own": session.public_id == own,
        }
        for session in found
    ]
