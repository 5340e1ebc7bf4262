"""Which row of a file said a key first, for millions of rows in little memory."""

from array import array
from collections.abc import Iterable

Key = tuple[str, str]
NUMBERS = 2**64


class Seen:
    """Keys by their hashes in a table of numbers that grows with them; what rows are called stands in one text."""

    def __init__(self) -> None:
        self.hashes, self.rows, self.held = array("Q", bytes(8 * 4096)), array("I", bytes(4 * 4096)), 0
        self.ends, self.words = array("Q", [0]), bytearray()

    def add(self, row: int, label: str, own: str, keys: Iterable[Key]) -> None:
        """This row, called so and with this id of its own, says these keys; what was said before stays as it is."""
        while len(self.ends) <= row:
            self.ends.append(self.ends[-1])
        self.words += f"{label}\0{own}".encode("utf-8", "surrogatepass")
        self.ends[row] = len(self.words)
        for key in keys:
            if self.held * 5 > len(self.hashes) * 3:
                self._grow()
            self._put(hash(key) % NUMBERS or 1, row)

    def row(self, key: Key) -> int:
        """The number of the row that said it first; 0 when none did."""
        number, hashes = hash(key) % NUMBERS or 1, self.hashes
        last = len(hashes) - 1
        at = number & last
        while held := hashes[at]:
            if held == number:
                return self.rows[at]
            at = (at + 1) & last
        return 0

    def told(self, row: int) -> tuple[str, str]:
        """What this row is called, and its own id."""
        text = self.words[self.ends[row - 1] : self.ends[row]].decode("utf-8", "surrogatepass")
        label, _mark, own = text.partition("\0")
        return label, own

    def _put(self, number: int, row: int) -> None:
        hashes = self.hashes
        last = len(hashes) - 1
        at = number & last
        while held := hashes[at]:
            if held == number:
                return
            at = (at + 1) & last
        hashes[at], self.rows[at] = number, row
        self.held += 1

    def _grow(self) -> None:
        hashes, rows, size = self.hashes, self.rows, 2 * len(self.hashes)
        self.hashes, self.rows, self.held = array("Q", bytes(8 * size)), array("I", bytes(4 * size)), 0
        for number, row in zip(hashes, rows, strict=True):
            if number:
                self._put(number, row)
