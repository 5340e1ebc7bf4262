"""What is wrong with a message itself. What a tool refuses is an answer, not a fault."""

from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

_UNREADABLE = dict.fromkeys((PARSE_ERROR, INVALID_REQUEST, HEADER_MISMATCH, UNSUPPORTED_VERSION), 400)
# The HTTP status of a fault, by whether the revision is the stateless one; else 200.
STATUS = {False: _UNREADABLE, True: _UNREADABLE | {INVALID_PARAMS: 400, METHOD_NOT_FOUND: 404}}


class Fault(Exception):
    """A JSON-RPC error."""

    def __init__(self, code: int, text: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(text)
        self.code, self.text, self.data = code, text, data
