"""Any file that holds people, companies or leads, as one table: what was found is shown, and may be corrected.

`look` says what a file is; `rows` reads it from beginning to end, a row at a time.
"""

from fairlead.exchange.reading.refused import Unreadable
from fairlead.exchange.reading.table import Choices, Line, Look, look, rows

__all__ = ["Choices", "Line", "Look", "Unreadable", "look", "rows"]
