"""How those who are brought in can be reached: addresses and numbers that are new, and those that were edited."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from fairlead.core.changes import assign, create_many
from fairlead.core.record import chunks
from fairlead.models import MailAddress, PhoneNumber, PostalAddress
from fairlead.verbs.import_rows import Ready

Pairs = Sequence[tuple[Ready, Any]]


def update_reach(noun: str, pairs: Pairs) -> None:
    """What rows say of records that are there: added, or in the place of what it was before somebody edited it."""
    ours = [(row, record) for row, record in pairs if row.row.get("record") == record.public_id]
    _replace(
        noun, MailAddress, [(record.pk, [_mail(*each) for each in row.mails]) for row, record in ours if row.mails]
    )
    _replace(
        noun, PhoneNumber, [(record.pk, [_phone(*each) for each in row.phones]) for row, record in ours if row.phones]
    )
    _move(noun, [(record.pk, row.place) for row, record in ours if row.place])
    add_reach(noun, pairs, reach_of(noun, [record.pk for _row, record in pairs]))


def add_reach(noun: str, pairs: Sequence[tuple[Ready, Any]], held: dict[int, set[str]]) -> None:
    """Addresses and numbers that the record does not have yet."""
    of, mails, phones, places = (
        f"{noun}_id",
        list[dict[str, Any]](),
        list[dict[str, Any]](),
        list[dict[str, Any]](),
    )
    for row, record in pairs:
        pk, has = record.pk, held.get(record.pk, ())
        mails += [
            {of: pk, "address": text, "normal": key, "position": at}
            for at, (text, key) in enumerate(row.mails, len(has))
            if key not in has
        ]
        phones += [
            {of: pk, "typed": typed, "e164": e164, "label": label, "position": at}
            for at, (typed, e164, label) in enumerate(row.phones, len(has))
            if (e164 or typed) not in has
        ]
        if row.place and "address" not in has:
            places.append({of: pk} | row.place)
    for model, values in ((MailAddress, mails), (PhoneNumber, phones), (PostalAddress, places)):
        create_many(model, values)


def reach_of(noun: str, ids: Sequence[int]) -> dict[int, set[str]]:
    """By record, the addresses and numbers it has."""
    found: dict[int, set[str]] = defaultdict(set)
    owner = f"{noun}_id"
    for chunk in chunks(ids):
        of = {f"{owner}__in": chunk}
        for pk, key in MailAddress.objects.filter(**of).values_list(owner, "normal"):
            found[pk].add(key)
        for pk, e164, typed in PhoneNumber.objects.filter(**of).values_list(owner, "e164", "typed"):
            found[pk].add(e164 or typed)
        for pk in PostalAddress.objects.filter(**of).values_list(owner, flat=True):
            found[pk].add("address")
    return found


# --- edited in a file of our own ---------------------------------------------------------------------------------

Facts = dict[str, Any]


def _replace(noun: str, model: Any, said: Sequence[tuple[int, list[Facts]]]) -> None:
    """The cell held all that the record has, in its order: what stands in the place of another is that, edited."""
    held = _parts_of(noun, model, [pk for pk, _facts in said])
    wanted = []
    for pk, facts in said:
        theirs = held.get(pk, [])
        wanted += [(theirs[old], facts[new]) for old, new in edited([*map(_key, theirs)], [*map(_key_said, facts)])]
    assign(wanted, compact=True)


def edited(held: Sequence[str], said: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Which of those held became which of those said; where fewer are said, nobody can tell, and none did."""
    for kind, old, old_end, new, new_end in SequenceMatcher(None, held, said, autojunk=False).get_opcodes():
        if kind == "replace" and old_end - old <= new_end - new:
            pairs = zip(range(old, old_end), range(new, new_end), strict=False)
            yield from ((one, other) for one, other in pairs if held[one] not in said and said[other] not in held)


def _move(noun: str, said: Sequence[tuple[int, dict[str, str]]]) -> None:
    """The parts of a postal address that were edited, where there is one: of several, all stand in one cell."""
    held = _parts_of(noun, PostalAddress, [pk for pk, _place in said])
    assign([(held[pk][0], place) for pk, place in said if len(held.get(pk, [])) == 1], compact=True)


def _parts_of(noun: str, model: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    owner = f"{noun}_id"
    for chunk in chunks(ids):
        for each in model.objects.filter(**{f"{owner}__in": chunk}).order_by("position", "pk"):
            found[getattr(each, owner)].append(each)
    return found


def _mail(text: str, key: str) -> Facts:
    return {"address": text, "normal": key}


def _phone(typed: str, e164: str, _label: str) -> Facts:
    return {"typed": typed, "e164": e164}


def _key(part: Any) -> str:
    return str(part.normal if isinstance(part, MailAddress) else part.e164 or part.typed)


def _key_said(facts: Facts) -> str:
    return str(facts.get("normal") or facts.get("e164") or facts["typed"])
