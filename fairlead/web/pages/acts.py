"""Taking back an act, and by the same means doing it again."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import act as acts
from fairlead.core.errors import Refused
from fairlead.core.event import Event
from fairlead.core.undo import undo
from fairlead.web.answer import answered, came_from, declined, told
from fairlead.web.page import Request, page


@page("member", "POST")
def take_back(request: HttpRequest, act: UUID) -> HttpResponse:
    """Undo an act; a refusal is told with its reason, and a second press does nothing."""
    try:
        undone = undo(cast(Request, request).by, act=act)
    except Refused as refusal:
        return declined(request, came_from(request), refusal)
    if undone.repeated:
        return answered(request, came_from(request), _("Already undone."))
    deed = acts.last()
    return answered(request, came_from(request), _said(act, cast(Request, request)), deed.id if deed else None)


def _said(act: UUID, request: Request) -> str:
    """What was taken back; taking back an undo does the deed again."""
    again = False
    while root := Event.objects.filter(act=act, undoes__isnull=False).first():
        act, again = cast(UUID, root.undoes), not again
    return (_("Done again: %(deed)s") if again else _("Undone: %(deed)s")) % {
        "deed": told(act, request.by, request.reader)
    }
