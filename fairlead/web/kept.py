"""What was typed into a form whose session had ended: kept, signed, on the page that signs in, and offered again."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest

SALT = "fairlead.kept"
VALID = 14 * 24 * 3600  # seconds: as long as any session
MOST = 200_000  # characters; more than that would not fit beside a password
UNTYPED = frozenset({"csrfmiddlewaretoken", "token", "version", "seen", "kind", "next"})


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, from which page, and its fields."""

    to: str
    back: str
    fields: list[tuple[str, str]]

    @property
    def text(self) -> str:
        """The longest of what was typed, by which its writer knows it again."""
        return max((value for name, value in self.fields if name not in UNTYPED), key=len, default="")


def kept_of(request: HttpRequest) -> Kept:
    """The form of this request, without its passwords and files."""
    fields = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in fields if name != "csrfmiddlewaretoken" and "password" not in name]
    return Kept(request.get_full_path(), _back(request), fields)


def sealed(kept: Kept) -> str:
    """A form as text that only this Fairlead can have written; empty when it is too long to carry along."""
    text = signing.dumps([kept.to, kept.back, kept.fields], salt=SALT, compress=True)
    return text if len(text) <= MOST else ""


def unsealed(text: str) -> Kept | None:
    try:
        to, back, fields = signing.loads(text, salt=SALT, max_age=VALID)
    except (signing.BadSignature, ValueError):
        return None
    return Kept(to, back, [(name, value) for name, value in fields])


def sent_from_here(request: HttpRequest) -> bool:
    """Was this form on a page of ours? Browsers say so, and other sites cannot make them say it."""
    return bool(request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}")


def sealed_part(request: HttpRequest) -> dict[str, Any]:
    """What a page that signs in needs to carry a form along."""
    kept = unsealed(request.POST.get("kept", ""))
    return {"kept": sealed(kept) if kept else ""}


def _back(request: HttpRequest) -> str:
    parts = urlsplit(request.headers.get("Referer", ""))
    if parts.netloc != request.get_host() or not parts.path.startswith("/") or parts.path.startswith("//"):
        return "/"
    return parts.path + (f"?{parts.query}" if parts.query else "")
