"""Where mail goes without a mail server: one file per mail in the data folder, so that nothing is lost."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Folder(BaseEmailBackend):
    """Writes FAIRLEAD_DATA/mail/MESSAGE-ID.eml; the same mail sent again replaces its file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder: Path = settings.DATA / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for mail in email_messages:
            made = mail.message()
            name = "".join(c for c in str(made["Message-ID"]) if c.isalnum() or c in ".-@")
            passing = folder / f"{name}.part"
            passing.write_bytes(made.as_bytes())
            os.replace(passing, folder / f"{name}.eml")
        return len(email_messages)
