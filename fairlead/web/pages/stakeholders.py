"""Adding somebody who has a say, by their name: one we know, or somebody new at the same company."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.errors import Invalid, Refused
from fairlead.core.schema import find, perform
from fairlead.models import Person
from fairlead.web.addresses import url_of
from fairlead.web.answer import answered, declined, told
from fairlead.web.page import Request, page

FEW = 5


@page("opportunity.edit", "POST")
def add(request: HttpRequest, address: str) -> HttpResponse:
    """Back to the opportunity, with a notice that offers undo or says why not."""
    by = cast(Request, request).by
    record = find("opportunity", address.partition("-")[0], by)
    home = f"{url_of(record)}#people"
    role = request.POST.get("role", "influences")
    try:
        raw = {"opportunity": record.public_id, "role": role} | _who(request, record)
        answer = perform("add_stakeholder", by, raw)
    except Refused as refusal:
        return declined(request, home, refusal)
    return answered(request, home, told(answer["act"], by, cast(Request, request).reader), answer["act"])


def _who(request: HttpRequest, record: Any) -> dict[str, str]:
    """The one person of this name, one of the opportunity's company first; else somebody new."""
    by, name = cast(Request, request).by, " ".join(request.POST.get("person", "").split())
    if not name or "\x00" in name:
        raise Invalid({"person": [_("Write who has a say. Nothing was changed.")]})
    named, _hash, code = name.rpartition(" #")
    seen = Person.objects.visible_to(by).live().order_by("pk")
    found = list(seen.filter(public_id=code)[:1] if named else seen.filter(name__in={name, name.title()})[:FEW])
    here = [each for each in found if record.company_id and each.company_id == record.company_id]
    if len(here or found) == 1:
        return {"person": (here or found)[0].public_id}
    if found:
        like = ", ".join(f"{each.name} #{each.public_id}" for each in found)
        text = _("%(count)s people are called %(name)s. Write one as: %(like)s")
        raise Invalid({"person": [text % {"count": len(found), "name": name, "like": like}]})
    if not access.can_any(by, "create", "person"):
        raise Invalid({"person": [_("Nobody is called %(name)s, and your role adds no people.") % {"name": name}]})
    return {"new_person": name}
