"""/f/<address>: a form of ours for everybody, on a page of its own or in a frame on other sites.

Nothing here writes to the database, or needs it: a form that was shown before is shown, and its answers go into the
spool. It works without cookies and without scripts.
"""

import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, UnreadablePostError

from fairlead.core import clock
from fairlead.inbox import door, pace, published
from fairlead.inbox.framed import closed, embedded, for_visitors, shown_as, thanked
from fairlead.programs.arrivals import packed
from fairlead.programs.callers import network
from fairlead.programs.forms import Published, Shown, language_for
from fairlead.reading import answers, stamps
from fairlead.reading.answers import Given, first
from fairlead.reading.body import LARGEST, Unreadable
from fairlead.reading.phrases import phrases
from fairlead.reading.signatures import KEPT, Signed
from fairlead.verbs.form_answers import DOUBT
from fairlead.verbs.letters import FOR

TOO_OFTEN = "It was sent too often from one place."


@for_visitors("GET", "POST")
def page(request: HttpRequest, address: str) -> HttpResponse:
    """GET shows the form, POST takes what was filled in."""
    found = published.find(address)
    if found.form is None:
        return closed(request, "no_form" if found.certain else "away", 404 if found.certain else 503)
    if request.method == "POST":
        return _take(request, found.form)
    language = _language(request, found.form)
    if not found.form["open"] or Shown(found.form, language).is_over(clock.now()):
        return closed(request, "over" if found.form["open"] else "closed", 410, found.form, language)
    return shown_as(
        request, Shown(found.form, language, _asked_for(request, found.form), hidden=_marks(request, found.form))
    )


@for_visitors("GET")
def thanks(request: HttpRequest, address: str) -> HttpResponse:
    """Where a visitor comes to after sending, so that loading it anew sends nothing twice."""
    found = published.find(address)
    if found.form is None:
        return closed(request, "no_form" if found.certain else "away", 404 if found.certain else 503)
    return thanked(request, Shown(found.form, _language(request, found.form)))


@for_visitors("GET")
def script(request: HttpRequest, address: str) -> HttpResponse:
    """The script that shows a form in a frame where its tag stands; the same for every form."""
    body = (settings.PACKAGE / "inbox/embed.js").read_bytes()
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=300"}
    return HttpResponse(body, content_type="text/javascript; charset=utf-8", headers=headers)


def _take(request: HttpRequest, form: Published) -> HttpResponse:
    try:
        body = request.read(LARGEST + 1)
        if len(body) > LARGEST:
            return closed(request, "away", 413, form)
        given = answers.given(body, request.headers.get("Content-Type", ""))
    except (UnreadablePostError, OSError, Unreadable):
        return closed(request, "away", 400, form)
    language = language_for(form, first(given).get(answers.LANGUAGE, ""), "")
    again = Again(request, form, language, given)
    sender = network(request.META.get("REMOTE_ADDR", ""))
    if not pace.allowed(f"f/{form['address']}", sender):
        return again.show("too_often", 429)
    doubt = "" if pace.is_human(form["address"], sender) else TOO_OFTEN
    said = stamps.verdict(form["address"], first(given), clock.now(), form["least_seconds"])
    if not doubt and said in {"good", "late"} and not first(given).get(answers.TRAP):  # a robot gets no advice
        asks = bool(form["consent"] and form["consent_required"])
        if errors := answers.objections(form["fields"], given, consent=asks):
            return again.show("", 422, errors)
        if said == "late":
            return again.show("open_long", 422)
    return _keep(request, form, language, body, given, doubt) or again.show("no_room", 503)


def _keep(
    request: HttpRequest, form: Published, language: str, body: bytes, given: Given, doubt: str
) -> HttpResponse | None:
    """To the spool, once for a copy of the form and what is in it; None when there is no room."""
    number = hashlib.sha256(first(given).get("_number", "").encode() + b"|" + body).hexdigest()[:32]
    headers = {name: request.headers[name] for name in KEPT if name in request.headers}
    headers |= {"Idempotency-Key": number} | ({DOUBT: doubt} if doubt else {})
    arrival = Signed(body, headers, f"{settings.BASE_URL}/f/{form['address']}", clock.now())
    try:
        door.SPOOL.append(packed(f"f/{form['address']}", number, request.headers.get("Content-Type", ""), arrival))
    except OSError:
        return None
    if form["redirect_to"] and not embedded(request):
        return HttpResponseRedirect(form["redirect_to"], status=303)
    query = {"lang": language} | ({"embed": "1"} if embedded(request) else {})
    return HttpResponseRedirect(f"/f/{form['address']}/thanks?{urlencode(query)}", status=303)


class Again:
    """The form once more, with everything that was typed."""

    def __init__(self, request: HttpRequest, form: Published, language: str, given: Given) -> None:
        self.request, self.form, self.language, self.given = request, form, language, given

    def show(self, notice: str, status: int, errors: Mapping[str, str] | None = None) -> HttpResponse:
        words = phrases(self.language)
        hidden = {
            name: value for name, value in first(self.given).items() if answers.is_origin(name) or name == answers.MARK
        }
        said = {name: words[phrase] for name, phrase in (errors or {}).items()}
        fresh = notice == "open_long"
        stamp = stamps.stamp(self.form["address"], clock.now()) if fresh else stamps.carried(first(self.given))
        shown = Shown(self.form, self.language, self.given, said, hidden | stamp, words[notice] if notice else "")
        return shown_as(self.request, shown, status)


def _language(request: HttpRequest, form: Published) -> str:
    return language_for(form, request.GET.get("lang", ""), request.headers.get("Accept-Language", ""))


def _asked_for(request: HttpRequest, form: Published) -> Given:
    """What the address says for hidden fields, instead of what the form has for them."""
    hidden = [each["key"] for each in form["fields"] if each["kind"] == "hidden"]
    return {key: [request.GET[key][:500]] for key in hidden if key in request.GET}


def _marks(request: HttpRequest, form: Published) -> dict[str, str]:
    """The stamp, and where the visitor comes from: marks of campaigns, and the page that led or shows it here."""
    given = ((name, str(value)[:500]) for name, value in request.GET.items())
    marks = {name: value for name, value in given if answers.is_origin(name) and value}
    came_from = request.headers.get("Referer", "")[:500]
    if came_from and urlsplit(came_from).netloc != request.get_host():
        marks.setdefault("referrer", came_from)
    whose = {answers.MARK: request.GET[FOR][:300]} if FOR in request.GET else {}
    return dict(list(marks.items())[:40]) | whose | stamps.stamp(form["address"], clock.now())
