"""What `fairlead serve` prints when it is ready: where to sign in, or where to create the first administrator."""

import sys

from django.conf import settings
from django.contrib.auth import get_user_model


def greeting(*, demo: bool) -> str:
    """Fills an empty database with the demo world when asked; never one that has users."""
    if not get_user_model()._default_manager.exists():
        return filled_with_demo() if demo else first_start()
    if not demo:
        return f"Fairlead runs at {settings.BASE_URL}"
    kept = f"Using the data in {settings.DATA}; the demo world is only added to an empty one."
    return f"{kept}\nSign in: {sign_in_link()}"


def filled_with_demo() -> str:
    from fairlead.cli.demo import seed

    print("Adding the demo world", file=sys.stderr, flush=True)
    seed()
    return f"Sign in: {sign_in_link()}"


def first_start() -> str:
    from fairlead.verbs.people import first_admin_link

    return f"Create the first administrator: {first_admin_link()}"


def sign_in_link() -> str:
    from fairlead.cli.links import sign_in_link

    link: str = sign_in_link(None)
    return link
