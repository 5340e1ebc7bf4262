"""The two ceremonies of WebAuthn: making a passkey, and signing in with one. Each challenge is answered once."""

import json
from typing import Any

import webauthn
from django.http import HttpRequest
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fairlead.core import clock
from fairlead.models import Organisation, Passkey, User

VALID = 300  # seconds for which a challenge can be answered
# The device asks for a finger, a face or its PIN, so that a passkey is two factors in one.
VERIFIED = UserVerificationRequirement.REQUIRED
NO_ANSWER = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError)


def offer_making(request: HttpRequest, user: User) -> dict[str, Any]:
    """What the browser needs to make a passkey; one device makes no second one for the same user."""
    known = [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential)) for each in user.passkeys.all()]
    wanted = AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED)
    options = webauthn.generate_registration_options(
        rp_id=_host(request),
        rp_name=f"Fairlead {Organisation.ours().name}",
        user_id=user.public_id.encode(),
        user_name=user.email,
        user_display_name=user.name,
        authenticator_selection=wanted,
        exclude_credentials=known,
    )
    return _offered(request, "make", options)


def made(request: HttpRequest, answer: str) -> dict[str, Any] | None:
    """The passkey that the browser made, as its facts; None when the answer is not the one to our challenge."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_challenge(request, "make"),
            require_user_verification=True,
            **_us(request),
        )
    except NO_ANSWER:
        return None
    return {
        "credential": bytes_to_base64url(found.credential_id),
        "public_key": bytes_to_base64url(found.credential_public_key),
        "sign_count": found.sign_count,
    }


def offer_using(request: HttpRequest) -> dict[str, Any]:
    """What the browser needs to show any passkey it has for us."""
    options = webauthn.generate_authentication_options(rp_id=_host(request), user_verification=VERIFIED)
    return _offered(request, "use", options)


def used(request: HttpRequest, answer: str) -> User | None:
    """Whose passkey answered our challenge; None for one we do not know, or a wrong answer."""
    challenge = _challenge(request, "use")
    try:
        passkey = Passkey.known(str(json.loads(answer)["id"])[:1400])
        if passkey is None:
            return None
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
            **_us(request),
        )
    except NO_ANSWER:
        return None
    return passkey.user if passkey.count(found.new_sign_count) else None


def _offered(request: HttpRequest, purpose: str, options: Any) -> dict[str, Any]:
    challenge = bytes_to_base64url(options.challenge)
    request.session["challenge"] = {"for": purpose, "is": challenge, "at": clock.now().timestamp()}
    return dict(options_to_json_dict(options))


def _challenge(request: HttpRequest, purpose: str) -> bytes:
    """The challenge that was offered for this, once; without one, what nobody can have answered."""
    kept = request.session.pop("challenge", {})
    fresh = kept.get("for") == purpose and clock.now().timestamp() - kept["at"] < VALID
    return base64url_to_bytes(kept["is"]) if fresh else webauthn.helpers.generate_challenge()


def _us(request: HttpRequest) -> dict[str, Any]:
    return {"expected_rp_id": _host(request), "expected_origin": f"{request.scheme}://{request.get_host()}"}


def _host(request: HttpRequest) -> str:
    """The name under which we were asked; get_host has checked that it is one of ours."""
    return request.get_host().rpartition(":")[0] or request.get_host()
