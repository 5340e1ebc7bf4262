"""Who is signed in: sessions in the database, kept with browser and address so that people can see and end them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, login
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from fairlead.core.prepared import Prepared
from fairlead.core.record import new_public_id
from fairlead.models import Role, Session, User
from fairlead.models.token import fingerprint

REFRESHED_AFTER = 300  # seconds; a click does not write more often than that
LOOKS = ("light", "dark")


def let_in(request: HttpRequest, user: User) -> None:
    """Sign a user in on this browser; two_factor.admit is where every way of signing in ends, and calls this."""
    login(request, user)
    now = timezone.now().timestamp()
    request.session["browser"] = request.headers.get("User-Agent", "")[:300]
    request.session["address"] = request.META.get("REMOTE_ADDR", "")[:45]
    request.session["started"] = request.session["seen"] = now


def keep_fresh(request: HttpRequest) -> None:
    """Note that the session is in use, at most every 5 minutes."""
    now = timezone.now().timestamp()
    if now - request.session.get("seen", now) > REFRESHED_AFTER:
        request.session["seen"] = now


def remember_look(answer: HttpResponseBase, user: User) -> None:
    """Keep light or dark in a cookie, so that the signed-out pages look the same from the first byte."""
    if user.theme in LOOKS:
        answer.set_cookie(
            "theme", user.theme, max_age=365 * 86400, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
    else:
        answer.delete_cookie("theme", samesite="Lax")


class Members(ModelBackend):
    """Active users, read with their role in one query; a deactivated one is out with the next click."""

    def get_user(self, user_id: int) -> User | None:
        return next(iter(_active_user(int(user_id))), None)


class SessionStore(DatabaseStore):
    """The session engine: keys are kept as hashes, and idle sessions end before their cookie does."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        now = timezone.now()
        started, seen = _moment(data.get("started"), now), _moment(data.get("seen"), now)
        return Session(
            session_key=_kept(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=Session.ends(started, seen),
            public_id=data.setdefault("public_id", new_public_id()),
            user_id=int(data[SESSION_KEY]) if SESSION_KEY in data else None,
            browser=data.get("browser", ""),
            address=data.get("address", ""),
            started_at=started,
            seen_at=seen,
        )

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=_kept(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=_kept(key)).delete()

    def _get_session_from_db(self) -> Session | None:
        found = next(iter(_lasting_session(_kept(self.session_key or ""), timezone.now())), None)
        if found is None:
            self._session_key = None
        return found


def _columns(model: type[Model], before: str = "") -> list[str]:
    return [before + column.attname for column in model._meta.concrete_fields if not column.primary_key]


_active_user = Prepared(
    lambda user_id: User.objects.active().filter(pk=user_id),
    [*_columns(User), *_columns(Role, "role__")],
    int,
)
_lasting_session = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), ["session_data"], str, datetime
)


def _moment(stamp: float | None, otherwise: datetime) -> datetime:
    return otherwise if stamp is None else datetime.fromtimestamp(stamp, otherwise.tzinfo)


def _kept(key: str) -> str:
    return fingerprint(key)[:40]
