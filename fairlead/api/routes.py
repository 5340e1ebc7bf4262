"""Which address stands for which verb: read from the registry and the nouns, never listed."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from fairlead.core.errors import NotFound
from fairlead.core.record import Record, nouns
from fairlead.core.schema import subjects
from fairlead.core.verb import REGISTRY, Verb


def noun_at(plural: str) -> type[Record]:
    """The noun that these addresses speak of: people, companies, leads, …"""
    for model in nouns().values():
        if model.plural() == plural:
            return model
    raise NotFound(_("There is nothing named %(name)s here.") % {"name": plural})


def verb_at(noun: str, word: str) -> Verb:
    """The verb behind /people/{id}/add-task; the noun may be left out of its name (complete-task → complete)."""
    name = word.replace("-", "_")
    for full in (f"{name}_{noun}", f"{noun}_{name}", name):
        if full in REGISTRY and noun in subjects(REGISTRY[full]):
            return REGISTRY[full]
    raise NotFound(_("A %(noun)s has nothing named %(word)s.") % {"noun": noun, "word": word})


def verb_named(word: str) -> Verb:
    """Any verb by its full name, with dashes or underscores."""
    found = REGISTRY.get(word.replace("-", "_"))
    if found is None:
        raise NotFound(_("There is no verb named %(name)s.") % {"name": word})
    return found


def word_of(spec: Verb, noun: str) -> str:
    """The verb's word in an address of this noun: its name without the noun, with dashes."""
    short = spec.name.removesuffix(f"_{noun}").removeprefix(f"{noun}_")
    return short.replace("_", "-")


def creator(noun: str) -> Verb | None:
    """The verb behind POST /people."""
    found = REGISTRY.get(f"create_{noun}")
    return found if found and not subjects(found) else None


def editor(noun: str) -> Verb | None:
    """The verb behind PATCH /people/{id}."""
    found = REGISTRY.get(f"edit_{noun}")
    return found if found and noun in subjects(found) else None


def actions(noun: str) -> Iterator[tuple[str, Verb]]:
    """The words and verbs behind POST /people/{id}/…, besides editing."""
    for spec in REGISTRY.values():
        if noun in subjects(spec) and spec != editor(noun):
            yield word_of(spec, noun), spec


def others() -> Iterator[Verb]:
    """The verbs that belong to no record and create none: POST /verbs/…"""
    made = {spec.name for noun in nouns() if (spec := creator(noun))}
    return (spec for spec in REGISTRY.values() if not subjects(spec) and spec.name not in made)
