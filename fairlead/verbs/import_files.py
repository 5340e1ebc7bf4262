"""Importing a file that was uploaded: read, corrected, tried, brought in as a run, and taken back as one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Unpack

from django.utils.translation import gettext as _
from pydantic import Field
from typing_extensions import TypedDict

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid, NotAllowed, NotFound, WrongState
from fairlead.core.record import writing
from fairlead.core.upload import LIMITS, Upload, stored
from fairlead.core.verb import verb
from fairlead.models import Import, ImportMapping, Run
from fairlead.verbs.import_owners import UnknownOwner
from fairlead.verbs.runs import begin_run

NOUNS = ("person", "company", "lead", "opportunity", "task")
FileNoun = Literal["person", "company", "lead", "opportunity", "task"]
FileMode = Literal["create", "create_and_update", "update"]
Match = Literal["mail", "phone", "name"]
MOST = 256 * 1024 * 1024  # bytes
MOST_DRAFTS = 50  # of one user
# Says what a file is, with these wishes: put here by what reads files. Raises Invalid when it is no table.
READ: dict[str, Callable[[Actor, Path, Mapping[str, Any]], dict[str, Any]]] = {}
LIMITS["create_import"] = MOST


class Wishes(TypedDict, total=False):
    """`columns`: what they mean, by name or as #3 for the third; an empty meaning leaves one out."""

    noun: FileNoun
    encoding: Annotated[str, Field(max_length=40)]
    separator: Annotated[str, Field(max_length=2)]
    sheet: Annotated[str, Field(max_length=200)]
    header: Annotated[int, Field(ge=0, le=1000)] | None
    dates: Literal["", "dmy", "mdy", "ymd"]
    decimal: Literal["", ".", ","]
    columns: dict[str, str]
    system: Annotated[str, Field(max_length=40)]
    mode: FileMode
    match: list[Match]
    unknown: Literal["create", "refuse"]
    unknown_owner: UnknownOwner
    whose: Literal["rules", "me"]


@verb("{by} uploaded {it} to import it", may="member", undo_within=None, opposite="drop_import")
def create_import(by: Actor, *, upload: Upload, noun: FileNoun | None = None) -> Import:
    """Take in a file, up to 256 MB, and find out what it is; nothing is brought in yet. It is yours alone.

    A saved mapping with the same header is used by itself. Correct what was found with edit_import, try it with
    try_import, bring it in with start_import.
    """
    _may_import(by, [noun] if noun else NOUNS)
    mine = Import.objects.filter(by_user_id=by.user_id, state=Import.State.DRAFT, archived_at=None)
    if mine.count() >= MOST_DRAFTS:
        raise WrongState(_("You have 50 files that are not imported yet. Discard some first."))
    wishes: dict[str, Any] = {"noun": noun} if noun else {}
    stored_as = upload.keep()
    try:
        found = READ["file"](by, stored(stored_as), wishes)
        mapping = _fitting(by, found)
        if mapping is not None:
            wishes = mapping.wishes | wishes
            found = READ["file"](by, stored(stored_as), wishes)
    except BaseException:
        stored(stored_as).unlink(missing_ok=True)
        raise
    facts = {"name": upload.name, "size": upload.size, "sha256": upload.sha256, "stored_as": stored_as}
    return create(
        Import,
        **facts,
        **_planned(found, wishes),
        by_user_id=by.user_id,
        state=Import.State.DRAFT,
        wishes=wishes,
        mapping=mapping,
    )


@verb("{by} changed how {into} is imported", may="edit", undo_within=None, opposite="edit_import")
def edit_import(
    by: Actor,
    into: Import,
    *,
    mapping: ImportMapping | None = None,
    version: int | None = None,
    **wishes: Unpack[Wishes],
) -> Import:
    """Correct what was found in a file, what its columns mean and what becomes of its rows.

    `columns` named here are added to those said before; `mapping` uses what was saved, before the rest.
    """
    _is_ready(into)
    check_version(into, version, {"wishes": wishes})
    said: dict[str, Any] = {**into.wishes, **(_fitted(_seen(by, mapping), into) if mapping else {})}
    columns = said.get("columns", {}) | wishes.get("columns", {})
    if wishes.get("noun", said.get("noun")) != said.get("noun") and "columns" not in wishes:
        columns = {}  # other records have other columns
    said |= {**wishes, "columns": _readable(columns)}
    found = READ["file"](by, stored(into.stored_as), said)
    change(into, wishes=said, **_columns(found, said), **({"mapping": mapping} if mapping else {}))
    with writing():
        Import.objects.filter(pk=into.pk).update(found=found, tried={})
    return into


@verb("{by} tried the import of {into}", may="edit", undo_within=None, opposite="cancel_run")
def try_import(by: Actor, into: Import) -> Run:
    """Count what would become of every row, with reasons, as a run. Nothing is brought in."""
    _is_ready(into)
    _is_clear(into)
    if into.is_running:
        assert into.run is not None
        return into.run
    return _runs(by, into, "try", _("Dry run of %(name)s") % {"name": into.name})


@verb("{by} started the import of {into}", may="edit", undo_within=None, opposite="take_back_import")
def start_import(by: Actor, into: Import) -> Run:
    """Bring the file in, as a run; one that was stopped goes on where it was. Asked for twice, it is one run."""
    if into.run is not None and (into.is_running or into.state == Import.State.DONE):
        if into.run.kind == "import":
            return into.run
        raise WrongState(_("A dry run of this file still goes on. Let it end, or cancel it, then start the import."))
    _has_file(into)
    _is_clear(into)
    _may(by, into.kind, into.mode)
    run = _runs(by, into, "import", _("Import of %(name)s") % {"name": into.name})
    with writing():
        Import.objects.filter(pk=into.pk).update(state=Import.State.BEGUN, counts={}, kept=[])
    return run


@verb("{by} asked to take back the import of {into}", may="edit", undo_within=None, opposite="start_import")
def take_back_import(by: Actor, into: Import) -> Run:
    """Take a whole import back, updates included, as a run. What changed since is kept, and listed in its result."""
    if into.is_running:
        assert into.run is not None
        if into.run.kind == "take_back":
            return into.run
        raise WrongState(_("This import still goes on. Cancel it first, then take it back."))
    if into.is_draft or into.state == Import.State.BACK:
        raise WrongState(_("Nothing of this file is brought in, so there is nothing to take back."))
    return _runs(by, into, "take_back", _("Taking back the import of %(name)s") % {"name": into.name})


@verb("{by} discarded {into}", may="edit", undo_within=None, opposite="create_import")
def drop_import(by: Actor, into: Import) -> Import:
    """Discard a file that was not imported; it is deleted."""
    if not into.is_draft:
        raise WrongState(_("This import has begun, so it stays in the list. Take it back instead."))
    if into.archived_at is None:
        change(into, archived_at=clock.now())
    return into


@verb("{by} saved the mapping {it}", may="edit", undo_within=None, opposite="archive_mapping")
def save_mapping(
    by: Actor,
    into: Import,
    *,
    name: Annotated[str, Field(max_length=80)],
    shared: Literal["nobody", "everyone"] = "nobody",
) -> ImportMapping:
    """Keep what is said about this file under a name; the next file with the same header uses it by itself.

    A mapping of yours with this name is replaced.
    """
    if not into.found:
        raise WrongState(_("This import has no file here, so there are no columns to save."))
    name = " ".join(name.split())
    if not name:
        raise Invalid({"name": [_("A mapping needs a name.")]})
    facts = {"shared": shared, "signature": into.found["signature"], "wishes": _lasting(into)}
    mine = ImportMapping.objects.filter(owner_id=by.user_id, name__iexact=name, archived_at=None).first()
    if mine is None:
        mine = create(ImportMapping, name=name, owner_id=by.user_id, **facts)
    else:
        change(mine, **facts)
    change(into, mapping=mine)
    return mine


@verb("{by} archived the mapping {mapping}", may="edit")
def archive_mapping(by: Actor, mapping: ImportMapping) -> ImportMapping:
    """Put a saved mapping away; imports that used it stay as they are."""
    if mapping.archived_at is None:
        change(mapping, archived_at=clock.now())
    return mapping


def mappings_for(by: Actor) -> Any:
    """The saved mappings that this actor may use, those of their own first."""
    return ImportMapping.objects.visible_to(by).live().select_related("owner").order_by("name", "pk")


def _fitting(by: Actor, found: Mapping[str, Any]) -> ImportMapping | None:
    """The newest one with the same header, one's own before others'."""
    same = list(mappings_for(by).filter(signature=found["signature"]))
    return max(same, key=lambda each: (each.owner_id == by.user_id, each.pk), default=None)


def _seen(by: Actor, mapping: ImportMapping) -> ImportMapping:
    if not access.can(by, "see", mapping):
        raise NotFound(_("No mapping at this address."))
    return mapping


def _fitted(mapping: ImportMapping, into: Import) -> dict[str, Any]:
    """What it says of columns that are in this file."""
    names = {each["name"].lower() for each in into.found["columns"]}
    columns = {name: meaning for name, meaning in mapping.wishes.get("columns", {}).items() if name.lower() in names}
    return {**mapping.wishes, "columns": columns}


def _lasting(into: Import) -> dict[str, Any]:
    """What is true of the next file too: by the columns' names, also those that were guessed right."""
    said = {name: value for name, value in into.wishes.items() if name not in ("sheet", "encoding", "header")}
    names = [each["name"] for each in into.found["columns"]]
    columns = {
        each["name"] if names.count(each["name"]) == 1 else f"#{at}": each["means"]
        for at, each in enumerate(into.found["columns"], 1)
    }
    return said | {"noun": into.kind, "columns": columns}


def _planned(found: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    return {"found": found} | _columns(found, wishes)


def _columns(found: Mapping[str, Any], wishes: Mapping[str, Any]) -> dict[str, Any]:
    return {"kind": found["noun"], "system": found["system"], "mode": wishes.get("mode", "create")}


def _readable(columns: Mapping[str, str]) -> dict[str, str]:
    if len(columns) > 4000 or any(len(name) > 2000 or len(meaning) > 60 for name, meaning in columns.items()):
        raise Invalid({"columns": [_("These are too many columns, or their names are too long.")]})
    return dict(columns)


def _runs(by: Actor, into: Import, kind: str, title: str) -> Run:
    current().step.always = True
    run = begin_run(by, kind, title[:300], {"import": into.pk, "noun": into.kind})
    with writing():
        Import.objects.filter(pk=into.pk).update(run=run)
    into.run = run
    return run


def _is_ready(into: Import) -> None:
    if not into.is_draft:
        raise WrongState(_("This import has begun, so its plan stays as it is. Upload the file again for another one."))
    _has_file(into)


def _is_clear(into: Import) -> None:
    """What the file does not say by itself must be said first."""
    if into.found["missing"]:
        raise Invalid({"columns": [into.found["missing"]]})
    if names := into.found["unclear"]:
        text = _("Say whether the day or the month comes first in %(names)s: these days can be read both ways.")
        raise Invalid({"dates": [text % {"names": ", ".join(f"“{name}”" for name in names)}]})


def _has_file(into: Import) -> None:
    if not into.stored_as or into.archived_at or not stored(into.stored_as).is_file():
        raise WrongState(_("The file of this import is not kept any more. Upload it again."))


def _may_import(by: Actor, wanted: Any) -> None:
    if by.user_id is None:
        raise NotAllowed(_("Only a user can do this for themselves. Say which one acts."))
    if not any(access.can_any(by, action, noun) for noun in wanted for action in ("create", "edit")):
        raise NotAllowed(_("Your role does not allow imports. Ask an administrator."))


def _may(by: Actor, noun: str, mode: str) -> None:
    for action in {"create": ("create",), "update": ("edit",)}.get(mode, ("create", "edit")):
        if not access.can_any(by, action, noun):
            raise NotAllowed(_("Your role does not allow this. Nothing was changed. Ask an administrator."), may=action)
