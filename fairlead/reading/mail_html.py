"""HTML as mails carry it: without scripts, frames and forms, and without styles that mail programs do not know."""

import re

SHEET = re.compile(r"<style[\s>]", re.I)
STYLES = {
    "background-color", "border", "border-collapse", "border-radius", "border-top", "color", "display", "font-family",
    "font-size", "font-style", "font-weight", "height", "line-height", "margin", "margin-bottom", "margin-top",
    "max-width", "padding", "text-align", "text-decoration", "vertical-align", "width",
}  # fmt: skip
ATTRIBUTES = {
    "*": {"style", "align", "dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "table": {"width", "cellpadding", "cellspacing", "border", "role"},
    "td": {"width", "height", "colspan", "rowspan", "valign"},
}


def inlined(html: str) -> str:
    """The same with its style sheets at the elements themselves: many mail programs throw sheets away.

    Nothing is fetched for it; a sheet that cannot be read counts as none.
    """
    if not SHEET.search(html):
        return html
    import css_inline  # 7 MB that most processes never need

    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, extra_css=None)
    try:
        return inliner.inline(html)
    except css_inline.InlineError:
        return html


def cleaned(html: str) -> str:
    """Only what a mail may show; links lead to the web, to a mail address or a phone number."""
    import nh3

    return nh3.clean(
        html,
        attributes=nh3.ALLOWED_ATTRIBUTES | ATTRIBUTES,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    ).strip()
