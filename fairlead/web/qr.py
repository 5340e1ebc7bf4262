"""QR codes, as what a template needs to draw one."""

import segno

BORDER = 4  # modules of quiet around it


def qr(text: str) -> dict[str, int | str]:
    """A QR code as its size in modules and the path of its dark ones."""
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=BORDER)]
    dark = [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    return {"size": len(rows), "path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}
