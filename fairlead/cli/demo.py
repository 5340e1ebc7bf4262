"""The demo world in an empty database."""

import sys

from django.db import connection, transaction

from fairlead.demo.world import build
from fairlead.models import User


def seed() -> bool:
    """Fill an empty database with the demo world; False, and a line that says so, when it has users already.

    Of two processes that start at once, one fills it and the other waits and finds it filled.
    """
    with transaction.atomic():
        _one_at_a_time()
        if User.objects.exists():
            print("There are users already, so the demo world was not added. Nothing was changed.", file=sys.stderr)
            return False
        build()
    return True


def _one_at_a_time() -> None:
    """On SQLite every transaction is alone from its beginning."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {User._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
