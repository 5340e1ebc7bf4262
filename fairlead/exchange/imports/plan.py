"""What an import is to do: the file as it was found or corrected, what its columns mean, and how rows are matched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.exchange.imports.drafts import Drafting
from fairlead.exchange.imports.trial import Mode, Trial
from fairlead.exchange.mapping.guess import NOUNS, Guess, guess
from fairlead.exchange.mapping.targets import SINGULAR, custom_fields, own_fields, stage_names
from fairlead.exchange.mapping.words import meanings
from fairlead.exchange.reading import Choices, Look, look
from fairlead.matching.known import Known
from fairlead.models import Organisation
from fairlead.verbs.import_owners import UnknownOwner, known_owners

# Ids that say whose they are by how they look.
SALESFORCE = re.compile(r"(00[1356Q0]|006|701)[A-Za-z0-9]{12}([A-Z0-5]{3})?")


@dataclass(frozen=True)
class Wishes:
    """What a person says about an import; what is left out is found. `columns`: meanings by column name."""

    noun: str = ""
    choices: Choices = field(default_factory=Choices)
    columns: Mapping[str, str] = field(default_factory=dict)
    system: str = ""
    mode: Mode = "create"
    match: tuple[str, ...] = ("mail",)
    unknown: str = "refuse"
    unknown_owner: UnknownOwner = "mine"
    whose: str = "rules"


def plan(by: Actor, path: Path, wishes: Wishes | None = None) -> Trial:
    """Look at a file and make ready to go through it; raises Unreadable, or Invalid when a wish cannot be met."""
    wanted = wishes or Wishes()
    if wanted.noun and wanted.noun not in NOUNS:
        raise Invalid({"as": [_("Import one of these: %(nouns)s.") % {"nouns": ", ".join(NOUNS)}]})
    found = look(path, wanted.choices)
    guessed = guess(found, wanted.noun, custom_fields(by))
    _as_wished(found, guessed, wanted, frozenset(custom_fields(by)[guessed.noun].values()))
    guessed.own = own_fields(guessed.noun, by, wanted.unknown)
    guessed.stages = stage_names(by, wanted.unknown) if guessed.noun == "opportunities" else None
    guessed.owners = frozenset(known_owners(by, SINGULAR[guessed.noun]))
    drafting = Drafting(found, guessed, Organisation.ours().country)
    known = Known(by, guessed.noun, wanted.system or system_of(found, guessed))
    said = (wanted.mode, wanted.match, wanted.unknown, wanted.unknown_owner, wanted.whose)
    return Trial(found, guessed, drafting, known, *said)


def system_of(found: Look, guessed: Guess) -> str:
    """Whose ids these are, so that files of one system find each other's records."""
    values = [value for at in guessed.columns("external_id") for value in found.values(at)[:20]]
    if values and all(SALESFORCE.fullmatch(value) for value in values):
        return "salesforce"
    names = {name.lower() for name in found.names}
    if names & {"record id", "hs_object_id", "record id - contact", "record id - company"}:
        return "hubspot"
    return "import"


def _as_wished(found: Look, guessed: Guess, wanted: Wishes, fields: frozenset[str]) -> None:
    for name, meaning in wanted.columns.items():
        at = place_of(name, found.names)
        if at is None:
            raise Invalid({"columns": [_("There is no column “%(name)s” in this file.") % {"name": name}]})
        if meaning and meaning not in meanings() and meaning not in fields:
            raise Invalid({"columns": [_("No column can mean “%(meaning)s”.") % {"meaning": meaning}]})
        guessed.meanings[at] = meaning


def place_of(name: str, names: Sequence[str]) -> int | None:
    """Where the column of this name is, in whatever case; #3 is the third."""
    if name in names:
        return names.index(name)
    small = [each.lower() for each in names]
    if name.lower() in small:
        return small.index(name.lower())
    number = int(name[1:]) if re.fullmatch(r"#\d{1,4}", name) else 0
    return number - 1 if 0 < number <= len(names) else None
