"""Who this may be already: records with exactly the same mail, phone, domain or name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.core.record import nouns
from fairlead.models import ExactKey, Organisation, normal
from fairlead.models.search import sees_contact
from fairlead.web import rows
from fairlead.web.addresses import url_of

MOST = 3
COMPARED = {
    "person": ("person", "lead"),
    "company": ("company",),
    "lead": ("person", "company", "lead"),
    "opportunity": (),
}


@dataclass(frozen=True)
class Likeness:
    """A record that may be the same, as the form tells of it."""

    key: str
    name: str
    at: str
    url: str


def likenesses(noun: str, typed: Mapping[str, str], by: Actor) -> list[Likeness]:
    """Up to three records that the reader may see and that share a key or the name with what was typed."""
    found: list[Any] = []
    ids = _by_key(COMPARED[noun], typed, by)
    for other in COMPARED[noun]:
        condition = Q(pk__in=ids.get(other, []))
        if other == noun and other != "lead" and typed.get("name", "").strip():
            condition |= Q(name__in=_spellings(typed["name"]))
        found += _seen(other, condition, by)
    companies = rows.reached(by, "see", [getattr(each, "company", None) for each in found])
    return [_told(each, companies) for each in found[:MOST]]


def _by_key(others: tuple[str, ...], typed: Mapping[str, str], by: Actor) -> dict[str, list[int]]:
    condition = Q()
    for kind, value in _keys(typed) if sees_contact(by) else ():
        condition |= Q(kind=kind, value=value)
    found: dict[str, list[int]] = {}
    if condition:
        hits = ExactKey.objects.filter(condition, noun__in=others).values_list("noun", "record_id")
        for other, pk in hits[:50]:
            found.setdefault(other, []).append(pk)
    return found


def _keys(typed: Mapping[str, str]) -> list[tuple[str, str]]:
    mail = normal.mail((typed.get("mail") or typed.get("email", ""))[:320])
    phone = typed.get("phone", "")[:60].replace("\x00", "")
    domain = normal.domain(typed.get("website", "")[:300])
    keys = [
        ("mail", mail),
        ("phone", normal.phone(phone, Organisation.ours().country) if phone else ""),
        ("domain", domain if domain not in normal.FREE_MAIL else ""),
    ]
    return [(kind, value) for kind, value in keys if value]


def _spellings(name: str) -> set[str]:
    plain = " ".join(name.replace("\x00", "").split())[:200]
    return {name.strip()[:200].replace("\x00", ""), plain, plain.title()}


def _seen(noun: str, condition: Q, by: Actor) -> list[Any]:
    if not access.can_any(by, "see", noun) or condition == Q(pk__in=[]):
        return []
    found: Any = nouns()[noun].objects.visible_to(by).live().filter(condition)
    if noun == "lead":
        found = found.filter(state="open")
    if noun in {"person", "lead"}:
        found = found.select_related("company")
    return list(found.order_by("pk")[:MOST])


def _told(record: Any, companies: frozenset[int]) -> Likeness:
    company = getattr(record, "company", None)
    at = company.name if company and company.pk in companies else getattr(record, "company_name", "")
    name = _("the lead %(name)s") % {"name": record.label} if record.noun() == "lead" else record.label
    return Likeness(f"{record.noun()}:{record.public_id}", name, at, url_of(record))
