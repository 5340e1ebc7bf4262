"""What differs between the version with which a track runs and a newer one, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.models.track import TrackStep

SAID = ("text", "kind", "days", "unit", "after", "rule", "user", "role", "time", "template", "outcomes")


@dataclass(frozen=True)
class StepChange:
    """One step that was added, removed, changed (in these fields) or moved (it has another one before it)."""

    kind: str
    before: TrackStep | None
    after: TrackStep | None
    fields: tuple[str, ...] = field(default=())

    @property
    def step(self) -> TrackStep:
        found = self.after or self.before
        assert found is not None
        return found


def changes_between(old: Sequence[TrackStep], new: Sequence[TrackStep]) -> list[StepChange]:
    """The steps that differ, in the order of the new version, then those that it has no more."""
    before = {each.key: each for each in old}
    after = {each.key: each for each in new}
    stays = [each.key for each in old if each.key in after]
    order = [each.key for each in new if each.key in before]
    found = []
    for step in new:
        held = before.get(step.key)
        if held is None:
            found.append(StepChange("added", None, step))
        elif fields := tuple(name for name in SAID if held.facts[name] != step.facts[name]):
            found.append(StepChange("changed", held, step, fields))
        elif stays.index(step.key) != order.index(step.key):
            found.append(StepChange("moved", held, step))
    return found + [StepChange("removed", each, None) for each in old if each.key not in after]
