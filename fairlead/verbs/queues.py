"""Queues, and who may claim from them."""

from typing import Any, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import WrongState
from fairlead.core.verb import verb
from fairlead.models import Lead, Queue, RuleSet, Schedule, Team, User
from fairlead.routing.rules import named
from fairlead.verbs.naming import free_name


class QueueFacts(TypedDict, total=False):
    schedule: Schedule | None


@verb("{by} made the queue {it}", may="organisation.edit")
def create_queue(
    by: Actor,
    *,
    name: str,
    teams: list[Team] | None = None,
    members: list[User] | None = None,
    schedule: Schedule | None = None,
) -> Queue:
    """Make a queue of leads, for teams and people; without any of them, everybody may claim from it."""
    return create(
        Queue, name=free_name(name, Queue.objects.all()), teams=teams or [], members=members or [], schedule=schedule
    )


@verb("{by} edited the queue {queue}", may="organisation.edit")
def edit_queue(
    by: Actor,
    queue: Queue,
    *,
    name: str | None = None,
    teams: list[Team] | None = None,
    members: list[User] | None = None,
    version: int | None = None,
    **facts: Unpack[QueueFacts],
) -> Queue:
    """Change a queue's name, who may claim from it, and whose hours its leads are answered in."""
    values: dict[str, Any] = dict(facts) | (
        {"name": free_name(name, Queue.objects.all(), queue)} if name is not None else {}
    )
    values |= {"teams": teams} if teams is not None else {}
    values |= {"members": members} if members is not None else {}
    check_version(queue, version, {each: values[each] for each in values if each not in ("teams", "members")})
    change(queue, **values)
    return queue


@verb("{by} archived the queue {queue}", may="organisation.edit")
def archive_queue(by: Actor, queue: Queue) -> Queue:
    """Close a queue in which no lead waits; rules that gave to it leave leads to the next rule."""
    if queue.archived_at is not None:
        return queue
    if Lead.objects.open().filter(queue=queue, owner=None).exists():
        raise WrongState(_("Leads wait in %(queue)s. Give them to somebody first.") % {"queue": queue})
    live = RuleSet.live_one()
    if live is not None and queue.public_id in named(live.rules[-1:])["queue"]:
        text = _("The last lead rule gives to %(queue)s. Let it give to another one first.")
        raise WrongState(text % {"queue": queue})
    change(queue, archived_at=clock.now())
    return queue


@verb("{by} brought the queue {queue} back", may="organisation.edit")
def unarchive_queue(by: Actor, queue: Queue) -> Queue:
    """Let an archived queue take leads again."""
    change(queue, archived_at=None)
    return queue
