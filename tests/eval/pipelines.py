"""Sales pipelines: brought in the way of the import page, then what is there beside the figures of reports made of the
same file elsewhere."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import check
from django.db.models import Max, QuerySet

from fairlead.core.actor import Actor, system
from fairlead.core.upload import receive
from fairlead.exchange.imports.plan import plan
from fairlead.models import Closure, Opportunity, Role, User
from fairlead.verbs.import_files import create_import, edit_import, start_import
from fairlead.verbs.users import invite_user
from tests.eval.imports import is_answer
from tests.eval.stories import administrator, ended, fresh

BY_CHECKER = {"opportunities", "by_stage", "won_value", "win_rate_closed", "median_cycle_days_won", "without_account"}


def score(folder: Path) -> Iterator[dict[str, Any]]:
    by = administrator()
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and not is_answer(path, folder)]
    for path in files:
        if not expected_of(path).is_file() and plan(by, path).guessed.noun == "companies":
            brought_in(by, path)  # those that the sales name
    for path in files:
        if expected_of(path).is_file():
            yield {"set": path.name} | compared(by, path)


def expected_of(path: Path) -> Path:
    return path.with_name(path.name + ".expected.json")


def compared(by: Actor, path: Path) -> dict[str, Any]:
    wanted: dict[str, Any] = json.loads(expected_of(path).read_text(encoding="utf-8"))
    try:
        last = Opportunity.objects.aggregate(last=Max("pk"))["last"] or 0
        brought_in(by, path)
        found = figures(Opportunity.objects.visible_to(by).live().filter(pk__gt=last))
    except Exception as crash:
        print("MISS", path.name, f"{type(crash).__name__}: {crash}")
        return {"right": 0, "of": len(wanted)}
    most = wanted.get("top_agents_won_value", {})
    found["top_agents_won_value"] = dict(Counter(found["top_agents_won_value"]).most_common(len(most)))
    told(expected_of(path), wanted, found)
    return {"right": sum(found.get(name) == figure for name, figure in wanted.items()), "of": len(wanted)}


def brought_in(by: Actor, path: Path) -> None:
    """As people would: whom it names as owners is invited first, and stages that are not there are added."""
    into = create_import(by, upload=receive([path.read_bytes()], path.name, "create_import"))
    into = edit_import(by, into, unknown="create", **({"dates": "dmy"} if into.found["unclear"] else {}))
    invite_owners(by, path)
    run = ended(start_import(by, fresh(into)))
    assert run.state == "done", run.text


def invite_owners(by: Actor, path: Path) -> None:
    role = next(role for role in Role.objects.order_by("pk") if not role.governs)
    said = {str(verdict.draft.facts.get("owner", "")).strip() for verdict in plan(by, path).verdicts(path)} - {""}
    for name in sorted(said - set(User.objects.values_list("name", flat=True))):
        address = f"owner{User.objects.count()}@example.com"
        invite_user(system("eval"), name=name, email=address, role=role, mail=False)


def figures(found: "QuerySet[Opportunity]") -> dict[str, Any]:
    """What is there of an import, under the names of the checker."""
    sales = list(found.select_related("stage", "owner"))
    ends = {each.opportunity_id: each for each in Closure.objects.filter(opportunity__in=found).order_by("pk")}
    won, lost = ([each for each in sales if each.state == state] for state in ("won", "lost"))
    by_owner = Counter[str]()
    for each in won:
        by_owner[each.owner.name if each.owner else ""] += whole(ends[each.pk].amount)
    return {
        "opportunities": len(sales),
        "by_stage": dict(Counter(each.stage.name if each.is_open else each.get_state_display() for each in sales)),
        "won_value": sum(by_owner.values()),
        "win_rate_closed": round(len(won) / max(1, len(won) + len(lost)), 4),
        "median_cycle_days_won": median((ends[each.pk].on - each.created_at.date()).days for each in won),
        "without_account": sum(each.company_id is None for each in sales),
        "top_agents_won_value": dict(by_owner),
    }


def whole(amount: Decimal | None) -> Any:
    return 0 if amount is None else int(amount) if amount == int(amount) else float(amount)


def told(expected: Path, wanted: dict[str, Any], found: dict[str, Any]) -> None:
    """The checker's own lines, and ours for the figures that it does not compare."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(found, file)
        file.flush()
        check.pipeline(str(expected), file.name)
    for name in sorted(wanted.keys() - BY_CHECKER):
        if found.get(name) != wanted[name]:
            print("MISS", name, "got", found.get(name, "nothing"), "wanted", wanted[name])
