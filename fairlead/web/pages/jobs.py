"""Jobs: what goes on in the background, how far it is, and what came of it."""

import hashlib
from typing import Any, cast

from django.http import FileResponse, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import access
from fairlead.core.errors import NotAllowed, NotFound
from fairlead.core.outbox import carry_out, claim
from fairlead.core.schema import find
from fairlead.exchange.export import MEDIA_TYPES
from fairlead.models import Job
from fairlead.programs.jobs import LEASE
from fairlead.verbs.jobs import cancel_job, key_of
from fairlead.web.formats import count
from fairlead.web.page import Request, done, page, render
from fairlead.web.pages.files import SANDBOX

SHOWN = 100
# Says that this browser's user has started something: without it no page asks whether anything runs.
COOKIE = "jobs"
OPEN = (Job.State.WAITING, Job.State.RUNNING)


@page("member")
def index(request: Request) -> HttpResponse:
    """The newest of one's own; administrators see everybody's beneath."""
    seen = Job.objects.visible_to(request.by).select_related("by_user").order_by("-pk")
    mine = seen.filter(by_user_id=request.by.user_id)[:SHOWN]
    others = seen.exclude(by_user_id=request.by.user_id)[:SHOWN]
    return render(request, "jobs/jobs.html", {"mine": mine, "others": others})


@page("member")
def show(request: Request, public_id: str) -> HttpResponse:
    """One job; while it goes on, its progress asks again by itself."""
    return render(request, "jobs/job.html", _facts(request, _job(request, public_id)))


@page("member")
def progress(request: Request, public_id: str) -> HttpResponse:
    return render(request, "jobs/_progress.html", _facts(request, _job(request, public_id)))


@page("member")
def running(request: Request) -> HttpResponse:
    """The sign in the sidebar: how many of one's own go on; nothing when none does."""
    number = Job.objects.visible_to(request.by).filter(by_user_id=request.by.user_id, state__in=OPEN).count()
    text = ngettext("1 job running", "%(n)s jobs running", number) % {"n": count(number, request.reader)}
    answer = render(request, "jobs/_running.html", {"number": number, "text": text})
    if not number:
        answer.delete_cookie(COOKIE, samesite="Lax")
    return answer


@page("member", "POST")
def cancel(request: Request, public_id: str) -> HttpResponse:
    job = _job(request, public_id)
    cancel_job(request.by, job)
    return done(request, f"/jobs/{job.public_id}", _("Cancelled. Nothing of it is kept.") if job.cancel_asked else "")


@page("member")
def file(request: Request, public_id: str) -> HttpResponse:
    """Hand out the file, to who asked for it and may still export such a list."""
    return handed_out(request, _job(request, public_id))


def handed_out(request: Request, job: Job) -> HttpResponse:
    if job.by_user_id != request.by.user_id:
        raise NotFound(_("This file is private to who made it."))
    if not access.can_any(request.by, "export", job.payload.get("noun", "")):
        raise NotAllowed(_("Your role does not allow exports of this any more. Ask an administrator."))
    if not job.has_file or not job.path.exists():
        raise NotFound(_("This file is not kept any more. Export the list again."))
    kind = MEDIA_TYPES[job.file_name.rpartition(".")[2]]
    answer = FileResponse(job.path.open("rb"), as_attachment=True, filename=job.file_name, content_type=kind)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, answer)


def begun(request: Request, job: Job, *, now: bool) -> Job:
    """What was just asked for: short work is carried out at once, unless a worker has it already."""
    if now:
        for row in claim(f"web:{job.public_id}", most=1, lease=LEASE, key=key_of(job)):
            carry_out(row, LEASE)
        job.refresh_from_db()
    return job


def remembered(answer: HttpResponse) -> HttpResponse:
    """From now on pages show what runs, until nothing does."""
    answer.set_cookie(COOKIE, "1", max_age=24 * 3600, httponly=True, samesite="Lax")
    return answer


def once_of(*parts: Any) -> str:
    """The same for the same request sent twice."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def _job(request: Request, public_id: str) -> Job:
    return cast(Job, find("job", public_id, request.by))


def _facts(request: Request, job: Job) -> dict[str, Any]:
    return {
        "job": job,
        "mine": job.by_user_id == request.by.user_id,
        "percent": min(100, job.done * 100 // job.total) if job.total and job.done else 0,
        "rate": count(round(job.rate), request.reader) if job.rate else "",
    }
