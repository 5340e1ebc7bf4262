"""The spool: what was acknowledged is on the disk and comes out, whatever happens to its writers and readers."""

import os
import threading
from pathlib import Path

import pytest

from fairlead.core.spool import HEAD, Reader, Spool


def taken(folder: Path, size: int = 10) -> list[bytes]:
    return [record for piece in Reader(folder).batches(size, 1000) for record in piece]


def test_what_is_appended_comes_out_once_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(25):
        spool.append(b"%d" % number)
    assert taken(tmp_path) == [b"%d" % number for number in range(25)]
    assert taken(tmp_path) == [] and list(tmp_path.glob("*.spool")) == []
    spool.append(b"after")
    assert taken(tmp_path) == [b"after"]


def test_many_threads_share_a_write(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    threads = [threading.Thread(target=spool.append, args=(b"%d" % number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken(tmp_path), key=int) == [b"%d" % number for number in range(64)]


def test_what_was_not_confirmed_is_handed_over_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(6):
        spool.append(b"%d" % number)
    reader = Reader(tmp_path)
    pieces = reader.batches(2, 1000)
    assert next(pieces) == [b"0", b"1"] and next(pieces) == [b"2", b"3"]  # then its process is killed
    assert taken(tmp_path) == [b"%d" % number for number in range(6)]


def test_a_reader_that_stops_in_between_goes_on_where_it_was(tmp_path: Path) -> None:
    spool, reader = Spool(tmp_path), Reader(tmp_path)
    for number in range(6):
        spool.append(b"%d" % number)
    assert list(reader.batches(2, 2)) == [[b"0", b"1"], [b"2", b"3"]]
    spool.append(b"6")
    assert list(reader.batches(2, 100)) == [[b"4", b"5"], [b"6"]]


def test_a_torn_end_is_kept_aside(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append(b"whole")
    (file,) = tmp_path.glob("*.spool")
    with open(file, "ab") as writing:
        writing.write(HEAD.pack(100, 0) + b"only a part")
    assert taken(tmp_path) == [b"whole"]
    assert [path.suffix for path in tmp_path.iterdir()] == [".torn"]


def test_a_write_that_fails_leaves_nothing_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    spool.append(b"first")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            spool.append(b"second")
    spool.append(b"third")
    assert taken(tmp_path) == [b"first", b"third"]


def test_two_readers_never_read_at_once(tmp_path: Path) -> None:
    with Reader(tmp_path).alone() as first, Reader(tmp_path).alone() as second:
        assert (first, second) == (True, False)
    with Reader(tmp_path).alone() as again:
        assert again is True


def test_a_full_file_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.core.spool.LARGEST_FILE", 100)
    spool = Spool(tmp_path)
    for _ in range(3):
        spool.append(b"x" * 100)
    assert len(list(tmp_path.glob("*.spool"))) == 3 and len(taken(tmp_path)) == 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
