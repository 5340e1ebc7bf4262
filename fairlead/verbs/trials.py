"""Access to trials: codes and links that are given out, each once, or a web service that makes one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, create_many
from fairlead.core.clash import check_version
from fairlead.core.errors import Invalid
from fairlead.core.sealed import seal
from fairlead.core.verb import verb
from fairlead.models import TrialCode, TrialPool
from fairlead.models.form import web_address
from fairlead.verbs.naming import free_name
from fairlead.verbs.responses import release

MOST_CODES = 10_000  # at once
LONGEST = 1000


@verb("{by} made the trial access {it}", may="organisation.edit", secret=True)
def create_trial_pool(
    by: Actor, *, name: str, address: str = "", signing_key: str = "", warn_below: int = 10
) -> TrialPool:
    """Make a store of codes, links or logins; with an `address`, that web service is asked for one instead."""
    whole = free_name(name, TrialPool.objects.all())
    values = {"name": whole, "address": _service(address), "warn_below": _few(warn_below)}
    return create(TrialPool, signing_key=seal(signing_key) if signing_key else "", **values)


@verb("{by} edited the trial access {trial_pool}", may="organisation.edit", secret=True)
def edit_trial_pool(
    by: Actor,
    trial_pool: TrialPool,
    *,
    name: str | None = None,
    address: str | None = None,
    signing_key: str = "",
    warn_below: int | None = None,
    version: int | None = None,
) -> TrialPool:
    """Change where access comes from; a key that is left out stays, unless the service is another one."""
    values: dict[str, Any] = {"name": free_name(name, TrialPool.objects.all(), trial_pool)} if name is not None else {}
    values |= {"address": _service(address)} if address is not None else {}
    values |= {"warn_below": _few(warn_below)} if warn_below is not None else {}
    if signing_key:
        values["signing_key"] = seal(signing_key)
    elif values.get("address", trial_pool.address) != trial_pool.address:
        values["signing_key"] = ""  # the key of one service is no other's business
    check_version(trial_pool, version, values)
    change(trial_pool, **values)
    return trial_pool


@verb("{by} put {count} codes into {trial_pool}", may="organisation.edit", secret=True)
def add_trial_codes(by: Actor, trial_pool: TrialPool, *, codes: list[str]) -> list[TrialCode]:
    """Put codes, links or logins into a store; those in it already are left out. Answers that wait for one go out."""
    plain = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    if not plain or len(plain) > MOST_CODES:
        raise Invalid({"codes": [_("Write 1 to %(most)s codes, one on each line.") % {"most": MOST_CODES}]})
    if any(len(code) > LONGEST or not code.isprintable() for code in plain):
        raise Invalid({"codes": [_("A code is one line of up to %(most)s characters.") % {"most": LONGEST}]})
    known = set(TrialCode.objects.filter(pool=trial_pool).values_list("code", flat=True))
    made = create_many(TrialCode, [{"pool": trial_pool, "code": code} for code in plain if code not in known])
    current().step.labels["count"] = str(len(made))
    release(by, trial_pool)
    return made


def _service(address: str) -> str:
    plain = address.strip()
    try:
        if plain:
            web_address(plain)
    except ValidationError as wrong:
        raise Invalid({"address": list(wrong.messages)}) from None
    return plain


def _few(number: int) -> int:
    if not 0 <= number <= MOST_CODES:
        raise Invalid({"warn_below": [_("Write 0 to %(most)s.") % {"most": MOST_CODES}]})
    return number
