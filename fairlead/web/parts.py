"""What an opportunity consists of, edited where it stands: needs, stakeholders, competitors, the team."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.core.verb import REGISTRY
from fairlead.models import Need, Stakeholder
from fairlead.web import formats, typed
from fairlead.web.formats import Reader

Text = Any


@dataclass(frozen=True)
class Piece:
    """One value of a part. `words` is how it reads, `typed` what stands in its field, `read` what was typed."""

    name: str
    label: Text
    words: Callable[[Any, Reader], str]
    typed: Callable[[Any, Reader], str]
    read: Callable[[Any, str, Reader], Any]
    choices: tuple[tuple[str, Text], ...] = ()
    offers: tuple[Text, ...] = ()

    @property
    def kind(self) -> str:
        return "select" if self.choices else "text"


def find(noun: str, name: str) -> Piece | None:
    return next((each for each in PIECES.get(noun, ()) if each.name == name), None)


def save(part: Any, piece: Piece, text: str, by: Actor, reader: Reader, version: int | None) -> None:
    """Save what was typed by the part's own verb; raises Invalid at the piece, or Conflict."""
    try:
        if "\x00" in text:
            raise typed.Unread(_("This text has a character that cannot be stored (NUL)."))
        value = piece.read(part, text.strip(), reader)
    except typed.Unread as unread:
        raise Invalid({piece.name: [str(unread)]}) from None
    REGISTRY[f"edit_{part.noun()}"].call(by, part, version=version, **{piece.name: value})


def in_words(part: Any, piece: Piece, packed: Any, reader: Reader) -> str:
    """A value from a conflict, as it reads."""
    if packed in (None, "") or piece.name == "cost":
        return "" if packed in (None, "") else str(packed)
    return str(dict(piece.choices).get(packed, packed))


def _plain(name: str, label: Text, *, offers: tuple[Text, ...] = ()) -> Piece:
    def shown(part: Any, reader: Reader) -> str:
        return str(getattr(part, name))

    return Piece(name, label, shown, shown, lambda part, text, reader: text, offers=offers)


def _choice(name: str, label: Text, choices: Any) -> Piece:
    known = tuple(choices)

    def read(part: Any, text: str, reader: Reader) -> str:
        if text not in dict(known):
            raise typed.Unread(_("Choose one from the list."))
        return text

    def words(part: Any, reader: Reader) -> str:
        return str(dict(known).get(getattr(part, name), ""))

    return Piece(name, label, words, lambda part, reader: str(getattr(part, name)), read, known)


def _cost(part: Any, text: str, reader: Reader) -> Any:
    return typed.amount_in(text, part.currency, reader.locale) if text else None


def _cost_words(part: Any, reader: Reader) -> str:
    return "" if part.cost is None else formats.money(part.cost, part.currency, reader)


def _cost_typed(part: Any, reader: Reader) -> str:
    return "" if part.cost is None else format_decimal(part.cost, locale=reader.locale, group_separator=False)


WEIGHTS = [(value, str(label).capitalize()) for value, label in Need.Weight.choices]
PIECES: dict[str, tuple[Piece, ...]] = {
    "need": (
        _plain("text", gettext_lazy("Need")),
        _choice("weight", gettext_lazy("How much it matters"), WEIGHTS),
        _plain("coverage", gettext_lazy("Coverage")),
        Piece("cost", gettext_lazy("Cost"), _cost_words, _cost_typed, _cost),
    ),
    "stakeholder": (
        _choice("role", gettext_lazy("Their part in it"), Stakeholder.Role.choices),
        _plain("note", gettext_lazy("Note")),
    ),
    "rival": (_plain("note", gettext_lazy("Note")),),
    "team_member": (
        _plain(
            "role",
            gettext_lazy("Role"),
            offers=(gettext_lazy("Technical"), gettext_lazy("Delivery"), gettext_lazy("Sponsor")),
        ),
    ),
}
