"""Tokens: keys for programs, made and revoked by the users they belong to."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from fairlead.core import clock
from fairlead.core.access import governing
from fairlead.core.actor import ACTIONS, Actor, covers
from fairlead.core.changes import change, create
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.resource import Secret
from fairlead.core.verb import verb
from fairlead.models import Token
from fairlead.models.token import PREFIX, fingerprint

Scope = Annotated[str, Field(pattern=r"^([a-z]{1,20}\.)?[a-z_]{1,20}$", examples=["read", "person.read"])]


@dataclass
class NewToken:
    """A token with its secret, which is shown this once."""

    token: Token
    secret: Secret


@verb("{by} made the token {name}", may="member", undo_within=None, opposite="revoke_token", secret=True)
def create_token(
    by: Actor,
    *,
    name: str,
    scopes: list[Scope] | None = None,
    days: Annotated[int, Field(ge=1, le=730)] = 90,
) -> NewToken:
    """Make a token for yourself; it reads only, unless its scopes say write, and ends after `days`.

    A scope is read or write, of everything or of one noun (person.read), or one action (lead.create).
    One made with another token reaches and lasts no further than that one.
    """
    if by.user_id is None:
        raise NotAllowed(_("A token belongs to a user. Make it as one."))
    secret = Secret(PREFIX + secrets.token_urlsafe(32))
    wanted = _known(scopes or ["read"])
    token = create(
        Token,
        user_id=by.user_id,
        name=name,
        starts_with=secret[:8],
        hashed=fingerprint(secret),
        scopes=sorted(each for each in wanted if by.scopes is None or covers(by.scopes, each)),
        expires_at=min([clock.now() + timedelta(days=days), *_end_of(by)]),
    )
    return NewToken(token, secret)


@verb("{by} revoked the token {token}", may="edit", undo_within=None)
def revoke_token(by: Actor, token: Token) -> Token:
    """End a token at once."""
    if token.revoked_at is None:
        change(token, revoked_at=clock.now())
    return token


def _known(scopes: list[Scope]) -> set[str]:
    known = {"read", "write"} | {f"{n}.{a}" for n in governing() for a in ("read", "write", *ACTIONS)}
    if unknown := sorted(set(scopes) - known):
        text = _("There is no scope %(scope)s. Write read or write, or one of a noun such as person.read.")
        raise Invalid({"scopes": [text % {"scope": unknown[0]}]})
    return set(scopes)


def _end_of(by: Actor) -> list[datetime]:
    """When the token ends that this actor acts with, if it is one."""
    made_with = Token.objects.filter(pk=by.token_id or 0)
    return list(made_with.values_list("expires_at", flat=True))
