"""Letting people in, in one step or two: who has a second factor, or needs one, shows it before anything else."""

from dataclasses import dataclass

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.crypto import constant_time_compare

from fairlead.core import clock
from fairlead.models import User
from fairlead.models.second_factor import has_second_factor
from fairlead.web.kept import unsealed
from fairlead.web.page import render
from fairlead.web.sessions import let_in, remember_look

WAITS = 600  # seconds from the password to the second factor
LATELY = 900  # seconds after signing in, in which how one signs in can be changed


def admit(request: HttpRequest, user: User, to: str = "/", *, strong: bool = False, kept: str = "") -> HttpResponse:
    """Sign a user in, or ask for the second factor first. Every way of signing in ends here.

    `strong`: this way has shown a second factor already. `kept`: a form, sealed, whose session had ended.
    """
    if not strong and has_second_factor(user):
        return _ask(request, user, to, kept)
    let_in(request, user)
    request.session["strong"] = strong
    request.session.pop("asked", None)
    form = unsealed(kept)
    answer = render(request, "sign_in/kept.html", {"kept": form}) if form else HttpResponseRedirect(to, status=303)
    remember_look(answer, user)
    return answer


@dataclass(frozen=True)
class Asked:
    """Somebody between the first factor and the second: where they are going, and the form they carry along."""

    user: User
    to: str
    kept: str


def waiting(request: HttpRequest) -> Asked | None:
    """Who has shown the first factor on this browser and where they are going, for ten minutes."""
    asked = request.session.get("asked", {})
    user: User | None = User.objects.active().select_related("role").filter(pk=asked.get("user")).first()
    if user is None or clock.now().timestamp() - asked["at"] > WAITS:
        return None
    # A password that was changed meanwhile ends this too.
    same = constant_time_compare(asked["hash"], user.get_session_auth_hash())
    return Asked(user, asked["to"], asked["kept"]) if same else None


def signed_in_lately(request: HttpRequest) -> bool:
    """So lately that whoever sits here is the user, not somebody at an open screen."""
    proved_at = request.session.get("proved_at", request.session.get("started", 0))
    return clock.now().timestamp() - float(proved_at) < LATELY


def _ask(request: HttpRequest, user: User, to: str, kept: str) -> HttpResponse:
    logout(request)
    asked = {
        "user": user.pk,
        "to": to,
        "kept": kept if unsealed(kept) else "",
        "at": clock.now().timestamp(),
        "hash": user.get_session_auth_hash(),
    }
    request.session["asked"] = asked
    return HttpResponseRedirect("/sign-in/second", status=303)
