"""Building keys and search rows anew, in pieces that let others work, from where an interrupted run stopped."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from fairlead.core.record import nouns
from fairlead.models.index import reindex
from fairlead.models.search import SEARCHED

PIECE = 500
SHOWN_EVERY = 20


def run(*, from_start: bool = False) -> None:
    """Every record that is searched; prints how far it is."""
    place = settings.DATA / "reindex.json"
    if from_start:
        place.unlink(missing_ok=True)
    noun, after = begun(place)
    for each in SEARCHED[SEARCHED.index(noun) :]:
        pieces(each, after if each == noun else 0, place)
    place.unlink(missing_ok=True)
    print("The search index is built.")


def begun(place: Path) -> tuple[str, int]:
    """The noun and id that an interrupted run had reached; the beginning, when there was none."""
    try:
        noun, after = json.loads(place.read_text())
        return SEARCHED[SEARCHED.index(noun)], int(after)
    except (OSError, ValueError, TypeError):
        return SEARCHED[0], 0


def pieces(noun: str, after: int, place: Path) -> None:
    found: Any = nouns()[noun]._base_manager
    total, done = found.count(), found.filter(pk__lte=after).count()
    while ids := piece(noun, after):
        after, done = ids[-1], done + len(ids)
        place.write_text(json.dumps([noun, after]))
        if done % (PIECE * SHOWN_EVERY) < PIECE or done == total:
            print(f"{nouns()[noun].plural()}: {done:,} of {total:,}", flush=True)


@transaction.atomic
def piece(noun: str, after: int) -> list[int]:
    """The next records, locked, so that nobody's change is overwritten by what they were before it."""
    model: Any = nouns()[noun]
    found = model._base_manager.select_for_update(no_key=True).filter(pk__gt=after).order_by("pk")
    ids = list(found.values_list("pk", flat=True)[:PIECE])
    reindex(model, ids)
    return ids
