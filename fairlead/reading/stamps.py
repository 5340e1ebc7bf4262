"""The stamp in each copy of a form: when it was made and its number, signed, so that no cookie is needed."""

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from django.utils.crypto import salted_hmac

GOOD_FOR = timedelta(days=1)
Verdict = Literal["good", "forged", "early", "late"]


def stamp(address: str, at: datetime) -> dict[str, str]:
    """The hidden fields of a new copy of this form."""
    moment, number = str(int(at.timestamp())), secrets.token_hex(12)
    return {"_at": moment, "_number": number, "_mark": _mark(address, moment, number)}


def carried(fields: Mapping[str, str]) -> dict[str, str]:
    """The stamp among the fields that came back."""
    return {name: fields.get(name, "") for name in ("_at", "_number", "_mark")}


def verdict(address: str, fields: Mapping[str, str], at: datetime, least_seconds: int) -> Verdict:
    """Is it one of ours, and was the form open for as long as a person needs, and no longer than a day?"""
    given = carried(fields)
    mark = _mark(address, given["_at"], given["_number"])
    if not given["_at"].isdecimal() or not hmac.compare_digest(mark.encode(), given["_mark"].encode()):
        return "forged"
    age = at.timestamp() - int(given["_at"])
    if age > GOOD_FOR.total_seconds():
        return "late"
    return "early" if age < least_seconds else "good"


def _mark(address: str, moment: str, number: str) -> str:
    return salted_hmac("fairlead form", f"{address}|{moment}|{number}", algorithm="sha256").hexdigest()
