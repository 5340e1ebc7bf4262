"""What a person decides about a file, as it is kept: from wishes to a plan, and from a plan to what is shown."""

import codecs
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.core.errors import Invalid
from fairlead.core.upload import stored
from fairlead.exchange.imports.drafts import DAYS
from fairlead.exchange.imports.plan import Wishes, place_of, plan
from fairlead.exchange.imports.trial import Trial
from fairlead.exchange.mapping.targets import PLURAL, SINGULAR, custom_fields
from fairlead.exchange.mapping.words import bare, meant
from fairlead.exchange.reading import Choices, Look
from fairlead.exchange.reading.limits import LOOKED_AT
from fairlead.exchange.tables import clean
from fairlead.models import Import
from fairlead.verbs import import_files

SAMPLES = 3
LONGEST = 200  # characters of a sample
DATED = DAYS | {"created_at"}


def read(by: Actor, path: Path, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """What a file is, with these wishes, for people and programs; raises Invalid in words."""
    found: dict[str, Any] = storable(described(plan(by, path, asked(wishes)), wishes, by))
    return found


import_files.READ["file"] = read


def trial_of(by: Actor, into: Import) -> tuple[Trial, Path]:
    """Ready to go through the file of an import."""
    path = stored(into.stored_as)
    return plan(by, path, asked(into.wishes | {"noun": into.kind})), path


def asked(wishes: Mapping[str, Any]) -> Wishes:
    """Wishes as they are kept, as the plan takes them."""
    encoding = wishes.get("encoding", "")
    if encoding and not _is_known(encoding):
        raise Invalid({"encoding": [_("Nobody knows the encoding “%(name)s”.") % {"name": encoding}]})
    separator = str(wishes.get("separator", "")).replace("\\t", "\t")
    choices = Choices(
        encoding,
        separator,
        wishes.get("sheet", ""),
        wishes.get("header"),
        wishes.get("dates") or None,
        wishes.get("decimal", ""),
    )
    return Wishes(
        PLURAL.get(wishes.get("noun", ""), ""),
        choices,
        wishes.get("columns", {}),
        wishes.get("system", ""),
        wishes.get("mode", "create"),
        tuple(wishes.get("match", ["mail"])),
        wishes.get("unknown", "refuse"),
        wishes.get("unknown_owner", "mine"),
        wishes.get("whose", "rules"),
    )


def described(trial: Trial, wishes: Mapping[str, Any], by: Actor) -> dict[str, Any]:
    found, guessed = trial.found, trial.guessed
    said = {place_of(name, found.names) for name in wishes.get("columns", {})}
    own = custom_fields(by)[guessed.noun]
    return {
        "noun": SINGULAR[guessed.noun],
        "kind": found.kind,
        "encoding": found.encoding,
        "separator": found.manner.separator if found.kind == "text" else "",
        "sheets": found.sheets,
        "sheet": found.sheet,
        "header": 0 if found.header is None else found.header + 1,
        "decimal": found.decimal,
        "dates": wishes.get("dates", ""),
        "system": trial.known.system,
        "rows": len(found.sample),
        "more_rows": len(found.sample) >= LOOKED_AT - found.begins,
        "columns": [_column(at, trial, at in said, own) for at in range(len(found.names))],
        "unclear": [] if wishes.get("dates") else unclear(trial),
        "missing": trial.drafting.missing(),
        "signature": signature(found),
    }


def storable(value: Any) -> Any:
    """The same with what a file may hold and a database may not, such as zero bytes, replaced."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): storable(each) for name, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list | tuple) else value


def signature(found: Look) -> str:
    """Of the header: files with the same columns, in whatever order, have the same."""
    return sha256("\n".join(sorted(clean(name).strip().lower() for name in found.names)).encode()).hexdigest()


def _column(at: int, trial: Trial, said: bool, own: Mapping[str, str]) -> dict[str, Any]:
    found, name, means = trial.found, trial.found.names[at], trial.guessed.meanings[at]
    secret = trial.guessed.secrets.get(at, "")
    known = bool(meant(name)) or bare(name) in own or name.strip().lower() in own or means == "record"
    return {
        "name": name[:LONGEST],
        "means": means,
        "sure": "said" if said else "name" if means and known else "values" if means else "",
        "secret": secret,
        "dates": str(found.orders.get(at, "")),
        "samples": [] if secret and not means else [value[:LONGEST] for value in found.values(at)[:SAMPLES]],
    }


def unclear(trial: Trial) -> list[str]:
    """Columns of days that could be read both ways."""
    found = trial.found
    unclear = [at for at, order in found.orders.items() if order == "?"]
    dated = DATED | {meaning for meaning, field in trial.guessed.own.items() if field.kind == "date"}
    return [found.names[at][:LONGEST] for at in unclear if trial.guessed.meanings[at] in dated]


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
        b"a".decode(encoding)
    except (LookupError, UnicodeError, ValueError):
        return False
    return True
