"""What `fairlead serve` prints when it is ready: where to sign in, or where to create the first administrator."""

import sys

from django.conf import settings

from fairlead.cli.links import sign_in_link
from fairlead.models import User


def greeting(*, demo: bool) -> str:
    """Fills an empty database with the demo world when asked; never one that has users."""
    if not User.objects.exists():
        return filled_with_demo() if demo else f"Create the first administrator: {sign_in_link()}"
    if not demo:
        return f"Fairlead runs at {settings.BASE_URL}"
    kept = f"Using the data in {settings.DATA}; the demo world is only added to an empty one."
    return f"{kept}\nSign in: {sign_in_link()}"


def filled_with_demo() -> str:
    from fairlead.cli.demo import seed

    print("Adding the demo world", file=sys.stderr, flush=True)
    seed()
    return f"Sign in: {sign_in_link()}"
