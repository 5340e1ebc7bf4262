"""Every file of a folder goes the way of the import page: uploaded, tried, brought in, brought in again, taken back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fairlead.core.actor import Actor, system
from fairlead.core.errors import Refused
from fairlead.core.outbox import carry_out, claim
from fairlead.core.upload import receive
from fairlead.models import (
    Company,
    ExactKey,
    ExternalId,
    Import,
    Lead,
    MailAddress,
    Person,
    PhoneNumber,
    Role,
    Run,
    User,
)
from fairlead.programs.runs import LEASE
from fairlead.verbs.import_files import create_import, edit_import, start_import, take_back_import, try_import
from fairlead.verbs.users import invite_user
from tests.eval.imports import is_answer

KEPT = (Person, Company, Lead, MailAddress, PhoneNumber, ExternalId)
IMPORTED = ("person", "company", "lead")


def score(folder: Path) -> Iterator[dict[str, Any]]:
    by = administrator()
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not is_answer(path, folder)]
    right = 0
    for path in files:
        wrong = went(by, path)
        right += not wrong
        if wrong:
            print("MISS", path.name, wrong)
    yield {"set": folder.name, "right": right, "of": len(files)}


def administrator() -> Actor:
    role = next(role for role in Role.objects.order_by("pk") if role.governs)
    invite_user(system("eval"), name="Eval", email="eval@example.com", role=role)
    return User.objects.get(email="eval@example.com").actor("web")


def went(by: Actor, path: Path) -> str:
    """What went wrong on the way; a file that is refused in words, or holds what cannot be imported, went right."""
    before = content()
    try:
        into = create_import(by, upload=receive([path.read_bytes()], path.name, "create_import"))
        if into.found["unclear"]:
            into = edit_import(by, into, dates="dmy")
        if into.found["missing"]:
            return ""
        tried, run = ended(try_import(by, into)), ended(start_import(by, fresh(into)))
    except Refused:
        return "" if content() == before else "refused, and something was left"
    into = fresh(into)
    if (tried.state, run.state) != ("done", "done"):
        return f"{tried.text} {run.text}"
    if into.tried["counts"]["rejected"] > into.counts["refused"] or sum(into.counts.values()) < into.tried["rows"]:
        return f"tried {into.tried['counts']}, came to {into.counts}"
    second = create_import(by, upload=receive([path.read_bytes()], path.name, "create_import"))
    second = edit_import(by, second, dates="dmy") if second.found["unclear"] else second
    ended(start_import(by, second))
    if fresh(second).counts["made"]:
        return f"the second time {fresh(second).counts}"
    for each in (second, into):
        ended(take_back_import(by, fresh(each)))
    return "" if content() == before else "taken back, and something was left"


def ended(run: Run) -> Run:
    for row in claim("eval", lease=LEASE, long=True):
        carry_out(row, LEASE)
    run.refresh_from_db()
    return run


def fresh(into: Import) -> Import:
    return Import.objects.select_related("run").get(pk=into.pk)


def content() -> list[Any]:
    found = [list(model._base_manager.order_by("pk").values_list("pk", flat=True)) for model in KEPT]
    return [*found, sorted(ExactKey.objects.values_list("kind", "value", "noun", "record_id"))]
