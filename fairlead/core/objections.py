"""What is wrong with a value, in the words of the house: those of libraries reach nobody."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

Words = Callable[[Mapping[str, Any]], str]


def objections(error: ValidationError) -> list[str]:
    """What this error says, each in one sentence; what we wrote ourselves stays as it is."""
    return [_in_words(each) for each in error.error_list]


def by_field(error: ValidationError) -> dict[str, list[str]]:
    """The same for an error of several fields."""
    return {name: objections(ValidationError(errors)) for name, errors in error.error_dict.items()}


def too_long(limit: int, length: int | None = None) -> str:
    if length is None:
        return _("At most %(limit)s characters fit here.") % {"limit": limit}
    return _("At most %(limit)s characters fit here. This has %(length)s.") % {"limit": limit, "length": length}


def _in_words(error: ValidationError) -> str:
    params = error.params or {}
    with override("en"):
        text = str(error.message)
    limited = {"limit_value", "max"} & set(params) or (error.code or "").startswith("password_")
    known = _BY_CODE.get(error.code or "") if limited else _BY_TEXT.get(text)
    return known(params) if known else " ".join(error.messages)


_BY_CODE: dict[str, Words] = {
    "password_too_short": lambda params: _("Use at least %(min_length)s characters.") % params,
    "password_too_common": lambda params: _("Many people use this one. Choose a rarer one."),
    "password_entirely_numeric": lambda params: _("Use letters too, not only figures."),
    "password_too_similar": lambda params: _("It is too much like your name or address."),
    "max_length": lambda params: too_long(params["limit_value"], params.get("show_value")),
    "min_length": lambda params: _("Write at least %(limit_value)s characters.") % params,
    "max_value": lambda params: _("Write %(limit_value)s or less.") % params,
    "min_value": lambda params: _("Write %(limit_value)s or more.") % params,
    "max_digits": lambda params: _("At most %(max)s digits fit here.") % params,
    "max_decimal_places": lambda params: _("At most %(max)s digits fit after the point.") % params,
    "max_whole_digits": lambda params: _("At most %(max)s digits fit before the point.") % params,
}


def _needed(_params: Mapping[str, Any]) -> str:
    return _("Fill this in.")


def _whole(_params: Mapping[str, Any]) -> str:
    return _("Write a whole number.")


def _number(_params: Mapping[str, Any]) -> str:
    return _("Write a number.")


def _date(_params: Mapping[str, Any]) -> str:
    return _("Write a date like 2026-12-24.")


def _moment(_params: Mapping[str, Any]) -> str:
    return _("Write a moment like 2026-12-24T10:30.")


def _time(_params: Mapping[str, Any]) -> str:
    return _("Write a time like 09:00.")


def _mail(_params: Mapping[str, Any]) -> str:
    return _("Write an e-mail address like priya@example.com.")


def _link(_params: Mapping[str, Any]) -> str:
    return _("Write an address like https://example.com.")


def _unlisted(params: Mapping[str, Any]) -> str:
    return _("“%(value)s” is none of the list.") % {"value": str(params.get("value", ""))[:100]}


def _unkept(_params: Mapping[str, Any]) -> str:
    return _("This text has a character that cannot be stored.")


# By what Django's fields and validators say in English, whatever language is spoken.
_BY_TEXT: dict[str, Words] = {
    "This field is required.": _needed,
    "This field cannot be blank.": _needed,
    "This field cannot be null.": _needed,
    "Enter a whole number.": _whole,
    "Enter a valid integer.": _whole,
    "“%(value)s” value must be an integer.": _whole,
    "Enter a number.": _number,
    "“%(value)s” value must be a decimal number.": _number,
    "“%(value)s” value must be a float.": _number,
    "Enter a valid date.": _date,
    "“%(value)s” value has an invalid date format. It must be in YYYY-MM-DD format.": _date,
    "Enter a valid date/time.": _moment,
    "Enter a valid time.": _time,
    "Enter a valid email address.": _mail,
    "Enter a valid URL.": _link,
    "Value %(value)r is not a valid choice.": _unlisted,
    "Select a valid choice. %(value)s is not one of the available choices.": _unlisted,
    "Null characters are not allowed.": _unkept,
}
