"""The shapes in which form tools and advertisers send what somebody filled in, told by what is in them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fairlead.reading.body import MOST_FIELDS, Fields

# Marks that a page carries through its form, and ids of advertisements: where it came from, not who it is.
ORIGIN = frozenset(
    {
        "gclid", "gcl_id", "gbraid", "wbraid", "fbclid", "msclkid", "li_fat_id", "ttclid", "dclid", "campaign_id",
        "campaignid", "adgroup_id", "adgroupid", "creative_id", "ad_id", "ad_name", "adset_id", "adset_name", "form_id",
        "formid", "form_name", "form_title", "page_url", "pageurl", "page_uri", "pageuri", "page_name", "pagename",
        "page_title", "pagetitle", "referrer", "referer", "landing_page", "landing_url", "hutk", "platform", "page_id",
        "portal_id", "portalid", "asset_group_id", "lead_stage",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One answer: what its field is called, what was written, and what its tool says it is (email, phone, …)."""

    name: str
    value: str
    hint: str = ""


@dataclass
class Given:
    """What somebody filled in. `key`: by which its sender tells repeats. `waits_for`: what is still missing of it."""

    pairs: list[Pair] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)
    key: str = ""
    is_test: bool = False
    waits_for: str = ""
    tool: str = ""


def shape(data: Any) -> Given:
    """What was filled in, from JSON or from the fields of a form."""
    if isinstance(data, list) and all(isinstance(each, tuple) for each in data):
        return _form(data)
    for fits, read in SHAPES:
        if fits(data):
            return read(data)
    return _plain(data)


# --- JSON --------------------------------------------------------------------------------------------------------


def _typeform(data: dict[str, Any]) -> Given:
    answer = data["form_response"]
    titles = {each.get("id"): each.get("title", "") for each in _dicts(_at(answer, "definition", "fields"))}
    given = Given(key=_text(answer.get("token")), tool="Typeform")
    for each in _dicts(answer.get("answers")):
        about, kind = each.get("field") or {}, _text(each.get("type"))
        name = _text(titles.get(about.get("id")) or about.get("ref") or about.get("id")).replace("\\n", " ").strip()
        hint = {"email": "email", "phone_number": "phone"}.get(kind, "")
        given.pairs.append(Pair(name, _answer(each.get(kind)), hint))
    for name, value in _items(answer.get("hidden")):
        _sort_in(given, name, _text(value))
    given.origin |= {"form_id": _text(answer.get("form_id"))} if answer.get("form_id") else {}
    return given


def _google(data: dict[str, Any]) -> Given:
    given = Given(key=_text(data.get("lead_id")), is_test=data.get("is_test") is True, tool="Google Ads")
    for each in _dicts(data["user_column_data"]):
        own = _text(each.get("column_id"))
        name = _text(each.get("column_name")) if own.startswith("QUESTION") or not own else own
        given.pairs.append(Pair(name, _text(each.get("string_value"))))
    given.origin = {name: _text(data[name]) for name in data if name in ORIGIN and data[name]}
    return given


APART = "Meta sends what was filled in apart."


def _meta(data: dict[str, Any]) -> Given:
    """Meta tells the number of a lead; what was filled in is fetched, or sent on, apart."""
    values = _meta_values(data)
    ids = [_text(each.get("leadgen_id")) for each in values]
    given = Given(key=",".join(each for each in ids if each), tool="Meta", waits_for=APART)
    for value in values:
        given.pairs += [Pair(name, _text(each)) for name, each in _items(value)]
    return given


def _meta_values(data: Any) -> list[dict[str, Any]]:
    changes = [change for entry in _dicts(_at(data, "entry")) for change in _dicts(entry.get("changes"))]
    return _dicts([each.get("value") for each in changes if each.get("field") == "leadgen"])


def _meta_data(data: dict[str, Any]) -> Given:
    given = Given(key=_text(data.get("id") or data.get("leadgen_id")), tool="Meta")
    given.pairs = [Pair(_text(each.get("name")), _answer(each.get("values"))) for each in _dicts(data["field_data"])]
    given.origin = {name: _text(data[name]) for name in data if name in ORIGIN and data[name]}
    given.is_test = data.get("is_test") is True
    return given


def _hubspot_events(data: list[Any]) -> Given:
    """Events of a batch carry ids, not people; a retry has the same event ids."""
    events = sorted(_dicts(data), key=lambda each: _number(each.get("occurredAt")))
    given = Given(key=",".join(sorted({_text(each.get("eventId")) for each in events}))[:190], tool="HubSpot")
    for number, each in enumerate(events, 1):
        given.pairs.append(Pair(f"event {number}", json.dumps(each, ensure_ascii=False)))
    return given


def _hubspot(data: dict[str, Any]) -> Given:
    key = data.get("objectId") or data.get("vid") or data.get("correlationId") or data.get("conversionId")
    given = Given(key=_text(key), tool="HubSpot")
    for each in _dicts(data.get("fields")):
        _sort_in(given, _text(each.get("name")), _answer(each.get("value")))
    for name, value in _items(data.get("properties")):
        _sort_in(given, name, _answer(value.get("value") if isinstance(value, dict) else value))
    for name, value in _items(data.get("context")):
        given.origin[name] = _text(value)
    return given


def _plain(data: Any) -> Given:
    given = Given()
    for name, value in _leaves(data):
        _sort_in(given, name, value)
    named = dict(_items(data))
    key = next((named[name] for name in KEYS if isinstance(named.get(name), (str, int)) and named[name]), "")
    given.key, given.is_test = _text(key)[:190], named.get("is_test") is True or named.get("test") is True
    return given


SHAPES: list[tuple[Callable[[Any], bool], Callable[[Any], Given]]] = [
    (lambda data: isinstance(_at(data, "form_response"), dict), _typeform),
    (lambda data: isinstance(_at(data, "user_column_data"), list), _google),
    (lambda data: isinstance(_at(data, "field_data"), list), _meta_data),
    (lambda data: bool(_meta_values(data)), _meta),
    (lambda data: any("subscriptionType" in each for each in _dicts(data)[:1]), _hubspot_events),
    (lambda data: isinstance(_at(data, "properties"), dict) or isinstance(_at(data, "fields"), list), _hubspot),
]  # fmt: skip
KEYS = ("idempotency_key", "event_id", "eventId", "submission_id", "submissionId", "entry_id", "response_id", "lead_id")


# --- forms -------------------------------------------------------------------------------------------------------


def _form(fields: Fields) -> Given:
    named = dict(fields)
    if "rawRequest" in named:
        return _jotform(named)
    if "FieldStructure" in named:
        return _wufoo(fields, named)
    if "UniqueID" in named and "FormID" in named:
        return _rest(fields, {"UniqueID", "FormID", "HandshakeKey"}, Given(key=named["UniqueID"], tool="Formstack"))
    if "oid" in named:
        return _rest(fields, SALESFORCE, Given(tool="Salesforce", is_test=named.get("debug") == "1"))
    if any(name.startswith("_wpcf7") for name in named):
        return _rest(fields, {name for name in named if name.startswith("_wpcf7")}, Given(tool="Contact Form 7"))
    key = next((named[name] for name in KEYS if named.get(name)), "")
    return _rest(fields, set(), Given(key=key[:190]))


SALESFORCE = {"oid", "retURL", "debug", "debugEmail", "encoding", "submit", "captcha_settings", "g-recaptcha-response"}


def _rest(fields: Fields, aside: set[str], given: Given) -> Given:
    for name, value in _united(fields):
        if name not in aside:
            _sort_in(given, name, value)
    return given


def _jotform(named: dict[str, str]) -> Given:
    given = Given(key=named.get("submissionID", ""), tool="Jotform")
    given.origin = {"form_id": named["formID"]} if named.get("formID") else {}
    try:
        answers = json.loads(named["rawRequest"])
    except (ValueError, RecursionError):
        answers = {}
    for name, value in _items(answers):
        if name[:1] == "q" and "_" in name:
            given.pairs += [Pair(name, _answer(value))] if not isinstance(value, dict) else _inner(name, value)
        elif name in ORIGIN:
            given.origin[name] = _text(value)
    return given


def _inner(name: str, value: dict[str, Any]) -> list[Pair]:
    """Jotform's names, phones and addresses come in parts."""
    joined = "".join if {"area", "phone"} & value.keys() else " ".join
    if {"first", "last"} & value.keys():
        return [Pair(f"{part} name", _text(value.get(part))) for part in ("first", "last")]
    if {"city", "postal", "addr_line1"} & value.keys():
        return [Pair(part.replace("addr_line1", "street"), _text(each)) for part, each in value.items()]
    return [Pair(name, joined(_text(each) for each in value.values()))]


def _wufoo(fields: Fields, named: dict[str, str]) -> Given:
    given = Given(key=named.get("EntryId", ""), tool="Wufoo")
    try:
        found = _dicts(_at(json.loads(named["FieldStructure"]), "Fields"))
    except (ValueError, RecursionError):
        found = []
    titles: dict[str, str] = {}
    for each in found:
        titles[_text(each.get("ID"))] = _text(each.get("Title"))
        for part in _dicts(each.get("SubFields")):
            label = _text(part.get("Label"))
            titles[_text(part.get("ID"))] = f"{label} name" if label in {"First", "Last"} else label
    for name, value in fields:
        if name in titles or (name.startswith("Field") and name != "FieldStructure"):
            given.pairs.append(Pair(titles.get(name) or name, value))
    return given


def _united(fields: Fields) -> Fields:
    """Fields of one name, such as ticked boxes, with their values together."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return [(name, ", ".join(each for each in values if each)) for name, values in found.items()]


# --- pieces ------------------------------------------------------------------------------------------------------


def _sort_in(given: Given, name: str, value: str) -> None:
    plain = name.lower().rpartition(".")[2]
    if plain.startswith("utm_") or plain in ORIGIN:
        if value:
            given.origin[plain] = value
    else:
        given.pairs.append(Pair(name, value))


def _leaves(data: Any) -> Iterator[tuple[str, str]]:
    """Every value with the way to it; lists of named answers by their names."""
    waiting: list[tuple[str, Any]] = [("", data)]
    for _number in range(MOST_FIELDS * 5):
        if not waiting:
            return
        path, value = waiting.pop(0)
        if isinstance(value, dict) and "value" in value and not isinstance(value["value"], (dict, list)):
            label = next((value[name] for name in NAMES if isinstance(value.get(name), str) and value[name]), "")
            yield (label or path, _text(value["value"]))
        elif isinstance(value, dict):
            waiting += [(f"{path}.{name}" if path else str(name), each) for name, each in value.items()]
        elif isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
            waiting += [(path, each) for each in value]
        else:
            yield path, _answer(value)


NAMES = ("label", "title", "name", "key", "question", "field", "ref", "id")


def _answer(value: Any) -> str:
    """What was answered, of whatever kind, as text."""
    if isinstance(value, list):
        return ", ".join(_answer(each) for each in value)
    if isinstance(value, dict):
        for name in ("label", "labels", "value", "other"):
            if value.get(name):
                return _answer(value[name])
        return ", ".join(_text(each) for each in value.values() if isinstance(each, (str, int)))
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) else 0


def _items(value: Any) -> list[tuple[str, Any]]:
    return [(str(name), each) for name, each in value.items()][:MOST_FIELDS] if isinstance(value, dict) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value[:MOST_FIELDS] if isinstance(each, dict)] if isinstance(value, list) else []


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
