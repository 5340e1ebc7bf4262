"""The reasons that people choose from when a sale ends or a lead is disqualified."""

from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import assign, change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.verb import verb
from fairlead.models import Reason

Kind = Literal["lost", "disqualified", "won"]
FIRST: dict[Kind, tuple[str, ...]] = {
    "lost": ("Price", "Went with somebody else", "No budget", "No decision", "Wrong time", "Did not fit"),
    "disqualified": ("No need", "No budget", "Nobody who decides", "Not our market", "Could not be reached"),
    "won": ("Price", "Fitted best", "Quickest", "Knew us already"),
}


@verb("{by} added the reason “{it}”", may="organisation.edit")
def create_reason(by: Actor, *, kind: Kind, name: str) -> Reason:
    """Add a reason to choose from, behind the others of its kind."""
    others = list(Reason.objects.filter(kind=kind))
    position = max((each.position + 1 for each in others), default=0)
    return create(Reason, kind=kind, name=_free(name, others), position=position)


@verb("{by} edited the reason “{reason}”", may="organisation.edit")
def edit_reason(by: Actor, reason: Reason, *, name: str | None = None, version: int | None = None) -> Reason:
    """Rename a reason, on every record that has it."""
    if name is not None:
        values = {"name": _free(name, Reason.objects.filter(kind=reason.kind).exclude(pk=reason.pk))}
        check_version(reason, version, values)
        change(reason, **values)
    return reason


@verb("{by} moved the reason “{reason}”", may="organisation.edit")
def move_reason(by: Actor, reason: Reason, *, before: Reason | None = None) -> Reason:
    """Put a reason before another one of its kind; without one, behind all others."""
    if before and before.kind != reason.kind:
        raise Invalid({"before": [_("This reason belongs to another list.")]})
    if before is None or before.pk != reason.pk:
        order = [each for each in Reason.objects.filter(kind=reason.kind) if each.pk != reason.pk]
        place = next((at for at, each in enumerate(order) if before and each.pk == before.pk), len(order))
        order.insert(place, reason)
        assign([(each, {"position": at}) for at, each in enumerate(order)])
    return reason


@verb("{by} archived the reason “{reason}”", may="organisation.edit")
def archive_reason(by: Actor, reason: Reason) -> Reason:
    """Offer a reason no more. Records that have it keep it."""
    if reason.is_offered:
        change(reason, archived_at=clock.now())
    return reason


@verb("{by} brought the reason “{reason}” back", may="organisation.edit")
def unarchive_reason(by: Actor, reason: Reason) -> Reason:
    """Offer an archived reason again."""
    change(reason, archived_at=None)
    return reason


def add_first_reasons() -> None:
    """The reasons an organisation begins with."""
    for kind, names in FIRST.items():
        for position, name in enumerate(names):
            create(Reason, kind=kind, name=name, position=position)


def _free(name: str, others: Iterable[Reason]) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid({"name": [_("A reason needs a name.")]})
    same = next((each for each in others if each.name.casefold() == name.casefold()), None)
    if same is not None:
        text = _("There is a reason of this name already.")
        archived = _("There is an archived reason of this name. Bring it back.")
        raise Invalid({"name": [text if same.is_offered else archived]})
    return name
