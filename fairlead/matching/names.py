"""How like two names are, from 0 to 1: of people, and of companies without their legal form."""

import re
from collections.abc import Sequence

from fairlead.models import names
from fairlead.models.terms import german

LEGAL = names.words_of("""
    ag ab aps as asa bv bvba co company corp corporation cv doo ek eg eood gbr gmbh inc incorporated kft kg kgaa kk lda
    limited llc llp lp ltd ltda mbh nv ohg ood oy oyj plc pte pty rt sa sarl sas sl slu sp spa sprl srl sro ug zoo
""")
INITIAL = 0.9  # of a name that only its first letter stands for
EXTRA = 0.97  # for every word that the other name lacks


def person_words(name: str) -> list[str]:
    """The words of a person's name, without titles and what stands behind it."""
    parts = names.split(name)
    return _words(names.joined(names.Parts(parts.first, parts.middle, parts.last)) or name)


def company_words(name: str) -> list[str]:
    """The words of a company's name without its legal form; all of them, if it has no others."""
    found = _words(re.sub(r"[./]", "", name))
    bare = [word for word in found if word not in LEGAL and word not in {"and", "the", "und", "&"}]
    return bare or found


def likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """In whatever order the words stand; each is found once."""
    few, many = sorted((list(one), list(other)), key=len)
    if not few:
        return 0.0
    extra, found = len(many) - len(few), []
    for word in sorted(few, key=len, reverse=True):
        best = max(many, key=lambda each: _alike(word, each))
        found.append(_alike(word, best))
        many.remove(best)
    return float(min(found) * 0.4 + sum(found) / len(found) * 0.6) * EXTRA**extra


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w]+", german(text)) if word]


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if 1 in (len(one), len(other)):
        return INITIAL if one[:1] == other[:1] else 0.0
    from rapidfuzz.distance import JaroWinkler  # 5 MB that most processes never need

    return float(JaroWinkler.similarity(one, other))
