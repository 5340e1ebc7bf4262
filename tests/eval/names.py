"""Names taken apart as the import does, and put together as they are shown.

Of CLDR's forms the one that the product shows is scored (long, referring, formal). Names of companies are not taken
apart anywhere, so lists of them are not scored.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairlead.models import names

GIVEN, FAMILY = ("GivenName", "FirstInitial"), ("Surname", "LastInitial")
SHOWN = "none/long/referring/formal"


def score(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith(".expected.json"):
            continue
        items = json.loads(path.read_text(encoding="utf-8"))
        judged = [right for each in items if (right := judge(each)) is not None]
        if judged:
            yield {"set": path.stem, "right": sum(judged), "of": len(judged)}


def judge(item: dict[str, Any]) -> bool | None:
    if "expected" in item:
        return shown(item)
    if any(label.startswith("Corporation") or label == "ShortForm" for label, _word in item["labels"]):
        return None
    return taken_apart(item)


def shown(item: dict[str, Any]) -> bool | None:
    wanted, part = item["expected"].get(SHOWN), item["fields"].get
    if wanted is None:
        return None
    family = part("surname") or " ".join(word for word in (part("surname-prefix"), part("surname-core")) if word)
    parts = names.Parts(part("given", ""), part("given2", ""), family or "", suffix=part("generation", ""))
    found = names.joined(parts)
    if found != wanted:
        print("MISS", wanted, "|", found)
    return found == wanted


def taken_apart(item: dict[str, Any]) -> bool:
    """Given and family name as labelled; a name of one word, or of two people, stays whole."""
    labels = [label for label, _word in item["labels"]]
    found = names.split(item["text"])
    whole = " ".join([found.prefix, found.first, found.middle, found.last, found.suffix, found.nickname])
    given, family = said(item, GIVEN), said(item, FAMILY)
    if not given or not family or "And" in labels:
        return sorted(key(item["text"]).split()) == sorted(key(whole).split())
    right = key(found.last) == key(family) and key(found.first).split()[:1] == key(given).split()[:1]
    if not right:
        print("MISS", item["text"], "|", found)
    return right


def said(item: dict[str, Any], labels: tuple[str, ...]) -> str:
    return " ".join(word for label, word in item["labels"] if label in labels)


def key(text: str) -> str:
    return " ".join(re.sub(r"[,.()\"“”']", " ", text.lower()).split())
