"""Which encoding a text is in: marks first, then UTF-8 over the whole file, then what makes words of its letters."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from fairlead.exchange.reading.limits import SAMPLE

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Two bytes to a sign, with the rows of the signs that are used most.
EAST = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "shift_jis": ("shift_jis", 0x81, 0x97),
    "big5": ("big5", 0xA4, 0xC6),
    "euc_kr": ("euc_kr", 0xB0, 0xC8),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
}
# One byte to a sign, the likelier first.
PLAIN = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "mac_roman", "koi8_r", "cp850", "cp1257")
USUAL = frozenset("éèêëàâäáãåçñöôóõòüûúùïîíìßæøœÉÈÀÄÖÜÅØÁÇ") | frozenset("“”‘’„«»–—…•€£§°©®™·´¿¡ºª²½\xa0")
MOST_USUAL = frozenset("éèàäöüßñçáíóú")
SEEN = {
    "cp1250": frozenset("ščřžýáíéěůúťďňąęłśźżćńóőűôľäöüßăâîşţđ"),
    "cp1251": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюя"),
    "koi8_r": frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюя"),
    "cp1253": frozenset("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋ"),
    "cp1255": frozenset("אבגדהוזחטיכךלמםנןסעפףצץקרשת"),
    "cp1256": frozenset("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىءأإآئؤ"),
    "cp1254": frozenset("ışğİçöü"),
    "cp1257": frozenset("ąčęėįšųūžāēīūģķļņ"),
}


def encoding_of(path: Path) -> str:
    """The encoding by Python's name."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if wide := _without_mark(head):
        return wide
    strange = _not_utf8(path)
    return _by_words(strange) if strange else "utf-8"


def decoded(raw: bytes) -> str:
    """A short text, by the same rules."""
    for mark, name in MARKS:
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    if wide := _without_mark(raw):
        return raw.decode(wide, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(_by_words(raw[:SAMPLE]), "replace")


def _without_mark(head: bytes) -> str:
    """UTF-16 whose mark is missing: every other byte is zero."""
    even, odd = head[0:4000:2], head[1:4000:2]
    if len(head) < 4 or not head.count(0):
        return ""
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return ""


def _not_utf8(path: Path) -> bytes:
    """The part of the file around what is no UTF-8; empty when all of it is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk, last in _chunks(path):
        try:
            decoder.decode(chunk, last)
        except UnicodeDecodeError:
            return chunk
    return b""


def _chunks(path: Path) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as file:
        while chunk := file.read(SAMPLE):
            yield chunk, False
    yield b"", True


def _by_words(raw: bytes) -> str:
    if not raw or _damaged(raw):
        return "utf-8"
    if east := _of_the_east(raw):
        return east
    return max(PLAIN, key=lambda name: (_plain(raw, name), -PLAIN.index(name)))


def _damaged(raw: bytes) -> bool:
    """UTF-8 with a few bytes that are wrong, such as halves of pairs written as letters of their own."""
    text = raw.decode("utf-8", "replace")
    wrong, right = text.count("\ufffd"), sum(letter > "\x7f" for letter in text if letter != "\ufffd")
    return right > 2 * wrong or bool(re.search(rb"\xed[\xa0-\xbf][\x80-\xbf]", raw))


def _of_the_east(raw: bytes) -> str:
    """Chinese read as Korean has many rare signs, Korean read as Chinese has none; only Japanese has kana."""
    scores = {name: _east(raw, name) for name in EAST}
    best = max(scores, key=lambda name: scores[name])
    if scores["euc_kr"] > 0.95:
        return "euc_kr"
    if scores["euc_jp"] > 0.95 and any("\u3041" <= letter <= "\u30fe" for letter in _whole(raw, "euc_jp")):
        return "euc_jp"
    return best if scores[best] > 0.85 else ""


def _east(raw: bytes, name: str) -> float:
    """How much of what is not ASCII are signs that are often used, when read in this encoding."""
    codec, low, high = EAST[name]
    text = _whole(raw, name)
    strange = [letter for letter in text if ord(letter) > 127]
    if not strange or "\ufffd" in strange:
        return 0.0
    return sum(_often(letter, codec, low, high, name) for letter in strange) / len(strange)


def _whole(raw: bytes, name: str) -> str:
    """Decoded; a sign cut in two at the end does not count."""
    for cut in (0, 1, 2, 3):
        try:
            return raw[: len(raw) - cut].decode(name)
        except UnicodeDecodeError as error:
            if error.end < len(raw) - cut - 3:
                break
    return "\ufffd"


def _often(letter: str, codec: str, low: int, high: int, name: str) -> bool:
    if 0xFF61 <= ord(letter) <= 0xFF9F:  # half-width kana: any single byte would be one
        return False
    if name == "gb18030" and unicodedata.category(letter)[0] == "P":
        return True
    if "\u3000" <= letter <= "\u30ff" or "\uff01" <= letter <= "\uff5e":
        return True
    try:
        code = letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and low <= code[0] <= high and unicodedata.category(letter) == "Lo"


def _plain(raw: bytes, name: str) -> float:
    """How well the letters stand together when read in this encoding."""
    text, own = raw.decode(name, "replace"), SEEN.get(name, USUAL)
    marks = [_fits(text, at, own) for at, letter in enumerate(text) if ord(letter) > 127]
    return sum(marks) / max(1, len(marks))


def _fits(text: str, at: int, own: frozenset[str]) -> float:
    letter, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    kind = unicodedata.category(letter)
    if letter == "\ufffd" or kind[0] == "C":
        return -6.0
    mark = 1.0 if letter in own or letter.lower() in own else 0.0
    if kind[0] in "LM":
        if kind == "Lu" and before.islower():
            mark -= 2.0
        if not _one_script(before, letter, after):
            mark -= 1.5
        if kind == "Ll" and not before.isalpha():
            mark -= 0.2  # names begin with a capital, where there are any
        mark += 0.2 * (letter.lower() in MOST_USUAL and mark > 0)
        if own is USUAL:
            mark -= _strange(before) and _strange(after)
        return mark
    if before.isalpha() and after.isalpha() and letter not in "’·\xad":
        mark -= 2.0
    return mark


def _strange(letter: str) -> bool:
    return letter > "\x7f" and letter.isalpha()


def _one_script(before: str, letter: str, after: str) -> bool:
    script = _script(letter)
    return all(_script(other) == script for other in (before, after) if other.isalpha())


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]
