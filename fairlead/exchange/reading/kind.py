"""What a file is, by its content; its name says nothing."""

import re
import zipfile
from pathlib import Path
from typing import Literal

from django.utils.translation import gettext as _

from fairlead.exchange.reading.encoding import decoded
from fairlead.exchange.reading.limits import PARTS, RATIO, UNPACKED
from fairlead.exchange.reading.refused import Unreadable

Kind = Literal["text", "workbook", "vcard"]
OTHERS = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"SQLite format 3", "SQLite"),
    (b"{\\rtf", "RTF"),
    (b"MZ", "EXE"),
    (b"\x7fELF", "ELF"),
    (b"PAR1", "Parquet"),
)
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # workbooks before 2007, and encrypted ones since


def kind_of(path: Path) -> Kind:
    """Raises Unreadable with what the file is instead of a table."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8192)
    if not head:
        raise Unreadable(_("This file is empty. Export it again, then try it here."))
    for start, name in OTHERS:
        if head.startswith(start):
            text = _("This is a %(kind)s file, not a table. Save the list as CSV or XLSX and try that.")
            raise Unreadable(text % {"kind": name})
    if head.startswith(b"PK"):
        return _workbook(path)
    if head.startswith(COMPOUND):
        return _old_workbook(path)
    if head[:2] == b"\x09\x08" and size > 20:  # Excel 4 and 5 without a container
        return "workbook"
    return _text(head)


def _workbook(path: Path) -> Kind:
    try:
        parts = zipfile.ZipFile(path).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        raise Unreadable(
            _("This workbook is damaged. Open it in the program that made it and save it again.")
        ) from None
    if any(part.flag_bits & 1 for part in parts):
        raise _locked()
    names = {part.filename.lower() for part in parts}
    if not any(re.search(r"(^|/)(workbook\.(xml|bin)|content\.xml)$", name) for name in names):
        raise Unreadable(_("This is a ZIP archive, not a workbook. Unpack it and try the files in it one by one."))
    unpacked, packed = sum(part.file_size for part in parts), max(1, path.stat().st_size)
    if unpacked > UNPACKED or len(parts) > PARTS or (unpacked > 20_000_000 and unpacked / packed > RATIO):
        text = _("Unpacked, this workbook is %(size)s MB, more than can be read safely. Save the sheet as CSV.")
        raise Unreadable(text % {"size": f"{unpacked // 1_000_000:,}"})
    return "workbook"


def _old_workbook(path: Path) -> Kind:
    if path.stat().st_size > UNPACKED:
        raise Unreadable(_("This workbook is too large to be read. Save the sheet as CSV."))
    raw = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in raw:
        raise _locked()
    if not any(name.encode("utf-16-le") in raw for name in ("Workbook", "Book", "WORKBOOK", "BOOK")):
        raise Unreadable(_("This is an Office document without a table. Save the list as CSV or XLSX and try that."))
    return "workbook"


def _locked() -> Unreadable:
    return Unreadable(_("This workbook is protected by a password. Save it without one, then try it here."))


def _text(head: bytes) -> Kind:
    text = decoded(head).lstrip("\ufeff \t\r\n")
    begin = text[:2000].lower()
    if re.match(r"begin\s*:\s*vcard", begin):
        return "vcard"
    if re.match(r"begin\s*:\s*vcalendar", begin):
        raise Unreadable(_("This is a calendar, not a list of people. Export contacts as CSV or vCard."))
    if re.match(r"(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|table|meta|div|script|style)\b", begin, re.DOTALL):
        raise Unreadable(
            _("This is a web page (HTML), whatever its name says. Open it in Excel or LibreOffice and save it as XLSX.")
        )
    if begin.startswith(("<?xml", "<workbook", "<!doctype")):
        raise Unreadable(_("This is XML, not a table. Open it in Excel or LibreOffice and save it as XLSX."))
    if re.match(r"[\[{]\s*[\"\[{\]}]", begin):
        raise Unreadable(_("This is JSON, not a table. Save the list as CSV, or send it through the API."))
    if _binary(head):
        raise Unreadable(_("This file is not a text: it is full of zero bytes. Export it again as CSV or XLSX."))
    return "text"


def _binary(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return False
    plain = decoded(head)
    control = sum(letter < " " and letter not in "\t\r\n\f\x1a\x1c\x1d\x1e\x1f" for letter in plain)
    return control > 0.1 * len(plain)
