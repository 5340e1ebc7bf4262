"""Importing: a file is dropped, looked at, tried, brought in as a run, and taken back."""

from collections.abc import Callable
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid, NotFound, WrongState
from fairlead.core.upload import Arrival, Upload, receive
from fairlead.exchange.imports.carrying import rejected_file
from fairlead.models import Import, ImportMapping
from fairlead.verbs.import_files import (
    archive_mapping,
    create_import,
    drop_import,
    edit_import,
    mappings_for,
    save_mapping,
    start_import,
    take_back_import,
    try_import,
)
from fairlead.verbs.runs import cancel_run
from fairlead.web.importing import Plan, result_of
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.pages.files import SANDBOX
from fairlead.web.pages.runs import begun, remembered

SHOWN = 100
FEW_BYTES, FEW_ROWS = 200_000, 200  # tried, and brought in, while the reader waits
OLD = (b"PK", b"\xd0\xcf")


@page("member", "GET", "POST", takes="create_import")
def index(request: Request) -> HttpResponse:
    """Drop a file or paste rows; beneath, what was imported before."""
    error = ""
    if request.method == "POST":
        try:
            into = create_import(request.by, upload=_arrived(request))
        except (Invalid, WrongState) as refusal:
            error = refusal.text
        else:
            return done(request, f"/imports/{into.public_id}")
    seen = Import.objects.visible_to(request.by).live().select_related("by_user", "run").order_by("-pk")
    context = {
        "error": error,
        "text": request.POST.get("text", "") if error else "",
        "mine": [(each, result_of(each)) for each in seen.filter(by_user_id=request.by.user_id)[:SHOWN]],
        "others": [(each, result_of(each)) for each in seen.exclude(by_user_id=request.by.user_id)[:SHOWN]],
        "mappings": mappings_for(request.by).filter(owner_id=request.by.user_id),
    }
    return render(request, "imports/imports.html", context, status=422 if error else 200)


@page("member", "GET", "POST")
def show(request: Request, public_id: str) -> HttpResponse:
    """One import: its plan while nothing is started, then how far it is, then what came of it."""
    into = _import(request, public_id)
    plan = Plan(into, request.by, request.POST if request.method == "POST" else None, request.GET)
    if request.method == "POST":
        try:
            return _planned(request, into, plan)
        except (Invalid, WrongState) as refusal:
            plan.refused(refusal)
            plan.into = _import(request, public_id)
    return render(request, "imports/import.html", plan.context(request), status=422 if plan.errors else 200)


@page("member", "POST")
def deed(request: Request, public_id: str, name: str) -> HttpResponse:
    """What the buttons of an import do."""
    into = _import(request, public_id)
    if name not in DEEDS:
        raise NotFound(_("There is no page at this address."))
    return DEEDS[name](request, into)


@page("member")
def rejected(request: Request, public_id: str) -> HttpResponse:
    """The rejected rows as they stood in the file, with their reasons."""
    into = _import(request, public_id)
    stem = into.name.rpartition(".")[0] or into.name
    answer = FileResponse(
        rejected_file(into).open("rb"), as_attachment=True, filename=f"{stem}-rejected.csv", content_type="text/csv"
    )
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, answer)


@page("member", "POST")
def drop_mapping(request: Request, public_id: str) -> HttpResponse:
    mapping = cast(ImportMapping, record_or_404(request, "mapping", public_id))
    archive_mapping(request.by, mapping)
    return done(request, "/imports", _("%(name)s put away.") % {"name": mapping})


def _planned(request: Request, into: Import, plan: Plan) -> HttpResponse:
    """Keep the plan; then try it, or begin, unless it is not the one that was tried."""
    act, to = request.POST.get("act", "read"), f"/imports/{into.public_id}"
    wishes = plan.wishes()
    changed = bool(wishes)
    if changed:
        into = edit_import(request.by, into, **wishes)
    if act == "read":
        return done(request, to)
    if act == "start" and not changed and into.tried:
        run = begun(request, start_import(request.by, into), now=into.tried["rows"] <= FEW_ROWS)
        return remembered(done(request, to))
    run = begun(request, try_import(request.by, into), now=_is_small(into))
    answer = done(request, to)
    return answer if not run.is_open else remembered(answer)


def _start(request: Request, into: Import) -> HttpResponse:
    """Go on with one that was stopped."""
    start_import(request.by, into)
    return remembered(done(request, f"/imports/{into.public_id}"))


def _cancel(request: Request, into: Import) -> HttpResponse:
    if into.run is not None and into.is_running:
        cancel_run(request.by, into.run)
    return done(request, f"/imports/{into.public_id}")


def _take_back(request: Request, into: Import) -> HttpResponse:
    few = sum(into.counts.get(name, 0) for name in ("made", "updated")) <= FEW_ROWS
    run = begun(request, take_back_import(request.by, into), now=few)
    answer = done(request, f"/imports/{into.public_id}", "" if run.is_open else run.text)
    return remembered(answer) if run.is_open else answer


def _discard(request: Request, into: Import) -> HttpResponse:
    drop_import(request.by, into)
    return done(request, "/imports", _("%(name)s discarded.") % {"name": into.name})


def _save(request: Request, into: Import) -> HttpResponse:
    """The columns under a name."""
    shared: Any = "everyone" if request.POST.get("shared") else "nobody"
    try:
        saved = save_mapping(request.by, into, name=request.POST.get("name", "")[:80], shared=shared)
    except Invalid as refusal:
        plan = Plan(into, request.by, None, request.GET)
        plan.errors["name"] = refusal.text
        return render(request, "imports/import.html", plan.context(request), status=422)
    text = _("Saved. Files with these columns use “%(name)s” from now on.") % {"name": saved}
    return done(request, f"/imports/{into.public_id}", text)


def _use(request: Request, into: Import) -> HttpResponse:
    """Columns as they were saved under a name."""
    mapping = cast(ImportMapping, record_or_404(request, "mapping", request.POST.get("mapping", "")))
    edit_import(request.by, into, mapping=mapping)
    return done(request, f"/imports/{into.public_id}", _("Columns as in “%(name)s”.") % {"name": mapping})


DEEDS: dict[str, Callable[[Request, Import], HttpResponse]] = {
    "cancel": _cancel,
    "discard": _discard,
    "save": _save,
    "start": _start,
    "take-back": _take_back,
    "use": _use,
}


def _arrived(request: HttpRequest) -> Upload:
    """The file, or what was pasted."""
    arrival, text = request.FILES.get("upload"), request.POST.get("text", "")
    if isinstance(arrival, Arrival):
        return arrival.upload
    if not text.strip():
        raise Invalid({"upload": [_("Choose a file first, or paste rows.")]})
    return receive([text.encode("utf-8", "replace")], _("Pasted rows.csv"))


def _is_small(into: Import) -> bool:
    return (into.size <= FEW_BYTES and into.found.get("kind") != "workbook") or into.size <= FEW_BYTES // 4


def _import(request: Request, public_id: str) -> Import:
    return cast(Import, record_or_404(request, "import", public_id))
