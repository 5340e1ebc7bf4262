"""vCards, through the import's dry run: every card, name, address and number."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check

from fairlead.core.actor import system
from fairlead.exchange.imports.plan import Wishes, plan


def score(folder: Path) -> Iterator[dict[str, Any]]:
    files = [path for path in sorted(folder.iterdir()) if not path.name.endswith(".json")]
    found = {path.name: cards(path) for path in files}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({name: each for name, each in found.items() if each is not None}, file)
        file.flush()
        missed = misses(folder, file.name)
    yield {"set": folder.name, "right": len(files) - missed, "of": len(files)}


def cards(path: Path) -> list[dict[str, Any]] | None:
    try:
        trial = plan(system("evaluation"), path, Wishes(noun="people"))
        return [card(each.draft.facts) for each in trial.verdicts(path)]
    except Exception as crash:
        print("CRASH", path.name, f"{type(crash).__name__}: {crash}")
        return None


def card(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": facts.get("name", ""),
        "emails": [*facts.get("mails", {}).values(), *facts.get("odd_mails", [])],
        "phones": [typed for typed, _label in facts.get("phones", {}).values()],
        "org": facts.get("company", ""),
    }


def misses(folder: Path, answers: str) -> int:
    """How many files the checker finds fault with."""
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        check.vcard(str(folder), answers)
    print(said.getvalue(), end="")
    return sum(line.startswith("MISS") for line in said.getvalue().splitlines())
