"""What `fairlead serve` prints when it is ready: where to sign in, or where to create the first administrator."""

import sys

from django.conf import settings

from fairlead.cli.links import sign_in_link
from fairlead.models import User


def fill_when_empty() -> bool:
    """The demo world for an empty database, never for one that has users; True when it was added."""
    if User.objects.exists():
        return False
    from fairlead.cli.demo import seed

    print("Adding the demo world", file=sys.stderr, flush=True)
    return seed()


def greeting(*, demo: bool, filled: bool) -> str:
    """`demo` was asked for, and the demo world was `filled` in by this start."""
    if not User.objects.exists():
        return f"Create the first administrator: {sign_in_link()}"
    if not demo:
        return f"Fairlead runs at {settings.BASE_URL}"
    kept = "" if filled else f"Using the data in {settings.DATA}; the demo world is only added to an empty one.\n"
    return f"{kept}Sign in: {sign_in_link()}"
