"""The pipeline that every organisation begins with; administrators make it their own."""

from typing import Literal

from fairlead.core.changes import create
from fairlead.models import ExitCriterion, Pipeline, Stage

Force = Literal["advisory", "required", "hard"]
# Each stage with its usual days, its probability, and its exit criteria: words, fact, force.
STAGES: list[tuple[str, int, int, list[tuple[str, str, Force]]]] = [
    (
        "Qualify",
        5,
        10,
        [
            ("Need confirmed", "", "required"),
            ("They can pay for it", "", "required"),
            ("Decision maker known", "", "advisory"),
            ("Time frame known", "", "advisory"),
        ],
    ),
    (
        "Develop",
        10,
        30,
        [
            ("Needs listed", "need", "required"),
            ("Solution written down", "solution", "required"),
            ("Who decides is named", "decider", "advisory"),
            ("Technical person on the team", "technical", "advisory"),
        ],
    ),
    (
        "Propose",
        8,
        60,
        [
            ("Quote sent", "quote", "required"),
            ("Decision maker has seen it", "", "required"),
            ("Questions answered", "", "advisory"),
            ("Decision date agreed", "", "advisory"),
        ],
    ),
    ("Close", 7, 80, [("Terms agreed", "", "advisory"), ("Order received in writing", "", "advisory")]),
]


def add_first_pipeline() -> Pipeline:
    """Add the pipeline in the running act."""
    pipeline = create(Pipeline, name="Sales")
    for position, (name, days, probability, criteria) in enumerate(STAGES):
        facts = {"position": position, "usual_days": days, "probability": probability}
        stage = create(Stage, pipeline=pipeline, name=name, **facts)
        for place, (text, fact, force) in enumerate(criteria):
            create(ExitCriterion, stage=stage, text=text, fact=fact, force=force, position=place)
    return pipeline
