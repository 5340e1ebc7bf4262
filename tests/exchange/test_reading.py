"""Reading: what a file is, by its content; every row of it; and what it is instead when it cannot be read."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.exchange.reading import Choices, Unreadable, look, rows
from fairlead.exchange.reading.encoding import encoding_of
from fairlead.exchange.reading.values import day, decimal_of, moment, number, order_of


def written(tmp_path: Path, content: bytes | str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def cells(path: Path, choices: Choices | None = None) -> list[list[str]]:
    return [line.cells for line in rows(path, look(path, choices))]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8-sig", "Name,City\nJürgen,Köln\n"),
        ("utf-16", "Name,City\nJürgen,Köln\n"),
        ("utf-16-le", "Name,City\nBob,Rome\n"),
        ("cp1252", "Name;Ort\n“Müller & Söhne” – 5 €;Größe\n"),
        ("cp1250", "Jméno;Město\nJiří Dvořák;Plzeň\nŠárka Čermáková;Třebíč\n"),
        ("cp1251", "Имя;Город\nИван Петров;Москва\n"),
        ("cp1253", "Όνομα;Πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\n"),
        ("mac_roman", "Name,City\nHélène,Besançon\nJürgen,Köln\n"),
        ("gb18030", "姓名,公司,城市\n王小明,北京科技有限公司,北京\n"),
        ("shift_jis", "氏名,会社\n山田太郎,株式会社ヤマダ\n"),
        ("euc_kr", "이름,회사\n김철수,한국전자\n"),
        ("big5", "姓名,公司\n王大明,台灣科技\n陳小姐,台北市\n"),
    ],
)
def test_encodings_by_what_makes_words(tmp_path: Path, encoding: str, text: str) -> None:
    path = written(tmp_path, text, encoding)
    assert encoding_of(path) == encoding
    assert cells(path)[0] == text.splitlines()[1].split(";" if ";" in text else ",")


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n1,5;2,5\n", ";"),
        ("a\tb\n1, 2\t3\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ("sep=;\na;b\n1;2\n", ";"),
    ],
)
def test_separators(tmp_path: Path, text: str, separator: str) -> None:
    found = look(written(tmp_path, text))
    assert (found.manner.separator, found.names[:2]) == (separator, ["a", "b"])


def test_titles_totals_and_blank_rows_are_no_data(tmp_path: Path) -> None:
    text = (
        "Trade fair 2026,,\nas of 3 May,,\n,,\nName,Email,Amount\nAnn,a@x.example,3\n,,\nBob,b@x.example,4\n"
        "Total,,7\n,,\nSource: badges,,\n"
    )
    path, left_out = written(tmp_path, text), []
    found = look(path)
    read = list(rows(path, found, left_out))
    assert (found.header, found.names) == (3, ["Name", "Email", "Amount"])
    assert [(line.number, line.at, line.cells[0]) for line in read] == [(1, 5, "Ann"), (2, 7, "Bob")]
    assert [row[0] for row in left_out] == ["Total", "Source: badges"]


def test_a_table_without_a_header(tmp_path: Path) -> None:
    path = written(tmp_path, "Ann,a@x.example,030 12345\nBob,b@x.example,030 12346\n")
    found = look(path)
    assert (found.header, found.names, len(cells(path))) == (None, ["Column 1", "Column 2", "Column 3"], 2)
    assert len(cells(path, Choices(header=1))) == 1


def test_wrong_quotation_marks_cost_one_row(tmp_path: Path) -> None:
    text = 'a,b\n1,"x" y\n2,"fine" ,\n3,"it said \\"no\\""\n4,z\n5,"never closed\n' + "".join(
        f"{n},q\n" for n in range(6, 700)
    )
    read = list(rows(path := written(tmp_path, text), look(path)))
    faults = {line.cells[0]: line.fault for line in read if line.fault}
    assert len(read) == 699 and set(faults) == {"1", "5"}
    assert faults["5"] == "A quotation mark is opened and never closed."
    assert read[2].cells[1] == 'it said "no"'


def test_cells_that_are_no_text_cost_one_row(tmp_path: Path) -> None:
    body = (
        b"name,note\nAnn,\xc3\xa9 fine\nBob,\xed\xa0\x80 half a pair\nCy,ze\x00ro\nDee,"
        + b"x" * 300_000
        + b"\nEve,\xc3\xbc\n"
    )
    read = list(rows(path := written(tmp_path, body), look(path)))
    assert [bool(line.fault) for line in read] == [False, True, True, True, False]
    assert "bytes in it that are no text" in read[1].fault and "zero byte" in read[2].fault
    assert "longer than 100,000" in read[3].fault


def packed(**parts: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return raw.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n,,\n", "nothing in this file but blank rows"),
        (b"<html><body><table><tr><td>Name</td></tr></table>", "web page (HTML)"),
        (b"%PDF-1.7 \n", "PDF"),
        (b'[{"name": "Ann"}]', "JSON"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "calendar"),
        (b"\x00" * 4000, "zero bytes"),
        (b",".join(b"c%d" % n for n in range(100_000)), "100,000 columns"),
        (b"PK\x03\x04 nothing", "damaged"),
        (lambda: packed(readme_txt="hello"), "ZIP archive"),
        (lambda: packed(xl__workbook_xml="<x/>", xl__sheet_xml=" " * 160_000_000), "more than can be read safely"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    ],
)
def test_says_what_a_file_is_instead(tmp_path: Path, content: bytes | Callable[[], bytes], words: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        cells(written(tmp_path, content() if callable(content) else content))
    assert words in str(refusal.value)


def test_orders_of_days_are_proven_by_the_column() -> None:
    assert order_of(["02/24/26", "01/02/26"]) == "mdy"
    assert order_of(["24.02.2026", "01.02.2026"]) == "dmy"
    assert order_of(["01/02/2026", "03/04/2026"]) == "?"
    assert order_of(["2026-01-02"]) == "ymd" and order_of(["Ann"]) == ""
    assert str(day("02/24/26", "mdy")) == "2026-02-24" and day("24/02/26", "mdy") is None
    assert str(moment("02/24/26 02:18 AM", "mdy")) == "2026-02-24 02:18:00+00:00"
    assert str(moment("2010-10-14T12:00:00.000+0200", "mdy")) == "2010-10-14 10:00:00+00:00"
    assert str(day("3. März 2024")) == str(day("Mar 3, 2024")) == "2024-03-03" and day("12 Mar 25") == day("2025-03-12")


def test_numbers_with_either_decimal_mark() -> None:
    assert [str(number(text, ",")) for text in ("1.234,50", "1,5", "€ 5", "1.234")] == ["1234.50", "1.5", "5", "1234"]
    assert [str(number(text)) for text in ("1,234.50", "(12)", "12 %", "x")] == ["1234.50", "-12", "12", "None"]
    assert decimal_of(["1.234,50", "3,5"]) == "," and decimal_of(["1,234.50"]) == "." and decimal_of(["7"]) == ""


CARDS = """BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen;;Dr.\r
item1.TEL;TYPE="work,voice";VALUE=uri:tel:+49-30-1234567;ext=12\r
TEL;CELL:0170 1234567\r
EMAIL;INTERNET:a@x.example\r
EMAIL:b@x.example\r
NOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r
two\r
PHOTO;ENCODING=BASE64:/9j/4AAQ\r
 SkZJRgABAQ\r
\r
ADR;HOME:;;Long Street 1;Hamburg;;20095;Germany\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Ann\\, the second\r
END:VCARD\r
"""


def test_vcards_of_every_version(tmp_path: Path) -> None:
    path = written(tmp_path, CARDS)
    found = look(path)
    first, second = ({n: c for n, c in zip(found.names, line.cells, strict=True) if c} for line in rows(path, found))
    assert found.kind == "vcard"
    assert (first["Last name"], first["First name"], first["Prefix"]) == ("Müller", "Jürgen", "Dr.")
    assert (first["Work phone"], first["Mobile"]) == ("+49-30-1234567;ext=12", "0170 1234567")
    assert (first["E-mail"], first["E-mail 2"], first["City"]) == ("a@x.example", "b@x.example", "Hamburg")
    assert first["Notes"].split() == ["one", "two"] and second["Full name"] == "Ann, the second"
