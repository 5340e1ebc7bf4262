"""Secrets that have to be read again, encrypted with a key that is outside the database."""

from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


def seal(secret: str) -> str:
    """The secret for keeping: encrypted and signed."""
    return _box(settings.SECRET_KEY).encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str | None:
    """The secret that was sealed; None when it was sealed with another key or changed since."""
    from cryptography.fernet import InvalidToken

    try:
        return _box(settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


@cache
def _box(secret_key: str) -> "Fernet":
    from cryptography.fernet import Fernet  # 6 MB that most processes never need
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"fairlead sealed").derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(key))
