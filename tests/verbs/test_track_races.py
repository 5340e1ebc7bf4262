"""Two people at one track at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from fairlead.core import act
from fairlead.demo.world import World
from fairlead.models import RunningTrack, Task, Track
from fairlead.verbs.tasks import complete_task
from fairlead.verbs.track_definitions import create_track
from fairlead.verbs.tracks import apply_track


@pytest.mark.django_db(transaction=True)
def test_of_two_who_complete_a_step_one_does_and_the_last_two_together_end_the_track(world: World) -> None:
    steps = [{"text": "First"}, {"text": "Then", "after": "previous"}, {"text": "Beside"}]
    made: Track = create_track(world.admin.actor("web"), name="Race", steps=steps)  # type: ignore[arg-type]
    running = apply_track(world.sam.actor("web"), world.unplanned, track=made)
    first, then, beside = (task.pk for task in running.tasks.order_by("pk"))
    assert at_once(world, first, first) == [False, True]
    states = list(running.tasks.order_by("pk").values_list("state", flat=True))
    assert states == ["done", "open", "open"]
    assert at_once(world, then, beside) == [True, True]
    over = RunningTrack.objects.get(pk=running.pk)
    assert (over.state, over.question) == ("done", "next")


def at_once(world: World, *tasks: int) -> list[bool]:
    """Complete these at the same moment; which of the calls took effect."""
    line, by = Barrier(len(tasks)), world.sam.actor("web")

    def complete(pk: int) -> bool:
        try:
            task = Task.objects.get(pk=pk)
            line.wait(20)
            complete_task(by, task)
            deed = act.last()
            return deed is not None and deed.changed
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return sorted(pool.map(complete, tasks))
