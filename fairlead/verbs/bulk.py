"""Many records at once: each deed is one act with one undo, and one compact event per record."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change_many, link_many
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.record import chunks
from fairlead.core.verb import verb
from fairlead.models import Lead, Opportunity, Team, User
from fairlead.models.subject import Subject
from fairlead.verbs.ownership import day_ahead, out_of_queue
from fairlead.verbs.tags import tag_named
from fairlead.verbs.track_steps import owner_changed


@verb("{by} gave {what} to {owner}", may="member")
def assign_many(
    by: Actor, records: list[Subject], *, owner: User | None = None, team: Team | None = None
) -> list[Subject]:
    """Give many records of one noun to an owner, or to a team; without both, nobody owns them."""
    begin(by, records, "mass_update", "assign")
    current().step.labels["owner"] = str(owner or team or _("nobody"))
    team = team or (owner.teams.first() if owner else None)
    given = change_many(records, owner=owner, team=team, **out_of_queue(records[0], owner))
    owner_changed(given)
    return given


@verb("{by} tagged {what} {tag}", may="member")
def tag_many(by: Actor, records: list[Subject], *, tag: str) -> list[Subject]:
    """Put a tag on many records of one noun; a tag that does not exist yet is made."""
    begin(by, records, "mass_update", "edit")
    if not tag.strip():
        raise Invalid({"tag": [_("Write the tag first. Nothing was changed.")]})
    return link_many(records, "tags", [tag_named(tag)])


@verb("{by} parked {what} until {until}", may="member")
def park_many(by: Actor, records: list[Lead | Opportunity], *, until: date) -> list[Lead | Opportunity]:
    """Park many leads or opportunities until a day; closed ones stay as they are."""
    begin(by, records, "mass_update", "edit")
    return change_many([each for each in records if each.is_open], parked_until=day_ahead(until))


@verb("{by} archived {what}", may="member")
def archive_many(by: Actor, records: list[Subject]) -> list[Subject]:
    """Put many records of one noun away: they leave lists and search, and keep their addresses and history."""
    begin(by, records, "mass_update", "delete")
    return change_many([each for each in records if each.archived_at is None], archived_at=clock.now())


def begin(by: Actor, records: Sequence[Any], *actions: str) -> None:
    """Check that these are records of one noun on all of which the actor may do all of this."""
    if len({each.noun() for each in records}) != 1:
        raise Invalid({"records": [_("Give one or more records of the same kind. Nothing was changed.")]})
    for action in actions:
        _demand(by, action, records)
    current().step.labels["what"] = _told(records)


def _demand(by: Actor, action: str, records: Sequence[Any]) -> None:
    model, ids = type(records[0]), {each.pk for each in records}
    condition = access.reach(by, action, model)
    if condition and sum(model._base_manager.filter(condition, pk__in=some).count() for some in chunks(ids)) < len(ids):
        text = _("Your role does not allow this for all of these. Nothing was changed. Ask an administrator.")
        raise NotAllowed(text, may=action)


def _told(records: Sequence[Any]) -> str:
    if len(records) == 1:
        return str(records[0].label)
    meta = records[0]._meta
    return f"{len(records):,} {ngettext(str(meta.verbose_name), str(meta.verbose_name_plural), len(records))}"
