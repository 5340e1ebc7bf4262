"""The child's side of the process tree: what its parent handed over, following it, and forking further parts.

Starting Django takes a second of processor time. So the process that prepares the start does it once and forks all
parts from itself; the supervisor, being their "subreaper", becomes their parent when the preparing process ends.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

SUBREAPER, DEATH_SIGNAL, NAME = 36, 1, 15  # of prctl(2)


def become_subreaper() -> bool:
    """Orphans of this process's children become its own children. Linux only; False elsewhere."""
    return set_process(SUBREAPER, 1)


def follow_parent() -> None:
    """Called by a part at its start: it ends when its parent does, even when that was killed."""
    parent = os.environ.pop("FAIRLEAD_PARENT", None)
    if parent is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        follow(int(parent))


def follow(parent: int) -> None:
    set_process(DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it died before we could follow
        raise SystemExit(0)


def take_name(name: str) -> None:
    """What `ps -o comm` and `top` show, 15 letters at most: the command line of a forked part says how it began."""
    set_process(NAME, name.encode()[:15])


def set_process(option: int, value: int | bytes) -> bool:
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def tell_ready() -> None:
    writing = inherited("FAIRLEAD_READY")
    if writing is not None:
        os.write(writing, b"1")
        os.close(writing)


def inherited_listener() -> socket.socket | None:
    number = inherited("FAIRLEAD_LISTENER")
    return None if number is None else socket.socket(fileno=number)


def inherited(name: str) -> int | None:
    number = os.environ.pop(name, None)
    return None if number is None else int(number)


def answer(greeting: str, run: dict[str, Callable[[], None]]) -> None:
    """Tell the supervisor what to print, and fork the parts that it asked for: their numbers go with the answer."""
    writing = inherited("FAIRLEAD_ANSWER")
    if writing is None:
        print(greeting)
        return
    gc.freeze()  # what is loaded now stays shared between the parts
    wanted = json.loads(os.environ.pop("FAIRLEAD_PARTS"))
    pids = []
    for _, command, ready in wanted:
        pids.append(os.fork())
        if not pids[-1]:
            os.close(writing)
            become_part(command, ready, [other for _, _, other in wanted if other != ready])
            return run[command]()
    with open(writing, "w") as file:
        json.dump([greeting, *pids], file)


def become_part(command: str, ready: int, of_others: list[int]) -> None:
    for number in of_others:
        os.close(number)
    if command != "web" and (listener := inherited("FAIRLEAD_LISTENER")) is not None:
        os.close(listener)
    os.environ["FAIRLEAD_READY"] = str(ready)
    os.setpgid(0, 0)
    preparing, supervisor = os.getppid(), int(os.environ["FAIRLEAD_SUPERVISOR"])
    while os.getppid() == preparing != supervisor:
        time.sleep(0.002)
    follow(supervisor)
