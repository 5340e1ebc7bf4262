"""Throwing away what nobody needs any more."""

from datetime import timedelta

from django.db import connection
from django.db.models import F, Q

from fairlead.core import clock, upload
from fairlead.core.outbox import OPEN, Outbox
from fairlead.core.schema import IdempotencyKey
from fairlead.exchange.imports import carrying
from fairlead.models import Attempt, Session, SignInLink, term_index
from fairlead.work.schedule import every

DAY = timedelta(days=1)


@every("17 * * * *")
def clear_sign_in() -> None:
    """Sessions and links that are over, and attempts that no longer count."""
    now = clock.now()
    Session.objects.filter(expire_date__lt=now).delete()
    SignInLink.objects.filter(Q(used_at__isnull=False) | Q(expires_at__lt=now)).delete()
    Attempt.objects.filter(at__lt=now - DAY).delete()


@every("27 * * * *")
def clear_idempotency_keys() -> None:
    IdempotencyKey.objects.filter(at__lt=clock.now() - 2 * DAY).delete()


@every("47 * * * *")
def clear_uploads() -> None:
    """Files that arrived for a request which never ended."""
    upload.sweep()


@every("57 * * * *")
def clear_imports() -> None:
    """Files that were not imported within a week, and those whose import is long done."""
    carrying.sweep()


@every("37 3 * * *")
def clear_outbox() -> None:
    """What was carried out or called off; what failed stays until somebody has seen to it."""
    old = Outbox.objects.filter(created_at__lt=clock.now() - 30 * DAY)
    old.filter(state__in=[Outbox.State.DONE, Outbox.State.CANCELLED]).delete()


@every("7 2 * * *")
def tidy_up() -> None:
    """What PostgreSQL does by itself: the search index in one piece, and fresh figures on what the tables hold."""
    term_index.tidy()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize=0x10002")  # of all tables that have changed much, by samples


@every("* * * * *")
def follow_a_clock_set_back() -> None:
    """What was promised on a clock that ran ahead would wait until that time comes again."""
    now = clock.now()
    ahead = Outbox.objects.filter(state__in=OPEN, created_at__gt=now + timedelta(minutes=2))
    ahead.update(run_at=F("run_at") - (F("created_at") - now), created_at=now)
