"""Files to import: read, mapped and gone through by the dry run of the import."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import check

from fairlead.core.actor import system
from fairlead.exchange.imports.plan import Wishes, plan
from fairlead.exchange.imports.trial import Trial
from fairlead.exchange.reading import Unreadable

# What the checker calls a meaning; others have the same name after the noun.
NEUTRAL = {
    "first_name": "person.first_name", "middle_name": "person.middle_name", "last_name": "person.last_name",
    "name": "person.name", "prefix": "person.salutation", "title": "person.title", "mail": "person.email",
    "phone": "person.phone", "mobile": "person.mobile", "birthday": "person.birthday", "linkedin": "person.linkedin",
    "company": "company.name", "website": "company.website", "industry": "company.industry", "tax_id": "company.tax_id",
    "employees": "company.employees", "revenue": "company.annual_revenue", "parent": "company.parent",
    "parent_id": "company.parent", "company_id": "company.external_id", "street": "address.street",
    "city": "address.city",
    "region": "address.state", "postal_code": "address.postcode", "country": "address.country",
    "source": "lead.source", "status": "lead.status", "rating": "lead.rating", "message": "lead.notes",
    "deal": "opportunity.name",
    "stage": "opportunity.stage", "amount": "opportunity.amount", "probability": "opportunity.probability",
    "close_date": "opportunity.close_date", "owner": "owner.name", "owner_mail": "owner.email",
    "owner_id": "owner.external_id", "mail_opt_out": "consent.email_opt_out", "do_not_call": "consent.do_not_call",
}  # fmt: skip
OF_COMPANIES = {"mail": "company.email", "phone": "company.phone", "mobile": "company.phone"}


def score(folder: Path) -> Iterator[dict[str, Any]]:
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not is_answer(path, folder)]
    right = mapped = columns = 0
    for path in files:
        missed, hit, of = checked(path)
        right, mapped, columns = right + (not missed), mapped + hit, columns + of
    yield {"set": folder.name, "right": right, "of": len(files), "mapped": mapped, "columns": columns}


def is_answer(path: Path, folder: Path) -> bool:
    """The expected outcome of another file, or its source."""
    parts = path.name.split(".")
    return any((folder / ".".join(parts[:at])).is_file() for at in range(1, len(parts)) if at < len(parts))


def checked(path: Path) -> tuple[bool, int, int]:
    """Whether anything of the file was missed, and how many of its columns mean what they should."""
    try:
        report = reported(path)
    except Exception as crash:
        print("MISS", path.name, f"{type(crash).__name__}: {crash}")
        return True, 0, 0
    expected = check.exp(str(path))
    wanted = {name: field for name, field in (expected or {}).get("mapping", {}).items() if not field.startswith("(")}
    wanted = {name: field for name, field in wanted.items() if name in report["header"]}
    hit = sum(report["mapping"].get(name) == field for name, field in wanted.items())
    if expected is None:
        return bool(record_misses(path, report)), hit, len(wanted)
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(report, file, default=str)
        file.flush()
        return check.imp(str(path), file.name), hit, len(wanted)


def reported(path: Path) -> dict[str, Any]:
    """What the dry run says, as the checker wants it."""
    try:
        trial = plan(system("evaluation"), path, Wishes(unknown="create"))  # the stages of the files are not ours
    except Unreadable as refusal:
        print("REFUSED", path.name, refusal.text)
        raise
    verdicts = list(trial.verdicts(path))
    refused = [each for each in verdicts if each.outcome == "rejected"]
    return {
        "encoding": trial.found.encoding,
        "delimiter": trial.found.manner.separator,
        "header": trial.found.names if trial.found.header is not None else [],
        "records": len(verdicts),
        "imported": len(verdicts) - len(refused),
        "rejected": [{"record": each.draft.number, "reason": " ".join(each.reasons)} for each in refused],
        "mapping": mapping(trial),
        "rows": [row(each.draft.facts) for each in verdicts],
        "cells": list(cells(trial, path)),
    }


def mapping(trial: Trial) -> dict[str, str]:
    names = NEUTRAL | OF_COMPANIES if trial.guessed.noun == "companies" else NEUTRAL
    pairs = zip(trial.found.names, trial.guessed.meanings, strict=True)
    return {name: names.get(meaning, meaning) for name, meaning in pairs if meaning}


def row(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts with several mail addresses and numbers told singly."""
    found = {name: value for name, value in facts.items() if not isinstance(value, dict | list)}
    found |= {f"mail.{at}": address for at, address in enumerate(facts.get("mails", {}).values())}
    found |= {f"phone.{at}": typed for at, (typed, _label) in enumerate(facts.get("phones", {}).values())}
    return found | {f"odd.{at}": value for at, value in enumerate(facts.get("odd_mails", []))}


def cells(trial: Trial, path: Path) -> Iterator[dict[str, str]]:
    from fairlead.exchange.reading import rows

    for line in rows(path, trial.found):
        yield dict(zip(trial.found.names, line.cells, strict=False))


def record_misses(path: Path, report: dict[str, Any]) -> bool:
    """Where the source project's own records stand beside the file: the same ones, cell by cell."""
    answer = path.with_name(path.name + ".records.json")
    if not answer.is_file():
        return False
    wanted = json.loads(answer.read_text(encoding="utf-8"))
    same = (
        isinstance(wanted, list)
        and len(wanted) == len(report["cells"])
        and all(
            {name: str(value) for name, value in record.items()} == cells
            for record, cells in zip(wanted, report["cells"], strict=True)
            if isinstance(record, dict)
        )
    )
    if not same:
        print("MISS", path.name, "the records differ from the source project's")
    return not same
