"""The forms as this process knows them: asked for anew every few seconds; what was shown once can be shown again while
the database is away, by any process, because it is also kept as a file among the data."""

import json
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import Error

from fairlead.models import Form
from fairlead.models.form import ADDRESS
from fairlead.programs.forms import Published, published

FRESH = 5.0  # seconds
MOST = 1000
_known: dict[str, tuple[float, Published | None]] = {}


@dataclass(frozen=True)
class Found:
    """`certain`: the database has been asked, or what it said before holds."""

    form: Published | None
    certain: bool


def find(address: str) -> Found:
    """What is published of the form at this address."""
    if not ADDRESS.fullmatch(address):
        return Found(None, True)
    at, form = _known.get(address, (0.0, None))
    if address in _known and time.monotonic() - at < FRESH:
        return Found(form, True)
    try:
        form = _asked(address)
    except Error:  # away: what was shown holds, and it is not asked again at once
        form = form or _kept(address)
        if form is not None:
            _remember(address, form)
        return Found(form, form is not None)
    if _known.get(address, (0.0, None))[1] != form:
        _keep(address, form)
    _remember(address, form)
    return Found(form, True)


def forget() -> None:
    """Begin anew, for tests."""
    _known.clear()


def _asked(address: str) -> Published | None:
    form = Form.objects.select_related("occasion").filter(address=address).first()
    return published(form) if form else None


def _remember(address: str, form: Published | None) -> None:
    if len(_known) >= MOST:
        _known.clear()
    _known[address] = (time.monotonic(), form)


def _kept(address: str) -> Published | None:
    try:
        found: Published = json.loads(_file(address).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _keep(address: str, form: Published | None) -> None:
    """Best effort: a full disk keeps nobody from seeing the form now."""
    target = _file(address)
    beside = target.with_suffix(f".{uuid.uuid4().hex}")
    try:
        if form is None:
            target.unlink(missing_ok=True)
            return
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(form), encoding="utf-8")
        os.replace(beside, target)
    except OSError:
        beside.unlink(missing_ok=True)


def _file(address: str) -> Path:
    return Path(settings.PUBLISHED) / f"{address}.json"
