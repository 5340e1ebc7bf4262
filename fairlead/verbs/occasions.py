"""Events that people register for: planned, changed, and registrations cancelled."""

from datetime import datetime
from typing import Any, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.verb import verb
from fairlead.models import Form, Occasion, Organisation, Registration
from fairlead.verbs.form_answers import answers, tell_place


class OccasionFacts(TypedDict, total=False):
    zone: str
    place: str
    link: str
    capacity: int | None
    description: str


@verb("{by} planned the event {it}", may="organisation.edit")
def create_occasion(
    by: Actor, *, title: str, starts_at: datetime, ends_at: datetime, **facts: Unpack[OccasionFacts]
) -> Occasion:
    """Plan an event that people can register for by a form; without `capacity` there is room for all."""
    _demand_order(starts_at, ends_at)
    values = {"zone": Organisation.ours().zone} | _checked(dict(facts))
    return create(Occasion, title=_title(title), starts_at=starts_at, ends_at=ends_at, **values)


@verb("{by} edited the event {occasion}", may="organisation.edit")
def edit_occasion(
    by: Actor,
    occasion: Occasion,
    *,
    title: str | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    version: int | None = None,
    **facts: Unpack[OccasionFacts],
) -> Occasion:
    """Change an event. Those who have a place are not told by it: write to them."""
    values: dict[str, Any] = {"starts_at": starts_at, "ends_at": ends_at, "title": title and _title(title)}
    values = {name: value for name, value in values.items() if value is not None} | _checked(dict(facts))
    _demand_order(starts_at or occasion.starts_at, ends_at or occasion.ends_at)
    capacity, taken = values.get("capacity"), occasion.taken
    if capacity is not None and capacity < taken:
        raise Invalid({"capacity": [_("%(taken)s places are taken. Cancel registrations first.") % {"taken": taken}]})
    check_version(occasion, version, values)
    change(occasion, **values)
    return occasion


@verb("{by} cancelled the registration of {registration}", may="edit")
def cancel_registration(by: Actor, registration: Registration) -> Registration:
    """Free the place of somebody who cannot come; the lead stays."""
    change(registration, state=Registration.State.CANCELLED)
    return registration


@verb("{by} gave {registration} a place", may="edit")
def place_registration(by: Actor, registration: Registration) -> Registration:
    """Give a place that became free to somebody who had none."""
    if registration.state == Registration.State.CANCELLED:
        raise WrongState(_("This registration was cancelled. Nothing was changed."))
    form = Form.behind(registration.submission.endpoint_id)
    if change(registration, state=Registration.State.PLACED) and form:
        tell_place(form, registration, answers(form, registration.submission))
    return registration


def _title(title: str) -> str:
    if not title.strip():
        raise Invalid({"title": [_("An event needs a title.")]})
    return " ".join(title.split())


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("capacity") is not None and not 0 < values["capacity"] <= 1_000_000:
        raise Invalid({"capacity": [_("Write how many places there are, or nothing when there is room for all.")]})
    return values


def _demand_order(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid({"ends_at": [_("It ends before it begins.")]})
