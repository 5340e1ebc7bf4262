"""Who owns a record, who helps, and putting records away."""

from datetime import date
from typing import Any, cast

from django.utils.translation import gettext as _

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change
from fairlead.core.errors import Invalid, NotAllowed, WrongState
from fairlead.core.verb import verb
from fairlead.models import Lead, Opportunity, Organisation, Tag, Team, User
from fairlead.models.owned import Owned
from fairlead.models.queue import queues_of
from fairlead.models.subject import Subject
from fairlead.verbs.track_steps import answered, owner_changed


def owned_by(by: Actor) -> dict[str, Any]:
    """Owner and team of what this actor adds: themselves and their first team."""
    return {"owner_id": by.user_id, "team_id": min(by.team_ids, default=None)}


def given_to(owner: User) -> dict[str, Any]:
    """Owner and team of what somebody is given."""
    return {"owner_id": owner.pk, "team_id": owner.teams.order_by("pk").values_list("pk", flat=True).first()}


@verb("{by} gave {record} to {owner}", may="assign")
def assign(by: Actor, record: Subject, *, owner: User | None = None, team: Team | None = None) -> Subject:
    """Give a record to an owner, or to a team; without both, nobody owns it."""
    change(record, owner=owner, team=team or (owner.teams.first() if owner else None), **out_of_queue(record, owner))
    owner_changed([record])
    return record


@verb("{by} claimed {lead}", may="lead.create")
def claim_lead(by: Actor, lead: Lead) -> Lead:
    """Take an open lead that nobody owns. Of two who claim it at once the first has it, and the other is told who."""
    if lead.owner_id == by.user_id and by.user_id:
        return lead
    if lead.owner is not None:
        raise WrongState(_("%(owner)s has %(lead)s already.") % {"owner": lead.owner, "lead": lead})
    if not lead.is_open:
        raise WrongState(_("%(lead)s is closed. Open it again first.") % {"lead": lead})
    queue = lead.queue
    if queue and not queues_of(by.user_id).filter(pk=queue.pk).exists() and not access.can(by, "assign", lead):
        raise NotAllowed(_("Its queue %(queue)s is not yours. Ask an administrator.") % {"queue": queue}, may="assign")
    change(lead, **owned_by(by))
    owner_changed([lead])
    return lead


def out_of_queue(record: Owned, owner: User | None) -> dict[str, Any]:
    """A lead that nobody shall own does not wait for who claims it either."""
    return {"queue": None} if owner is None and isinstance(record, Lead) else {}


@verb("{by} asked {helper} to help with {record}", may="edit")
def add_collaborator(by: Actor, record: Subject, *, helper: User) -> Subject:
    """Let somebody see and work on this record beside its owner."""
    change(record, collaborators=sorted({*_ids(record, "collaborators"), helper.pk}))
    return record


@verb("{by} took {helper} off {record}", may="edit")
def remove_collaborator(by: Actor, record: Subject, *, helper: User) -> Subject:
    """End somebody's work on this record."""
    change(record, collaborators=sorted({*_ids(record, "collaborators")} - {helper.pk}))
    return record


@verb("{by} tagged {record} {tag}", may="edit")
def tag(by: Actor, record: Subject, *, tag: str) -> Subject:
    """Put a tag on a record; a tag that does not exist yet is made."""
    from fairlead.verbs.tags import tag_named

    change(record, tags=sorted({*_ids(record, "tags"), tag_named(tag).pk}))
    return record


@verb("{by} took the tag {tag} off {record}", may="edit")
def untag(by: Actor, record: Subject, *, tag: Tag) -> Subject:
    """Take a tag off a record."""
    change(record, tags=sorted({*_ids(record, "tags")} - {tag.pk}))
    return record


@verb("{by} archived {record}", may="delete")
def archive(by: Actor, record: Subject) -> Subject:
    """Put a record away: it leaves lists and search, and keeps its address and history."""
    if record.archived_at is None:
        change(record, archived_at=clock.now())
    return record


@verb("{by} brought {record} back", may="delete")
def unarchive(by: Actor, record: Subject) -> Subject:
    """Bring an archived record back to lists and search."""
    change(record, archived_at=None)
    return record


@verb("{by} parked {record} until {until}", may="edit")
def park(by: Actor, record: Lead | Opportunity, *, until: date) -> Lead | Opportunity:
    """Park an open record until a day; until then it lacks no next step."""
    if not record.is_open:
        text = _("%(record)s is closed, so there is nothing to park.")
        raise WrongState(text % {"record": record.label})
    change(record, parked_until=day_ahead(until))
    answered(record)
    return record


@verb("{by} took {record} up again", may="edit")
def unpark(by: Actor, record: Lead | Opportunity) -> Lead | Opportunity:
    """End the parking of an open record: it needs a next step again."""
    change(record, parked_until=None)
    return record


def day_ahead(until: date) -> date:
    """The day, when it lies ahead: on that day a parked record asks for a next step again."""
    if until <= clock.today(Organisation.ours().tz):
        raise Invalid({"until": [_("Choose a day after today. Nothing was parked.")]})
    return until


def _ids(record: Owned, name: str) -> list[int]:
    return cast(list[int], list(getattr(record, name).values_list("pk", flat=True)))
