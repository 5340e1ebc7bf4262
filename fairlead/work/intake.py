"""The worker's part of intake: from the spool into the vault, and from the vault to leads."""

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError

from fairlead.core.errors import Refused
from fairlead.core.spool import Reader
from fairlead.models import Submission
from fairlead.programs.arrivals import SYSTEM, keep
from fairlead.reading.body import clean
from fairlead.verbs.submissions import fail_submission, process_submission
from fairlead.work import heartbeat

log = logging.getLogger("fairlead.worker")
BATCH = 200  # records that become submissions in one transaction
BATCHES = 5
OUTAGE = (OperationalError, InterfaceError)
PIECE = 20  # submissions that are processed before the worker looks at its other work
_reader = Reader(settings.SPOOL)


def turn() -> bool:
    """Take what waits; True when there is more to do. What fails is kept with its reason and holds nothing up."""
    kept, waiting = drain(), list(Submission.objects.waiting()[:PIECE])
    for submission in waiting:
        process(submission)
        heartbeat.beat()
    return bool(kept) or len(waiting) == PIECE


def drain() -> int:
    """Put what is in the spool into the vault; how many records that were."""
    if not any(settings.SPOOL.glob("*.spool")):
        return 0
    found = 0
    with _reader.alone() as alone:
        for records in _reader.batches(BATCH, BATCHES) if alone else ():
            take(records)
            found += len(records)
            heartbeat.beat()
    return found


def take(records: list[bytes]) -> None:
    """Keep these; one that cannot be kept is set aside, and the others go on."""
    try:
        keep(records)
    except OUTAGE:
        raise
    except Exception:
        log.exception("%d arrivals could not be kept together", len(records))
        if len(records) == 1:
            _reader.set_aside(records[0])
        else:
            for record in records:
                take([record])


def process(submission: Submission) -> None:
    """Process one; only a database that is away is the worker's own to wait for."""
    try:
        process_submission(SYSTEM, submission)
    except Refused as refusal:
        fail_submission(SYSTEM, submission, reason=clean(refusal.text))
    except OUTAGE:
        raise
    except Exception as error:  # whatever is in it, the next one must not wait for it
        log.exception("Submission %s could not be processed", submission.public_id)
        fail_submission(SYSTEM, submission, reason=clean(f"{type(error).__name__}: {error}"))
