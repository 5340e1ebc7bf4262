"""The operations: records as resources, verbs as POST on them."""

import re
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.api.body import body
from fairlead.api.door import answer, not_here, operation
from fairlead.api.routes import creator, editor, noun_at, verb_at, verb_named
from fairlead.core.actor import Actor
from fairlead.core.errors import BadRequest, Conflict, Invalid, NotFound
from fairlead.core.record import Record
from fairlead.core.resource import resource
from fairlead.core.schema import arguments, find, perform, subject_name, subjects
from fairlead.core.verb import Verb
from fairlead.exchange.export import file_for
from fairlead.models import Run
from fairlead.programs import listing
from fairlead.programs.audit import audit
from fairlead.programs.past import record_as_of
from fairlead.programs.then import list_as_of
from fairlead.programs.timeline import timeline_of

KEY = re.compile(r"[\x21-\x7e]{1,200}")


@operation("GET", "POST")
def collection(request: HttpRequest, by: Actor, plural: str) -> HttpResponse:
    """GET lists the records of a noun, POST adds one."""
    model = noun_at(plural)
    if request.method != "POST":
        page = (list_as_of if "as_of" in request.GET else listing.read)(model, by, request.GET)
        query = page.pop("next_query")
        return answer(page, {"Link": f'<{request.path}?{query}>; rel="next"'} if query else {})
    spec = creator(model.noun())
    if spec is None:
        raise not_here("GET")
    return _done(perform(spec.name, by, body(request, spec.name), key=_key(request)), model)


@operation("GET", "PATCH")
def record(request: HttpRequest, by: Actor, plural: str, public_id: str) -> HttpResponse:
    """GET answers a record, PATCH edits it; ETag and If-Match carry its version."""
    model = noun_at(plural)
    found = find(model.noun(), public_id, by)
    if request.method == "PATCH":
        spec = editor(model.noun())
        if spec is None:
            raise not_here("GET")
        given = _with_version(request, spec, found, body(request, spec.name))
        return _done(perform(spec.name, by, _about(spec, found, given), key=_key(request)))
    if "as_of" in request.GET:
        return answer(record_as_of(found, by, request.GET))
    return answer(listing.chosen(resource(found, by), model, request.GET), {"ETag": f'"{found.version}"'})


@operation("POST")
def action(request: HttpRequest, by: Actor, plural: str, public_id: str, word: str) -> HttpResponse:
    """A verb on a record."""
    model = noun_at(plural)
    spec = verb_at(model.noun(), word)
    given = body(request, spec.name)
    found = find(model.noun(), public_id, by)
    return _done(perform(spec.name, by, _about(spec, found, given), key=_key(request)))


@operation("GET")
def timeline(request: HttpRequest, by: Actor, plural: str, public_id: str) -> HttpResponse:
    """What happened to a record, newest first."""
    return answer(timeline_of(find(noun_at(plural).noun(), public_id, by), by, request.GET))


@operation("GET", kind="")
def run_file(request: HttpRequest, by: Actor, public_id: str) -> HttpResponse:
    """What a run wrote, for who asked for it."""
    run = cast(Run, find("run", public_id, by))
    path, kind = file_for(run, by)
    found = FileResponse(path.open("rb"), as_attachment=True, filename=run.file_name, content_type=kind)
    found["Cache-Control"] = "private, no-store"
    found["X-Content-Type-Options"] = "nosniff"
    return cast(HttpResponse, found)


@operation("GET")
def events(request: HttpRequest, by: Actor) -> HttpResponse:
    """The audit: who did what, newest first."""
    return answer(audit(by, request.GET))


@operation("POST")
def verb(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Any verb by its full name, with its record, if it has one, among the arguments."""
    spec = verb_named(name)
    return _done(perform(spec.name, by, body(request, spec.name), key=_key(request)))


@operation("GET", "POST", "PATCH", "PUT", "DELETE")
def nothing(request: HttpRequest, by: Actor, rest: str) -> HttpResponse:
    """Every other address."""
    raise NotFound(_("There is nothing at this address. GET /api/v1/openapi.json lists what there is."))


def _done(done: dict[str, Any], created: type[Record] | None = None) -> HttpResponse:
    """The verb's answer: 201 and its address when it added a record of the noun."""
    headers = {"Idempotency-Replayed": "true"} if done.pop("replayed", False) else {}
    result = done["result"]
    if isinstance(result, dict) and created and result.get("noun") == created.noun():
        headers |= {"Location": f"/api/v1/{created.plural()}/{result['id']}", "ETag": f'"{result["version"]}"'}
    return answer(done, headers, status=201 if created and done["changed"] else 200)


def _about(spec: Verb, found: Record, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the record of the address among them."""
    name = subject_name(spec)
    if name in given:
        raise Invalid({name: [_("This is in the address already.")]})
    several = len(subjects(spec)) > 1
    return given | {name: f"{found.noun()}:{found.public_id}" if several else found.public_id}


def _with_version(request: HttpRequest, spec: Verb, found: Record, given: dict[str, Any]) -> dict[str, Any]:
    """If-Match as the verb's `version`, so that only fields which both sides changed are a conflict."""
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted or wanted == "*":
        return given
    tag = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', wanted)
    if tag is None:
        raise BadRequest(_("If-Match takes the ETag of this record, such as %(etag)s.") % {"etag": '"3"'})
    if "version" in arguments(spec.name).model_fields:
        return {"version": int(tag[1])} | given
    if int(tag[1]) != found.version:
        raise Conflict(_("This record has changed since. Read it again first."), {}, version=found.version)
    return given


def _key(request: HttpRequest) -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if key and not KEY.fullmatch(key):
        raise BadRequest(_("An Idempotency-Key has 1 to 200 printable characters without spaces."))
    return key
