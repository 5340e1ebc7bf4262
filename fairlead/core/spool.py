"""A durable queue in files: what must not be lost while the database is away, written before it is acknowledged.

Each writing process appends to files of its own. One write and one fsync serve all threads that wait at that moment.
A reader takes complete records, and a file away once all of it was taken. A record may be handed over twice, after a
crash between taking and forgetting: whoever takes it tells by its own key.
"""

import fcntl
import os
import struct
import uuid
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

HEAD = struct.Struct(">II")  # length and checksum, before each record
LARGEST_FILE = 16 * 1024 * 1024  # bytes after which a new file is begun
LARGEST_RECORD = 8 * 1024 * 1024


class Spool:
    """The writing side, for all threads of a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._waiting: deque[_Entry] = deque()
        self._turn = Lock()
        self._file = -1
        self._process = 0

    def append(self, record: bytes) -> None:
        """Returns when the record is on the disk; raises OSError when it cannot be."""
        entry = _Entry(record)
        self._waiting.append(entry)
        with self._turn:
            if not entry.settled:  # nobody wrote it along with theirs
                self._write()
        if entry.fault is not None:
            raise OSError(*entry.fault.args) from entry.fault

    def _write(self) -> None:
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        fault: OSError | None = None
        try:
            self._append(b"".join(_framed(each.record) for each in batch))
        except OSError as error:
            fault = error
        for each in batch:
            each.fault = fault
            each.settled = True

    def _append(self, data: bytes) -> None:
        with self._own_file() as file:
            before = os.fstat(file).st_size
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(file, rest) :]
                os.fdatasync(file)
            except OSError:
                os.ftruncate(file, before)
                raise

    @contextmanager
    def _own_file(self) -> Iterator[int]:
        """This process's file, locked, that nobody took away meanwhile; a new one when there is none."""
        while True:
            if self._file < 0 or self._process != os.getpid():
                self._file, self._process = self._new_file(), os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            about = os.fstat(self._file)
            if about.st_nlink and about.st_size < LARGEST_FILE:
                break
            os.close(self._file)
            self._file = -1
        try:
            yield self._file
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _new_file(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = self.folder / f"{uuid.uuid4().hex}.spool"
        file = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        _sync_folder(self.folder)
        return file


class _Entry:
    __slots__ = ("fault", "record", "settled")

    def __init__(self, record: bytes) -> None:
        self.record, self.settled = record, False
        self.fault: OSError | None = None


class Reader:
    """The reading side; one at a time, over all processes on this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._taken: dict[Path, int] = {}

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether nobody else reads while this block lasts."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.open(self.folder / "reader.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            yield False
            return
        try:
            yield True
        finally:
            os.close(lock)

    def batches(self, size: int, most: int) -> Iterator[list[bytes]]:
        """Up to `most` pieces of up to `size` records. Asking for the next piece says that this one was taken."""
        for path in self._files():
            while found := self._read(path, size):
                yield [record for record, _end in found]
                self._taken[path], most = found[-1][1], most - 1
                if not most:
                    return
            self._forget(path)

    def set_aside(self, record: bytes) -> None:
        """Keep a record that cannot be taken, for a person to look at."""
        path = self.folder / f"{uuid.uuid4().hex}.torn"
        path.touch(mode=0o600)
        path.write_bytes(_framed(record))

    def _files(self) -> list[Path]:
        found = [(path.stat().st_mtime_ns, path) for path in self.folder.glob("*.spool")]
        return [path for _moment, path in sorted(found)]

    def _read(self, path: Path, size: int) -> list[tuple[bytes, int]]:
        """(record, where it ends); stops before one that is not complete."""
        found: list[tuple[bytes, int]] = []
        with open(path, "rb") as file:
            file.seek(self._taken.get(path, 0))
            while len(found) < size and len(head := file.read(HEAD.size)) == HEAD.size:
                length, checksum = HEAD.unpack(head)
                record = file.read(length) if length <= LARGEST_RECORD else b""
                if len(record) < length or zlib.crc32(record) != checksum:
                    break
                found.append((record, file.tell()))
        return found

    def _forget(self, path: Path) -> None:
        """Take the file away if nothing was appended meanwhile.

        What its writer was killed at was never acknowledged; it is kept aside, in case a disk is to blame.
        """
        with open(path, "rb+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # nobody writes now
            if self._read(path, 1):
                return
            if os.fstat(file.fileno()).st_size > self._taken.pop(path, 0):
                path.rename(path.with_suffix(".torn"))
            else:
                path.unlink()


def _framed(record: bytes) -> bytes:
    return HEAD.pack(len(record), zlib.crc32(record)) + record


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
