"""Reading JSON without losing a digit."""

import json
import math
from decimal import Decimal
from typing import Any, NoReturn


def loads(raw: str | bytes) -> Any:
    """The value; raises ValueError (NaN and endless numbers too) or RecursionError."""
    return json.loads(raw, parse_constant=_no_number, parse_float=_exact)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _exact(text: str) -> float | Decimal:
    """A float when it says the same as the text, so that no amount of money loses a digit."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value if Decimal(repr(value)) == Decimal(text) else Decimal(text)
