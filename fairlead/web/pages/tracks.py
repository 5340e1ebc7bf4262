"""Tracks: their list, the page on which one is defined, applying one to a record, bringing a running one up to date."""

from typing import Any, cast

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Conflict, Invalid, NotAllowed, Refused
from fairlead.models import Form as InquiryForm
from fairlead.models import MailTemplate, RunningTrack, Source, Stage, Tag, Task, Track, TrackStep, TrackTrigger
from fairlead.models.track_changes import changes_between
from fairlead.models.track_plan import Asked, Known, Whose, example
from fairlead.verbs import track_definitions as definitions
from fairlead.verbs.track_updates import update_steps
from fairlead.verbs.tracks import apply_track
from fairlead.web.addresses import url_of
from fairlead.web.answer import declined, partial
from fairlead.web.applying import Applying, colleagues, offered
from fairlead.web.page import Request, done, page, record_or_404, render
from fairlead.web.track_form import lines_in, lines_of, rearranged, steps_in
from fairlead.web.track_words import changed, noted, paced

HOME = "/tracks"
NOUNS = ("lead", "opportunity", "person", "company")
WORDS = {"lead": _("Leads"), "opportunity": _("Opportunities"), "person": _("People"), "company": _("Companies")}


@page("organisation.see")
def index(request: Request) -> HttpResponse:
    """Every track as a line of rings, with where it runs."""
    return _index(request)


@page("organisation.edit", "GET", "POST")
def new(request: Request) -> HttpResponse:
    """A track by its name; its steps come on its own page."""
    name = request.POST.get("name", "")
    if request.method == "GET":
        return _index(request)
    try:
        made = definitions.create_track(request.by, name=name)
    except Invalid as refusal:
        return _index(request, name, refusal.text)
    return done(request, f"{HOME}/{made.public_id}", _("%(name)s added.") % {"name": made})


def _index(request: Request, name: str = "", wrong: str = "") -> HttpResponse:
    tracks = list(Track.objects.prefetch_related("versions__steps").order_by("name", "pk"))
    context = {
        "live": [(each, _newest_steps(each), _standing(each)) for each in tracks if not each.archived_at],
        "archived": [each for each in tracks if each.archived_at],
        "words": WORDS,
        "wrong": wrong,
        "name": name,
        "may_edit": access.can_any(request.by, "edit", "organisation"),
    }
    return render(request, "tracks/index.html", context, status=422 if wrong else 200)


@page("organisation.see", "GET", "POST")
def one(request: Request, public_id: str) -> HttpResponse:
    """A track as a line of rings that is edited in one form. Buttons among the lines change nothing that is kept."""
    track = cast(Track, record_or_404(request, "track", public_id))
    if request.method == "GET":
        return _show(request, track, _kept(track))
    if not access.can(request.by, "edit", track):
        raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."))
    given = _given(request)
    deed = request.POST.get("do", "save")
    if deed != "save":
        return _show(request, track, given | {"lines": rearranged(given["lines"], deed)})
    try:
        facts = {name: given[name] for name in ("name", "about", "applies_to", "counts_from", "tags")}
        steps: Any = steps_in(given["lines"])
        definitions.edit_track(request.by, track, version=given["version"], steps=steps, **facts)
    except Conflict as clash:
        return _show(request, track, given | {"version": track.version, "wrong": clash.text}, status=409)
    except (Invalid, Refused) as refusal:
        return _show(request, track, given | {"wrong": refusal.text}, status=422)
    return done(request, f"{HOME}/{track.public_id}", _("%(name)s saved.") % {"name": track})


@page("organisation.see", "POST")
def shown(request: Request, public_id: str) -> HttpResponse:
    """The live example: what is typed, as real days from today on."""
    track = cast(Track, record_or_404(request, "track", public_id))
    return render(request, "tracks/_example.html", {"track": track} | _example(request, track, _given(request)))


@page("organisation.edit", "POST")
def deed(request: Request, public_id: str, name: str) -> HttpResponse:
    """Copied, put away or brought back; what starts it by itself added or removed."""
    track = cast(Track, record_or_404(request, "track", public_id))
    at = f"{HOME}/{track.public_id}"
    try:
        if name == "copy":
            made = definitions.copy_track(request.by, track)
            return done(request, f"{HOME}/{made.public_id}", _("%(name)s added.") % {"name": made})
        if name == "trigger":
            noun, _colon, public = request.POST.get("by", "").partition(":")
            by: Any = {noun: record_or_404(request, noun, public)} if noun in {"source", "stage", "form"} else {}
            by |= {"quote_sent": True} if noun == "quote" else {}
            definitions.add_track_trigger(request.by, track, **by)
            return done(request, at, _("It starts %(name)s from now on.") % {"name": track})
        if name == "untrigger":
            trigger = cast(TrackTrigger, record_or_404(request, "track_trigger", request.GET.get("trigger", "")))
            definitions.remove_track_trigger(request.by, trigger)
            return done(request, at, _("It starts %(name)s no more.") % {"name": track})
        verb: Any = definitions.archive_track if name == "archive" else definitions.unarchive_track
        verb(request.by, track)
    except Refused as refusal:
        return declined(request, at, refusal)
    return done(request, at, _("%(name)s archived.") % {"name": track} if name == "archive" else _("It is back."))


@page("member", "GET", "POST")
def apply(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """Apply a track to a record: nothing happens before every day and assignee was shown."""
    found, record = cast(Request, request), record_or_404(request, noun, address)
    if not access.can(found.by, "edit", record):
        raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."))
    tracks = offered(noun)
    if wanted := request.GET.get("track", ""):  # one that was archived meanwhile is said to be, and no other is applied
        chosen = Track.objects.filter(public_id=wanted).first()
    else:
        chosen = tracks[0] if len(tracks) == 1 else None
    applying = Applying(found, record, chosen, request.POST.dict()) if chosen else None
    if request.method == "POST" and applying and not ("look" in request.POST or "look" in request.GET):
        try:
            apply_track(found.by, record, **applying.arguments())  # type: ignore[arg-type]
            return done(request, url_of(record), _("%(track)s applied.") % {"track": applying.track})
        except Invalid as refusal:
            applying.errors |= {name: " ".join(texts) for name, texts in refusal.errors.items()}
        except Refused as refusal:
            applying.errors["track"] = refusal.text
    context = {
        "record": record,
        "home": url_of(record),
        "at": f"/{record.plural()}/{record.public_id}/track",
        "tracks": tracks,
        "applying": applying,
        "colleagues": colleagues() if applying else [],
        "paced": paced,
        "noted": lambda planned: noted(planned, found.reader),
    }
    planned = applying.planned if applying else []
    template = "tracks/_plan.html" if partial(request) and applying else "tracks/apply.html"
    status = 422 if applying and applying.errors and not planned else 200
    return render(request, template, context, status=status)


@page("organisation.see")
def options(request: Request) -> HttpResponse:
    """What the bulk bar of a list offers, once somebody looks."""
    found = [track for track in offered(request.GET.get("for", "")) if track.counts_from == Track.Counts.START]
    return render(request, "tracks/_options.html", {"tracks": found})


@page("member", "GET", "POST")
def update(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the newest version would change on a running track, and then: update the remaining steps."""
    found = cast(Request, request)
    running = cast(RunningTrack, record_or_404(request, "running_track", public_id))
    if not access.can(found.by, "edit", running):
        raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."))
    home = url_of(running.about)
    if request.method == "POST":
        try:
            update_steps(found.by, running)
        except Refused as refusal:
            return declined(request, home, refusal)
        return done(request, home, _("%(track)s is up to date.") % {"track": running})
    newest = running.track.newest
    steps = changes_between(list(running.version_of.steps.all()), list(newest.steps.all()))
    over = set(
        # of a record its reader may see
        # nosemgrep
        Task.objects.filter(running_track=running, state__in=["done", "skipped"]).values_list("step__key", flat=True)
    )
    lines = [(each, changed(each, newest.back), each.step.key in over) for each in steps]
    context = {"running": running, "newest": newest, "lines": lines, "home": home, "about": running.about}
    return render(request, "tracks/update.html", context)


def _kept(track: Track) -> dict[str, Any]:
    return {
        "name": track.name,
        "about": track.about,
        "applies_to": track.applies_to,
        "counts_from": track.counts_from,
        "tags": [each.name for each in track.tags.all()],
        "lines": lines_of(track),
        "version": track.version,
        "wrong": "",
    }


def _given(request: Request) -> dict[str, Any]:
    post = request.POST
    version = post.get("version", "")
    return {
        "name": post.get("name", ""),
        "about": post.get("about", "")[:300],
        "applies_to": [each for each in post.getlist("applies_to") if each in NOUNS],
        "counts_from": "end" if post.get("counts_from") == "end" else "start",
        "tags": [each.strip() for each in post.get("tags", "").split(",") if each.strip()],
        "lines": lines_in(post),
        "version": int(version) if version.isdecimal() and len(version) < 9 else None,
        "wrong": "",
    }


def _show(request: Request, track: Track, given: dict[str, Any], *, status: int = 200) -> HttpResponse:
    newest = track.newest
    running = RunningTrack.objects.filter(version_of__track=track, state__in=["running", "paused"])
    context = {
        "track": track,
        "given": given,
        "nouns": [(noun, WORDS[noun]) for noun in NOUNS],
        "choices": _choices(track),
        "colleagues": colleagues(),
        "may_edit": access.can(request.by, "edit", track),
        "number": newest.number,
        "running": running.count(),
        "older": running.exclude(version_of=newest).count(),
        "used": RunningTrack.objects.filter(version_of=newest).exists(),
        "triggers": list(track.triggers.live().select_related("source", "stage__pipeline", "form")),
        "sources": Source.objects.live().order_by("name"),
        "stages": Stage.objects.live().filter(pipeline__archived_at=None).select_related("pipeline"),
        "forms": InquiryForm.objects.live().order_by("name"),
        "tags": Tag.objects.live(),
        **_example(request, track, given),
    }
    template = "tracks/_rearranged.html" if partial(request) else "tracks/track.html"
    return render(request, template, context, status=status)


def _example(request: Request, track: Track, given: dict[str, Any]) -> dict[str, Any]:
    """The lines as they would be if it started, or ended, today; what cannot be read is said instead."""
    try:
        facts: Any = steps_in([each for each in given["lines"] if each["text"].strip()])
        version = track.newest
        version.track = Track(counts_from=given["counts_from"], public_id=track.public_id, name=track.name)
        steps = definitions.steps_of(track, version, facts)
        version_of = version
        today = request.reader.today
        asked = Asked(today, today if given["counts_from"] == "start" else today.min)
        planned = example(version_of, steps, Whose(request.user), asked, Known())
    except Refused as refusal:
        return {"planned": [], "unread": refusal.text, "back": given["counts_from"] == "end"}
    return {"planned": planned, "unread": "", "back": given["counts_from"] == "end"}


def _choices(track: Track) -> dict[str, list[tuple[str, str]]]:
    return {
        "template": [("", _("None")), *_templates(track)],
        "kind": [(each.value, str(each.label)) for each in Task.Kind],
        "unit": [(each.value, str(each.label)) for each in TrackStep.Unit],
        "rule": [(each.value, str(each.label)) for each in TrackStep.Rule],
    }


def _templates(track: Track) -> list[tuple[str, str]]:
    """Those in use, and those that the track names although they are archived."""
    named = set(track.newest.steps.exclude(template=None).values_list("template", flat=True))
    # named by the track's own steps
    # nosemgrep
    found = MailTemplate.objects.order_by("name")
    gone = _("%(name)s (archived)")
    shown = [each for each in found if each.archived_at is None or each.pk in named]
    return [(each.public_id, gone % {"name": each} if each.archived_at else each.name) for each in shown]


def _newest_steps(track: Any) -> list[Any]:
    newest = max(track.versions.all(), key=lambda each: each.number)
    return list(newest.steps.all())


def _standing(track: Any) -> dict[str, int]:
    """How many it runs on, and of those that are over, how many came to their end."""
    counts = dict(
        RunningTrack.objects.filter(version_of__track=track).order_by().values_list("state").annotate(count=Count("pk"))
    )
    return {"running": counts.get("running", 0) + counts.get("paused", 0), "done": counts.get("done", 0)} | {
        "over": counts.get("done", 0) + counts.get("ended", 0)
    }
