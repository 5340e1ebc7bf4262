"""What a verb says when it will not. Every door shows `text`; `code` is for programs."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """Base of every refusal: nothing was changed. `status` is the HTTP status that fits."""

    code = "refused"
    status = 409

    def __init__(self, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.text = text
        self.facts = facts


class NotAllowed(Refused):
    code, status = "not_allowed", 403


class NotFound(Refused):
    """No such record, or none that this actor may see: the two are never told apart."""

    code, status = "not_found", 404


class WrongState(Refused):
    code = "wrong_state"


class Invalid(Refused):
    """Input that cannot be taken; `errors` has the messages by field name."""

    code, status = "invalid", 422

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(message for messages in errors.values() for message in messages))
        self.errors = {name: [str(message) for message in messages] for name, messages in errors.items()}


class Conflict(Refused):
    """Somebody changed the same fields meanwhile; `fields` has {name: {"yours", "theirs"}} and who it was."""

    code = "conflict"

    def __init__(self, text: str, fields: dict[str, dict[str, Any]], **facts: Any) -> None:
        super().__init__(text, **facts)
        self.fields = fields


class NotUndoable(Refused):
    code = "not_undoable"


class Taken(Refused):
    """A rule of the database stands against it, such as a name that is used once."""

    code = "taken"


class KeyReused(Refused):
    """An Idempotency-Key that came before with another request."""

    code, status = "key_reused", 422


class BadRequest(Refused):
    """What a door cannot read: a name that does not exist, a number out of bounds."""

    code, status = "bad_request", 400


class TooMuch(Refused):
    """What would take too long to answer; the words say what to narrow."""

    code, status = "too_much", 400


class NoToken(Refused):
    code, status = "no_token", 401


class TooMany(Refused):
    """Too often; `retry_after` is in seconds."""

    code, status = "too_many", 429


class TooSlow(Refused):
    """Reading that took too long and was cut off; less of it can be asked for."""

    code, status = "too_slow", 503


class WriteOutsideVerb(RuntimeError):
    """A programming error: a guarded table was written without create, change or remove."""


def explained(refusal: Refused) -> dict[str, Any]:
    """A refusal for programs: its code, its words, and what more is known of it, such as the errors by field."""
    facts = {name: value for name, value in refusal.facts.items() if name not in {"may", "noun", "argument"}}
    if isinstance(refusal, Invalid):
        facts["errors"] = refusal.errors
    if "argument" in refusal.facts:
        facts["errors"] = {refusal.facts["argument"]: [refusal.text]}
    if isinstance(refusal, Conflict):
        facts["fields"] = refusal.fields
    return facts | {"code": refusal.code, "detail": refusal.text}
