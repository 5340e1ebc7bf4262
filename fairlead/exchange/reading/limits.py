"""How much of anything a file may hold. What is larger is refused by name instead of filling the memory."""

COLUMNS = 2_000
CELL = 100_000  # characters
LINES_IN_A_ROW = 500  # of text, in cells with line breaks; a quotation mark never closed would take all the rest
UNPACKED = 150 * 1024 * 1024  # bytes of a workbook
RATIO = 120  # unpacked to packed, of a workbook that is large when unpacked
CARDS = 50_000_000  # bytes of a file of vCards
PARTS = 2_000  # files in a workbook
WORKBOOK_MEMORY = 900 * 1024 * 1024  # bytes of address space for reading a workbook, in a process of its own
WORKBOOK_SECONDS = 15
WORKBOOK_ROWS = 600 * 1024 * 1024  # bytes of its rows as texts
SAMPLE = 256 * 1024  # bytes that are looked at to find out what a text is
LOOKED_AT = 1_000  # rows
