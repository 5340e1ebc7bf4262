"""What is typed to reach a mail server, as it is kept."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core.errors import Invalid


def plain_settings(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
    for name, value in plain.items():
        if isinstance(value, str) and not value.isprintable():
            raise Invalid({name: [_("This has a character that cannot be sent. Type it again.")]})
    if "host" in plain:
        plain["host"] = plain["host"].lower()
    return plain
