"""QR codes, as what a template needs to draw one."""

BORDER = 4  # modules of quiet around it


def qr(text: str) -> dict[str, int | str]:
    """A QR code as its size in modules and the path of its dark ones."""
    import segno  # 2 MB that most processes never need

    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=BORDER)]
    dark = [(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module]
    return {"size": len(rows), "path": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark)}
