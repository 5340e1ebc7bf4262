"""Files of a record: attached, and handed out as attachments that no browser runs."""

from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from fairlead.core import act
from fairlead.core.errors import Invalid, NotFound
from fairlead.core.schema import find
from fairlead.core.upload import Arrival, stored
from fairlead.models import File
from fairlead.verbs.files import attach_file
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered
from fairlead.web.page import Request, page
from fairlead.web.pages.records import load, page_of

SANDBOX = "default-src 'none'; sandbox"


@page("member", "GET", "POST")
def attach(request: HttpRequest, noun: str, address: str) -> HttpResponse:
    """Attach the uploaded file; what is too large or a program is refused, in words, at the field."""
    record = load(request, noun, address)
    if request.method != "POST":  # a page with an error, loaded anew
        return HttpResponseRedirect(url_of(record))
    arrival = request.FILES.get("upload")
    try:
        if not isinstance(arrival, Arrival):
            raise Invalid({"upload": [_("Choose a file first.")]})
        file = attach_file(cast(Request, request).by, record, upload=arrival.upload)
    except Invalid as invalid:
        return page_of(request, record, status=invalid.status, file_error=invalid.text)
    deed = act.last()
    return answered(request, url_of(record), _("%(name)s attached.") % {"name": file.name}, deed.id if deed else None)


@page("member")
def download(request: HttpRequest, address: str) -> HttpResponse:
    """Hand out a file; without a name of ours in its address, and never inline."""
    file = cast(File, find("file", address, cast(Request, request).by))
    try:
        content = stored(file.stored_as).open("rb")
    except FileNotFoundError:
        raise NotFound(_("This file is not in the store. A restored backup may lack it.")) from None
    answer = FileResponse(content, as_attachment=True, filename=file.name, content_type=file.media_type)
    answer["Content-Security-Policy"] = SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return cast(HttpResponse, answer)
