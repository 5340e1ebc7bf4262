"""Views: lists kept under a name, shared and pinned."""

from collections.abc import Iterable
from typing import Any, Literal, Unpack

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import access, clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, NotFound
from fairlead.core.verb import verb
from fairlead.models import Pin, Team, User, View

Filters = dict[str, list[str]]
Sharing = Literal["nobody", "team", "everyone"]
MOST_FILTERS, MOST_VALUES, MOST_COLUMNS, LONGEST = 50, 100, 30, 2000


class ViewFacts(TypedDict, total=False):
    filters: Filters
    columns: list[str]
    sort: str
    group: str
    position: int


@verb("{by} saved the view {it}", may="member")
def save_view(
    by: Actor,
    *,
    list_of: Literal["person", "company", "lead", "opportunity"],
    name: str,
    shared: Sharing = "nobody",
    team: Team | None = None,
    pinned: bool = False,
    **facts: Unpack[ViewFacts],
) -> View:
    """Keep a list under a name: filters by their parameters, each with its values, and columns in their order.

    `pinned` puts it into your sidebar too.
    """
    _readable(facts)
    owner, whom = User.objects.get(pk=by.user_id), _shared(by, shared, team)
    view = create(View, owner=owner, list_of=list_of, name=_free(owner.pk, list_of, name), **whom, **facts)
    if pinned:
        _pin(by, view)
    return view


@verb("{by} changed the view {view}", may="edit")
def edit_view(
    by: Actor,
    view: View,
    *,
    name: str | None = None,
    shared: Sharing | None = None,
    team: Team | None = None,
    version: int | None = None,
    **facts: Unpack[ViewFacts],
) -> View:
    """Change a view's name or what it shows, for everybody who uses it. `filters` replaces all of its filters."""
    _readable(facts)
    values: dict[str, Any] = dict(facts) | (
        {"name": _free(view.owner_id, view.list_of, name, view)} if name is not None else {}
    )
    values |= _shared(by, shared, team) if shared is not None else {}
    check_version(view, version, values)
    change(view, **values)
    return view


@verb("{by} shared the view {view}", may="edit")
def share_view(by: Actor, view: View, *, shared: Sharing, team: Team | None = None) -> View:
    """Say who sees a view besides you: nobody, a team of yours, or everyone. They see in it what they may see."""
    change(view, **_shared(by, shared, team))
    return view


@verb("{by} pinned the view {view}", may="member")
def pin_view(by: Actor, view: View) -> View:
    """Keep a view in your sidebar, with its count."""
    if not access.can(by, "see", view):
        raise NotFound(_("No view at this address."))
    if not _pins(by).filter(view=view).exists():
        _pin(by, view)
    return view


@verb("{by} took the view {view} out of the sidebar", may="member")
def unpin_view(by: Actor, view: View) -> View:
    """Take a view out of your sidebar."""
    for pin in _pins(by).filter(view=view):
        remove(pin)
    return view


@verb("{by} archived the view {view}", may="edit")
def archive_view(by: Actor, view: View) -> View:
    """Put a view away, for everybody it is shared with. Its records stay as they are."""
    if view.archived_at is None:
        change(view, archived_at=clock.now())
    return view


@verb("{by} brought the view {view} back", may="edit")
def unarchive_view(by: Actor, view: View) -> View:
    """Bring an archived view back."""
    change(view, archived_at=None, name=_free(view.owner_id, view.list_of, view.name, view))
    return view


def _pins(by: Actor) -> "QuerySet[Pin]":
    return Pin.objects.filter(Q(user_id=by.user_id))


def _pin(by: Actor, view: View) -> None:
    last = _pins(by).aggregate(last=Max("position"))["last"]
    create(Pin, view=view, user=User.objects.get(pk=by.user_id), position=0 if last is None else last + 1)


def _shared(by: Actor, shared: Sharing, team: Team | None) -> dict[str, object]:
    if shared != "team":
        return {"shared": shared, "team": None}
    if team is None:
        raise Invalid({"team": [_("Choose the team that it is shared with.")]})
    if team.pk not in by.team_ids and by.level("edit", "organisation") != "all":
        raise Invalid({"team": [_("You are not in %(team)s. Choose a team of yours.") % {"team": team}]})
    return {"shared": shared, "team": team}


def _free(owner: int, list_of: str, name: str, but: View | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid({"name": [_("A view needs a name.")]})
    others = View.objects.filter(owner_id=owner, list_of=list_of, archived_at=None, name__iexact=name)
    if others.exclude(pk=but.pk if but else 0).exists():
        raise Invalid({"name": [_("You have a view of this name already. Choose another one.")]})
    return name


def _readable(facts: ViewFacts) -> None:
    """What a view holds is checked again whenever it is opened; here, that it can be kept at all."""
    filters, columns = facts.get("filters", {}), facts.get("columns", [])
    values = [value for each in filters.values() for value in each]
    if len(filters) > MOST_FILTERS or any(len(each) > MOST_VALUES for each in filters.values()):
        raise Invalid({"filters": [_("A view has up to %(most)s filters.") % {"most": MOST_FILTERS}]})
    if len(columns) > MOST_COLUMNS:
        raise Invalid({"columns": [_("A list shows up to %(most)s columns. Choose fewer.") % {"most": MOST_COLUMNS}]})
    for name, texts in (("filters", [*filters, *values]), ("columns", columns)):
        if not _all_readable(texts):
            raise Invalid({name: [_("A name or value in it is too long, or cannot be stored.")]})
    if not 0 <= facts.get("position", 0) < 2**31:
        raise Invalid({"position": [_("This is not a place in a row.")]})


def _all_readable(texts: Iterable[str]) -> bool:
    return all(
        len(text) <= LONGEST and "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
        for text in texts
    )
