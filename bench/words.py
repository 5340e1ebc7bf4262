"""The words that bench/grow.py makes names of, in tables of their own: as they are said, spelled and looked up."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import connection
from fill import FIRST, HEADS, TAILS, TRADES, WANTS

from fairlead.models.terms import BEGINS_TEXT, spelled, terms

FIRST += (
    " Aaron Abigail Adam Agnes Ahmed Aisha Alan Albert Alice Amara Amelia Amir Andrea Andrew Angela Arjun Arthur Astrid"
    " Axel Beatrice Bernard Bianca Boris Bridget Bruno Camille Carlos Caroline Catherine Cecilia Charles Chloe Clara"
    " Colin Daniel Daphne David Deborah Diego Dominik Edith Edward Elena Elias Emily Emma Enzo Eric Esther Eva Fatima"
    " Felix Fiona Florence Frank Frederik Gareth George Gloria Gordon Grace Hannah Harold Harriet Hassan Heidi Helen"
    " Henry Ibrahim Ida Igor Imogen Ingrid Irene Isaac Isabel Ivan Jack James Jana Jasper Jean Jessica Joan Joel Johan"
    " Joseph Julia Karen Karl Keith Kenji Klara Laura Leila Leo Leon Lewis Linda Lorenzo Louise Lucas Lucy Luis Magnus"
    " Malik Marco Margaret Mark Martha Martin Matteo Mehmet Mia Michael Miriam Mohammed Monica Nadia Naomi Natalie"
    " Nicholas Nina Noor Norah Oliver Omar Oscar Otto Pablo Patrick Paula Pauline Philip Rachel Ralph Rebecca Richard"
    " Rita Roland Ruth Sam Sandra Sarah Sebastian Simon Sofia Stefan Stella Susan Teresa Thomas Tobias Ursula Valerie"
    " Vera Victoria Walter William Yasmin Zara"
)
HEADS += (
    " Abbot Acker Alder Ambrose Arm Ash Bach Baker Bar Beck Bell Black Blum Bog Bor Brand Brig Brock Brook Bruck Buch"
    " Burn Cald Carl Cham Clay Cole Cran Dahl Dal Dor Drey Dun East Eber Edel Eich Elm Ever Fair Falk Far Feld Fenn"
    " Flet Forst Fried Gold Gran Green Grim Gun Hack Hal Ham Hart Has Hay Hazel Heim Her High Hil Hol Horn Hut Ing Iver"
    " Kal Kel Kess Kirch Klein Knud Kol Kram Kron Lang Lauter Led Leh Lem Lob Lock Lud Mal March Mass Mer Mid Mor Nair"
    " Neu Nor Oak Oster Park Pet Pol Quill Rad Red Rein Ridge Roth Sand Schar Sher Sil Stan Sum Sut Tal Thor Tor Uhl"
    " Val Voss Wal War Whit Wil Win Wolf York Zand"
)
TAILS += (
    " au bach bank bauer beck berger bridge brook burg by combe cott dahl den dorf ell ers fort gaard gate hagen ham"
    " haus heim hurst ing kamp ke kov lein ley lin lund mark mer mond more nik now quist rich rup sted stein stone"
    " strom thal thorpe ton vik ward way wick worth zig"
)
MIDDLES = ("", "er", "in", "en")
TRADES += (
    " Advisers Architects Books Brewery Builders Care College Consulting Dairy Dental Design Electric Farms Fashion"
    " Films Finance Forge Freight Furniture Games Glass Health Hotels Labs Law Marine Media Metals Mills Optics Paper"
    " Pharma Plumbing Print Radio Rail Roofing Security Shipping Software Solar Sports Steel Timber Tools Toys Travel"
    " Water Wines"
)
MORE_WANTS = ["Servers", "Firewall", "Tablets", "Hosting", "Printers", "Data recovery", "Video rooms", "Migration"]
AREAS = "20 23 24 28 29 113 114 115 116 117 118 121 131 141 151 161 191 1223 1273 1482 1603 1752 1865 7400 7700 7911"
LISTS = ("first", "last", "trade", "want", "seats", "domain", "area")
SIZES: dict[str, int] = {}


def keep_words() -> None:
    """A temporary table for each list, `at` from 0 on."""
    kept = "tsvector" if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        for name in LISTS:
            cursor.execute(
                f"CREATE TEMPORARY TABLE bench_{name} "
                f"(at bigint PRIMARY KEY, said text, plain text, extra text, mail text, terms {kept})"
            )
            given = list(_rows(name))
            SIZES[name] = len(given)
            cast = "array_to_tsvector(%s::text[])" if connection.vendor == "postgresql" else "%s"
            cursor.executemany(f"INSERT INTO bench_{name} VALUES (%s, %s, %s, %s, %s, {cast})", given)
            cursor.execute(f"ANALYZE bench_{name}")
        cursor.execute("CREATE TEMPORARY TABLE bench_number (n integer PRIMARY KEY)")
        cursor.executemany("INSERT INTO bench_number VALUES (%s)", [(number,) for number in range(1, 400)])


def _rows(name: str) -> Iterator[tuple[Any, ...]]:
    for at, said in enumerate(_list(name)):
        text = spelled(said)
        plain, extra = _parted(said, text)
        held = sorted(term for term in terms(text, "") if not term.startswith(BEGINS_TEXT))
        mail = re.sub(r"[^a-z0-9-]", "", plain.replace(" ", "-")) or "x"
        yield at, said, plain, extra, mail, held if connection.vendor == "postgresql" else " ".join(held)


def _list(name: str) -> list[str]:
    lasts = [f"{head}{middle}{tail}" for middle in MIDDLES for head in HEADS.split() for tail in TAILS.split()]
    # Neighbours in the list are often or seldom names alike; so they are spread.
    mixed = [lasts[at * 7919 % len(lasts)] for at in range(len(lasts))]
    lists = {
        "first": FIRST.split(),
        "last": list(dict.fromkeys(mixed)),
        "trade": TRADES.split(),
        "want": [*WANTS, *MORE_WANTS],
        "seats": [f"{number} seats" for number in range(3, 1500)],
        "domain": ["freemail.example", *(f"{each.lower()}.example" for each in mixed[:4000] if each.isascii())],
        "area": AREAS.split(),
    }
    return lists[name]


def _parted(said: str, text: str) -> tuple[str, str]:
    """The words as they are, and the other spellings after them."""
    count = len(said.split())
    words = text.split()
    return " ".join(words[:count]), "".join(f" {each}" for each in words[count:])
