"""Reading what a form sent and calling a verb with it; what the verb objects to stands beside its field."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fairlead.core.errors import Conflict, Invalid, WrongState
from fairlead.core.objections import objections

NEEDED = gettext_lazy("Fill this in.")
LISTED = gettext_lazy("Choose one of the list.")
WRONG: dict[type[forms.Field], Any] = {
    forms.TimeField: gettext_lazy("Write a time like 09:00."),
    forms.DateField: gettext_lazy("Write a date like 2026-12-24."),
}


class Form(forms.Form):
    """A form of a page: templates ask it for `value`, `error` and `choices` of a field, and for `wrong`.

    `version` is what the page posts again after a clash, so that saving once more keeps what was typed.
    """

    def __init__(self, data: Mapping[str, Any] | None = None, **known: Any) -> None:
        super().__init__(data or None, **known)
        self.refusal = ""
        self.result: Any = None
        self.version: int | None = None
        for field in self.fields.values():
            field.error_messages |= {"required": NEEDED, "invalid_choice": LISTED}
            if type(field) in WRONG:
                field.error_messages |= {"invalid": WRONG[type(field)]}

    def carried_out(self, verb: Callable[..., Any]) -> bool:
        """Call the verb with what was read; False when it or the form objects, and nothing was changed."""
        if not self.is_valid():
            return False
        try:
            self.result = verb(**self.cleaned_data)
        except Conflict as clash:
            self._show_both(clash)
        except Invalid as refusal:
            self._object(refusal.errors)
        except WrongState as refusal:
            self.refusal = refusal.text
        return not self.errors and not self.refusal

    def add_error(self, field: str | None, error: Any) -> None:
        """As Django does, but in our words."""
        plain = isinstance(error, ValidationError) and not hasattr(error, "error_dict")
        super().add_error(field, objections(error) if plain else error)

    @property
    def status(self) -> int:
        return 422 if self.wrong else 200

    @property
    def wrong(self) -> str:
        """What stands above a form that was not saved."""
        if self.refusal or not self.errors:
            return self.refusal
        return ngettext(
            "One field needs a second look. What you typed is still here.",
            "%(number)s fields need a second look. What you typed is still here.",
            len(self.errors),
        ) % {"number": len(self.errors)}

    def value(self, name: str) -> Any:
        """What was typed or is known; a password never comes back."""
        return "" if isinstance(self.fields[name].widget, forms.PasswordInput) else self[name].value()

    def choices(self, name: str) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in getattr(self.fields[name], "choices", ())]

    def error(self, name: str) -> str:
        return " ".join(str(text) for text in self.errors.get(name, []))

    def _object(self, errors: Mapping[str, list[str]]) -> None:
        for name, texts in errors.items():
            if name in self.fields:
                self.add_error(name, texts)
            else:
                self.refusal = " ".join([self.refusal, *texts]).strip()

    def _show_both(self, clash: Conflict) -> None:
        self.version = clash.facts["version"]
        text = _("%(who)s wrote “%(theirs)s” here while you were editing. Save again to keep yours.")
        for name, values in clash.fields.items():
            self._object({name: [text % {"who": clash.facts["who"], "theirs": values["theirs"]}]})
