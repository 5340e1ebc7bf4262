"""Resident memory of a running Fairlead, part by part: `memory.py DATA_FOLDER`. Linux only."""

import sys
from pathlib import Path


def main(data: str) -> None:
    found = sorted(processes(str(Path(data).absolute())))
    for name, pid, megabytes in found:
        print(f"{name:16} {pid:>8} {megabytes:7.1f} MB")
    print(f"{'together':16} {len(found):>8} {sum(megabytes for _, _, megabytes in found):7.1f} MB")


def processes(data: str) -> list[tuple[str, int, float]]:
    """Name, number and resident megabytes of every process whose FAIRLEAD_DATA is this folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "comm").read_text().strip()
            variables = (folder / "environ").read_bytes().split(b"\0")
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        except OSError:
            continue
        if name.startswith("fairlead-") and f"FAIRLEAD_DATA={data}".encode() in variables:
            found.append((name, int(folder.name), int(status["VmRSS"].split()[0]) / 1024))
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
