"""Endpoints: the addresses at which inquiries arrive, and campaigns they belong to."""

from dataclasses import dataclass
from typing import Any, Unpack

from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import clock
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.clash import check_version
from fairlead.core.errors import WrongState
from fairlead.core.resource import Secret
from fairlead.core.sealed import seal
from fairlead.core.verb import verb
from fairlead.models import Campaign, Endpoint, Source, User
from fairlead.models.endpoint import Kind, new_address
from fairlead.models.token import fingerprint
from fairlead.verbs.leads import LeadType
from fairlead.verbs.naming import free_name


class EndpointFacts(TypedDict, total=False):
    kind: Kind
    lead_type: LeadType
    source: Source | None
    campaign: Campaign | None
    interest: str
    owner: User | None
    mapping: dict[str, str]
    return_hosts: list[str]


@dataclass
class NewAddress:
    """An endpoint with the secret part of its address, which is shown this once."""

    endpoint: Endpoint
    address: Secret


@verb("{by} made the endpoint {name}", may="organisation.edit", secret=True)
def create_endpoint(by: Actor, *, name: str, signing_key: str = "", **facts: Unpack[EndpointFacts]) -> NewAddress:
    """Make an address at which inquiries arrive; `signing_key` is what its provider signs with, if it signs."""
    address = Secret(new_address())
    values = dict(facts) | {
        "name": free_name(name, Endpoint.objects.all()),
        "signing_key": seal(signing_key) if signing_key else "",
    }
    made = create(Endpoint, starts_with=address[:4], hashed=fingerprint(address), **values)
    return NewAddress(made, address)


@verb("{by} edited the endpoint {endpoint}", may="organisation.edit")
def edit_endpoint(
    by: Actor,
    endpoint: Endpoint,
    *,
    name: str | None = None,
    version: int | None = None,
    **facts: Unpack[EndpointFacts],
) -> Endpoint:
    """Change what becomes of what arrives here from now on; what waits can be processed again."""
    _demand_own(endpoint)
    values: dict[str, Any] = dict(facts) | (
        {"name": free_name(name, Endpoint.objects.all(), endpoint)} if name is not None else {}
    )
    check_version(endpoint, version, values)
    change(endpoint, **values)
    return endpoint


@verb("{by} set the signing key of {endpoint}", may="organisation.edit", secret=True)
def set_signing_key(by: Actor, endpoint: Endpoint, *, signing_key: str = "") -> Endpoint:
    """Set the key that the provider signs with; empty: signatures are not looked at."""
    _demand_own(endpoint)
    if endpoint.key != signing_key:
        change(endpoint, signing_key=seal(signing_key) if signing_key else "")
    return endpoint


@verb("{by} gave {endpoint} a new address", may="organisation.edit", secret=True)
def renew_address(by: Actor, endpoint: Endpoint) -> NewAddress:
    """Give an endpoint a new address; what is posted to the old one is answered with 404 from now on."""
    _demand_own(endpoint)
    address = Secret(new_address())
    change(endpoint, starts_with=address[:4], hashed=fingerprint(address))
    return NewAddress(endpoint, address)


@verb("{by} closed the endpoint {endpoint}", may="organisation.edit")
def close_endpoint(by: Actor, endpoint: Endpoint) -> Endpoint:
    """Take nothing more at this address; what has arrived stays."""
    _demand_own(endpoint)
    if endpoint.is_open:
        change(endpoint, archived_at=clock.now())
    return endpoint


@verb("{by} opened the endpoint {endpoint}", may="organisation.edit")
def open_endpoint(by: Actor, endpoint: Endpoint) -> Endpoint:
    """Take inquiries at this address again."""
    change(endpoint, archived_at=None)
    return endpoint


@verb("{by} added the campaign {it}", may="organisation.create")
def create_campaign(by: Actor, *, name: str) -> Campaign:
    """Add a campaign that leads can come from; an existing one of that name is returned."""
    plain = " ".join(name.split())
    return Campaign.objects.filter(name__iexact=plain).first() or create(Campaign, name=plain)


def _demand_own(endpoint: Endpoint) -> None:
    """That of a form goes with its form."""
    if endpoint.kind == Endpoint.Kind.FORM:
        raise WrongState(_("This belongs to the form %(form)s. Edit the form instead.") % {"form": endpoint})
