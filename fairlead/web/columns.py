"""The columns of a list: those that it brings, edited in place, and any field that its reader may read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import Record
from fairlead.programs.custom import CustomKnown
from fairlead.programs.fields import Known, every, fields, with_values
from fairlead.programs.then import value_has_history
from fairlead.web.keyset import NotUnderstood

MOST = 30
# The kinds of fields that make groups; days and moments by month.
GROUPED = {"choice", "yes", "link", "day", "moment"}


@dataclass(frozen=True)
class Column:
    """A column of the table; `sort` names the order that its head asks for.

    `fields`: what it shows, by the names of the registry; of several the first that has a value. `counted`: the number
    that it shows instead. `known` has the same fields as the registry knows them.
    """

    name: str
    label: Any
    sort: str = ""
    fields: tuple[str, ...] = ()
    end: bool = False
    counted: Callable[[Actor], Any] | None = None
    known: tuple[Known, ...] = ()

    @property
    def kind(self) -> str:
        """text, number, money, day, moment, time, choice, yes, link or links."""
        return self.known[0].kind if self.known else "number"

    def value(self, row: Any) -> Any:
        """What a row of `asked.rows` holds here: text, number, Decimal, date, moment, bool, record, list or None."""
        if self.counted:
            return getattr(row, f"{self.name}_counted")
        return next((value for each in self.known if (value := each.value(row)) is not None), None)

    def words(self, row: Any) -> Any:
        """As `value`, a choice as people read it."""
        value = self.value(row)
        return dict(self.known[0].choices).get(str(value), value) if self.kind == "choice" else value

    def currency(self, row: Any) -> str:
        return self.known[0].currency(row)


def known_columns(model: type[Record], brought: Sequence[Column]) -> dict[str, Column]:
    """The columns that a list brings, with what the registry knows of their fields."""
    registry = every(model)
    return {each.name: replace(each, known=tuple(registry[name] for name in each.fields)) for each in brought}


def usual(model: type[Record], brought: Mapping[str, Column], by: Actor) -> list[Column]:
    """The list's own columns without what is hidden from this reader."""
    hidden = access.hidden(by, model)
    return [each for each in brought.values() if not hidden.intersection(each.fields)]


def offered(model: type[Record], brought: Mapping[str, Column], by: Actor) -> dict[str, Column]:
    """Every column that this reader may choose, the list's own first."""
    own = {each.name: each for each in usual(model, brought, by)}
    taken = {each.known[0].name for each in brought.values() if len(each.known) == 1}
    others = [_of(known) for known in fields(model, by).values() if known.name not in taken]
    return own | {each.name: each for each in others if each.name not in brought}


def names_offered(model: type[Record], brought: Mapping[str, Column], by: Actor) -> set[str]:
    """Every name by which this reader may choose a column."""
    return {*offered(model, brought, by), *(also for each in usual(model, brought, by) for also in each.fields[:1])}


def chosen(model: type[Record], brought: Mapping[str, Column], by: Actor, names: Sequence[str]) -> list[Column]:
    """These columns in this order, the name always first; one that there is not raises NotUnderstood."""
    known = offered(model, brought, by)
    also = {each.known[0].name: each.name for each in brought.values() if len(each.known) == 1}
    found = [next(iter(brought)), *(name if name in known else also.get(name, name) for name in names)]
    wanted = list(dict.fromkeys(found))
    if len(wanted) > MOST:
        raise NotUnderstood(_("A list shows up to %(most)s columns. Choose fewer.") % {"most": MOST})
    if unknown := [name for name in wanted if name not in known]:
        text = _("There is no column named “%(name)s” here. These are: %(known)s.")
        raise NotUnderstood(text % {"name": unknown[0][:40], "known": ", ".join(known)}, known=list(known))
    return [known[name] for name in wanted]


def groupable(model: type[Record], by: Actor) -> dict[str, Known]:
    """The fields that this reader can group a list by."""
    return {name: each for name, each in fields(model, by).items() if not each.via and _groups(each)}


def grouped_by(model: type[Record], by: Actor, name: str) -> Known:
    """The field of this name; one that no list can be grouped by raises NotUnderstood."""
    known = groupable(model, by)
    if name not in known:
        text = _("This list cannot be grouped by “%(name)s”. It can be by: %(known)s.")
        raise NotUnderstood(text % {"name": name[:40], "known": ", ".join(known)}, known=list(known))
    return known[name]


def has_history(model: type[Record], column: Column) -> bool:
    """Can it be shown of the past? Not what is counted."""
    return column.counted is None and all(value_has_history(model, each) for each in column.known)


def read_for(rows: Any, columns: Sequence[Column], by: Actor) -> Any:
    """These rows with all that the columns show, as far as the reader may see it."""
    counted = {f"{each.name}_counted": each.counted(by) for each in columns if each.counted}
    rows = rows.annotate(**counted) if counted else rows
    return with_values(rows, [known for each in columns for known in each.known], by)


def _groups(known: Known) -> bool:
    """Of custom fields, those with few values that lists can be narrowed by."""
    if isinstance(known, CustomKnown):
        return known.kind in {"choice", "yes"} and known.custom.filterable
    return known.kind in GROUPED or known.name in known.noun.few_values


def _of(known: Known) -> Column:
    sort = known.name if known.sorts else ""
    return Column(known.name, known.title, sort, (known.name,), known.kind in ("number", "money"), known=(known,))
