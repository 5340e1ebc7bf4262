"""Runs: what goes on in the background, how far it is, and what came of it."""

import hashlib
from typing import Any, cast

from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core.outbox import carry_out, claim
from fairlead.core.schema import find
from fairlead.exchange.export import file_for
from fairlead.models import Run
from fairlead.programs.runs import LEASE
from fairlead.verbs.runs import cancel_run, key_of
from fairlead.web.formats import count
from fairlead.web.page import Request, done, page, render
from fairlead.web.pages.files import SANDBOX

SHOWN = 100
# Says that this browser's user has started something: without it no page asks whether anything runs.
COOKIE = "runs"
OPEN = (Run.State.WAITING, Run.State.RUNNING)


@page("member")
def index(request: Request) -> HttpResponse:
    """The newest of one's own; administrators see everybody's beneath."""
    seen = Run.objects.visible_to(request.by).select_related("by_user").order_by("-pk")
    mine = seen.filter(by_user_id=request.by.user_id)[:SHOWN]
    others = seen.exclude(by_user_id=request.by.user_id)[:SHOWN]
    return render(request, "runs/runs.html", {"mine": mine, "others": others})


@page("member")
def show(request: Request, public_id: str) -> HttpResponse:
    """One run; while it goes on, its progress asks again by itself."""
    return render(request, "runs/run.html", _facts(request, _run(request, public_id)))


@page("member")
def progress(request: Request, public_id: str) -> HttpResponse:
    return render(request, "runs/_progress.html", _facts(request, _run(request, public_id)))


@page("member")
def running(request: Request) -> HttpResponse:
    """The sign in the sidebar: how many of one's own go on; nothing when none does."""
    number = Run.objects.visible_to(request.by).filter(by_user_id=request.by.user_id, state__in=OPEN).count()
    text = ngettext("1 run running", "%(n)s runs running", number) % {"n": count(number, request.reader)}
    answer = render(request, "runs/_running.html", {"number": number, "text": text})
    if not number:
        answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


@page("member", "POST")
def cancel(request: Request, public_id: str) -> HttpResponse:
    run = _run(request, public_id)
    cancel_run(request.by, run)
    return done(request, f"/runs/{run.public_id}", _("Cancelled. Nothing of it is kept.") if run.cancel_asked else "")


@page("member")
def file(request: Request, public_id: str) -> HttpResponse:
    """Hand out the file, to who asked for it and may still export such a list."""
    return handed_out(request, _run(request, public_id))


def handed_out(request: Request, run: Run) -> HttpResponse:
    path, kind = file_for(run, request.by)
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=run.file_name, content_type=kind)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, answer)


def begun(request: Request, run: Run, *, now: bool) -> Run:
    """What was just asked for: short work is carried out at once, unless a worker has it already."""
    if now:
        for row in claim(f"web:{run.public_id}", most=1, lease=LEASE, key=key_of(run)):
            carry_out(row, LEASE)
        run.refresh_from_db()
    return run


def remembered(answer: HttpResponse) -> HttpResponse:
    """From now on pages show what runs, until nothing does."""
    answer.set_cookie(COOKIE, "1", max_age=24 * 3600, httponly=True, samesite="Lax")
    return answer


def once_of(*parts: Any) -> str:
    """The same for the same request sent twice."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def _run(request: Request, public_id: str) -> Run:
    return cast(Run, find("run", public_id, request.by))


def _facts(request: Request, run: Run) -> dict[str, Any]:
    return {
        "run": run,
        "mine": run.by_user_id == request.by.user_id,
        "percent": min(100, run.done * 100 // run.total) if run.total and run.done else 0,
        "rate": count(round(run.rate), request.reader) if run.rate else "",
    }
