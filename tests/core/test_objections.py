"""What is wrong with a value is said in our words, whoever found it."""

from typing import Any

import pytest
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import models

from fairlead.core.objections import objections
from fairlead.web.forms import Form


class Asks(Form):
    name = forms.CharField(max_length=3)
    number = forms.IntegerField(max_value=5)
    amount = forms.DecimalField(max_digits=4, decimal_places=1)
    mail = forms.EmailField()


FIELDS: list[tuple[Any, Any, str]] = [
    (models.CharField(max_length=3), "four", "At most 3 characters fit here. This has 4."),
    (models.CharField(), "", "Fill this in."),
    (models.CharField(), None, "Fill this in."),
    (models.CharField(choices=[("a", "A")]), "b", "“b” is none of the list."),
    (models.IntegerField(), "one", "Write a whole number."),
    (models.PositiveSmallIntegerField(), -1, "Write 0 or more."),
    (models.DateField(), "soon", "Write a date like 2026-12-24."),
    (models.URLField(), "here", "Write an address like https://example.com."),
]


@pytest.mark.parametrize(("field", "value", "words"), FIELDS)
def test_values_of_fields(field: Any, value: Any, words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        field.clean(value, None)
    assert objections(refused.value) == [words]


def test_forms_and_passwords() -> None:
    asked = Asks({"name": "four", "number": "6", "amount": "12345.67", "mail": "me"})
    assert not asked.is_valid()
    assert [asked.error(name) for name in ("name", "number", "mail")] == [
        "At most 3 characters fit here. This has 4.",
        "Write 5 or less.",
        "Write an e-mail address like priya@example.com.",
    ]
    assert "At most 4 digits fit here." in asked.error("amount")
    with pytest.raises(ValidationError) as refused:
        validate_password("12345")
    assert objections(refused.value)[0] == "Use at least 12 characters." and "figures" in objections(refused.value)[-1]
    assert objections(ValidationError("Ours stays.")) == ["Ours stays."]
