"""The demo world in an empty database."""

from django.db import connection, transaction

from fairlead.demo.world import build
from fairlead.models import User

PATIENCE = 180  # seconds for which one of two waits while the other fills the database


def seed() -> bool:
    """Fill an empty database with the demo world; False, and nothing is changed, when it has users.

    Of two processes that start at once, one fills it and the other waits and finds it filled.
    """
    _be_patient()
    with transaction.atomic():
        _one_at_a_time()
        if User.objects.exists():
            return False
        build()
    return True


def _be_patient() -> None:
    """PostgreSQL waits for a lock as long as it takes; SQLite is told how long."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")  # a constant; nosemgrep


def _one_at_a_time() -> None:
    """On SQLite every transaction is alone from its beginning."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # the name of our own table
            # nosemgrep
            cursor.execute(f"LOCK TABLE {User._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
