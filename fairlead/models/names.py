"""Names of people: put together from their parts and, as a suggestion only, taken apart.

A name is kept as it is written. Nothing here decides how somebody is called; it proposes.
"""

import re
from dataclasses import dataclass


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


HONORIFICS = words_of("""
    mr mrs ms miss mx sir dame lord lady dr prof professor rev reverend fr father sister brother hon judge capt
    captain col maj gen lt sgt herr frau hr fru monsieur madame mme mlle senor senora sr sra srta don dona sig
    signor signora dhr mevr mgr ing dipl dipl-ing pan pani mag senator sen congressman congresswoman
    representative governor gov mayor president ambassador chancellor officer major colonel general lieutenant
    sergeant pastor
""")
GENERATIONS = words_of("""
    jr sr jnr snr junior senior i ii iii iv v vi 2nd 3rd 4th
""")
CREDENTIALS = words_of("""
    md phd dds dvm jd esq esquire cpa mba mph msc bsc ma ba bs ms rn np pa do od dc dpm pe pmp cfa cfp clu cissp
    llm llb ret usn usmc usaf faia aia ra lcsw pharmd edd psyd dmd mbe obe cbe mp qc kc frs frcs facs fache gri
    crs chfc rph dnp crna aprn fnp bsn msn lpn lncc mdsc atty attorney ceo cfo cto coo
""")
# Small words before a family name that belong to it.
PARTICLES = words_of("""
    van von der den de del della di da dos das du des la le el al bin ibn ben ter ten zu zur zum af av mac
    vander vande vanden st st. saint san santa abu dal degli lo dela mc mac
""")


@dataclass(frozen=True)
class Parts:
    """The parts of a name as they were found; what is in none of them was no name."""

    first: str = ""
    middle: str = ""
    last: str = ""
    prefix: str = ""
    suffix: str = ""
    nickname: str = ""


def joined(parts: Parts) -> str:
    """The whole name as people of its script write it, without titles."""
    abroad = _katakana(parts.first) and _katakana(parts.last)
    if _eastern(parts.last) and _eastern(parts.first) and not abroad:
        return parts.last + parts.middle + parts.first
    between = "・" if abroad else " "
    whole = between.join(part for part in (parts.first, parts.middle, parts.last) if part)
    return f"{whole} {parts.suffix}" if whole and parts.suffix and _generation(parts.suffix) else whole


def split(text: str) -> Parts:
    """A suggestion of which words are whose part; a single word is a first name, as one would address it."""
    text = re.sub(r"[, ]+(attorney|atty\.?|counselor) at law$", "", " ".join(text.split()), flags=re.IGNORECASE)
    text, nickname = _without_nickname(text)
    if "," in text:
        return _with_commas(text, nickname)
    if _eastern(text) and " " not in text:
        first, *others = text.split("・") if _katakana(text) else [text]
        return Parts(first, "・".join(others[:-1]), "".join(others[-1:]), nickname=nickname)
    words, suffix = _without_suffix(text.split())
    words, prefix = _without_prefix(words)
    return _western(words, prefix, suffix, nickname)


def call_name(text: str) -> str:
    """What to call somebody, when the name makes it plain: a nickname given with it, or the first of several words."""
    parts = split(text)
    first = parts.nickname or parts.first
    plain = first and parts.last and len(first.strip(".")) > 1 and not _eastern(text)
    return first if plain else ""


def _western(words: list[str], prefix: str, suffix: str, nickname: str) -> Parts:
    if len(words) < 2:
        only = " ".join(words)
        return Parts("", "", only, prefix, suffix, nickname) if prefix else Parts(only, "", "", "", suffix, nickname)
    if len(words) > 2 and len(words[-1].strip(".")) == 1 and len(words[0].strip(".")) > 1:
        return Parts(words[1], " ".join(words[2:]), words[0], prefix, suffix, nickname)  # family name first
    begin = _family_from(words)
    first, *middle = words[:begin]
    return Parts(first, " ".join(middle), " ".join(words[begin:]), prefix, suffix, nickname)


def _family_from(words: list[str]) -> int:
    """Where the family name begins: the last word with the small words before it, and what stands after those."""
    for at in range(1, len(words) - 1):
        if words[at].lower() in PARTICLES:
            return at
    return len(words) - 1


def _with_commas(text: str, nickname: str) -> Parts:
    """Family, First — or a name with titles after it."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    behind = [piece for piece in pieces[1:] if all(_is_suffix(word) for word in piece.split()) or _letters(piece, text)]
    pieces = pieces[:1] + [piece for piece in pieces[1:] if piece not in behind]
    if len(pieces) < 2:
        words, own = _without_suffix("".join(pieces[:1]).split())
        words, prefix = _without_prefix(words)
        return _western(words, prefix, " ".join(part for part in (own, *behind) if part), nickname)
    family, own = _without_suffix(pieces[0].split())
    given, after = _without_suffix(" ".join(pieces[1:]).split())
    given, prefix = _without_prefix(given)
    suffix = " ".join(part for part in (own, after, *behind) if part)
    first, middle = (given[0], " ".join(given[1:])) if given else ("", "")
    return Parts(first, middle, " ".join(family), prefix, suffix, nickname)


def _letters(piece: str, text: str) -> bool:
    """Letters behind a whole name, as of a society that nobody here knows: Ann Lee, XYZ."""
    name = text.partition(",")[0]
    return len(name.split()) > 1 and not name.isupper() and re.fullmatch(r"[A-Z]{3,5}", piece) is not None


def _without_nickname(text: str) -> tuple[str, str]:
    found = re.search(r"\(([^)]+)\)|[\"“”]([^\"“”]+)[\"“”]|(?:^|\s)'([^']+)'(?=\s|$)", text)
    if not found:
        return text, ""
    rest = " ".join((text[: found.start()] + " " + text[found.end() :]).split())
    return (rest, next(part for part in found.groups() if part)) if rest else (text, "")


def _without_prefix(words: list[str]) -> tuple[list[str], str]:
    at = 0
    while at < len(words) - 1 and _key(words[at]) in HONORIFICS:
        at += 1
    return words[at:], " ".join(words[:at])


def _without_suffix(words: list[str]) -> tuple[list[str], str]:
    end = len(words)
    # A last word of one letter may be an initial, and "ma" or "do" a family name.
    while end > 1 and _is_suffix(words[end - 1]) and (end > 2 or "." in words[end - 1] or words[end - 1].isupper()):
        if end == 2 and _key(words[1]) not in GENERATIONS and "." not in words[1]:
            break
        if len(_key(words[end - 1])) == 1:
            break
        end -= 1
    return words[:end], " ".join(words[end:])


def _is_suffix(word: str) -> bool:
    return _generation(word) or all(_key(each) in CREDENTIALS for each in re.split("[-/]", word))


def _generation(word: str) -> bool:
    return _key(word) in GENERATIONS


def _key(word: str) -> str:
    return word.lower().replace(".", "").strip(",")


def _eastern(text: str) -> bool:
    """In a script that writes names without spaces, family name first."""
    return bool(text) and all(
        "\u2e80" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" for letter in text if letter != " "
    )


def _katakana(text: str) -> bool:
    """A name from abroad as Japanese writes it."""
    return bool(text) and all("\u30a0" <= letter <= "\u30ff" for letter in text)
