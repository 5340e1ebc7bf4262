"""What columns are called elsewhere: from a name to what it means."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

WORDS = Path(__file__).with_name("words.toml")


def bare(name: str) -> str:
    """Letters alone, without accents, figures that count ("Phone 2") and what programs add ("__c")."""
    name = re.sub(r"(__c|__pc|__r)$", "", name.strip())
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("ß", "ss")
    return re.sub(r"[\W\d_]+", "", plain)


def meant(name: str) -> str:
    """What a column of this name means; empty when nobody knows."""
    key, known = bare(name), _known()
    if key in known:
        return known[key]
    inside = re.sub(r"\(.*?\)|\[.*?\]", "", name)
    return known.get(bare(inside), "") or known.get(key.removesuffix("s"), "") if key else ""


def secret(name: str) -> str:
    """What a column of this name would give away: password, card, bank, national_id, health; empty when nothing."""
    key = bare(name)
    if key in _secrets():
        return _secrets()[key]
    words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).casefold())
    pieces = [bare(" ".join(words[at : at + size])) for size in (1, 2, 3) for at in range(len(words) - size + 1)]
    return next((_secrets()[piece] for piece in pieces if piece in _secrets() and len(piece) > 2), "")


def meanings() -> list[str]:
    """All that a column can mean."""
    return list(_read()["names"])


@cache
def _known() -> dict[str, str]:
    found: dict[str, str] = {}
    for meaning, names in _read()["names"].items():
        for name in names.split(" | "):
            found.setdefault(bare(name), meaning)
    return found


@cache
def _secrets() -> dict[str, str]:
    return {bare(name): kind for kind, names in _read()["sensitive"].items() for name in names.split(" | ")}


@cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
