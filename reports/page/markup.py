"""Elements of HTML as values. What is not an element is text, and is escaped: no name, log or answer becomes markup."""

import html
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

VOID = frozenset({"meta", "br", "hr"})


class Html(str):
    """Markup, made by this module or by the picture; everything else is text."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str) -> Html:
    """``<tag name="value">content</tag>``; an attribute's trailing underscore is dropped, others become dashes.

    Args:
        tag: The element's name.
        content: Elements as they are; any other text escaped.
        attributes: Their values are escaped; those that are empty are left out.
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"' for name, value in attributes.items() if value
    )
    opened = f"<{tag}{named}>"
    return Html(opened) if tag in VOID else Html(f"{opened}{joined(*content)}</{tag}>")


def joined(*content: str) -> Html:
    """The content one after the other."""
    return Html("".join(part if isinstance(part, Html) else html.escape(part, quote=False) for part in content))


def table(head: tuple[str, ...], rows: Sequence[Sequence[str]], *, numbers: int = 0, kind: str = "") -> Html:
    """A table that reads well without a style sheet.

    Args:
        head: The columns' names.
        rows: A cell for each of them.
        numbers: How many of the last columns hold figures, aligned to the right.
        kind: Its class.
    """
    first = len(head) - numbers
    align = ["right" if column >= first else "left" for column in range(len(head))]
    top = element("tr", *[element("th", name, align=align[at], scope="col") for at, name in enumerate(head)])
    body = [
        element(
            "tr",
            *[
                element("td", cell, align=align[at], valign="top", nowrap="nowrap" if at >= first else "")
                for at, cell in enumerate(row)
            ],
        )
        for row in rows
    ]
    return element(
        "table",
        element("thead", top),
        element("tbody", *body),
        border="1",
        cellspacing="0",
        cellpadding="6",
        class_=kind,
    )


def unfold(title: str, *content: str, opened: bool = False) -> Html:
    """What is read only by who wants to know."""
    inside = joined(element("summary", title), *content)
    return Html(f"<details{' open' if opened else ''}>{inside}</details>")


def link(text: str, path: Path, page_folder: Path) -> Html:
    """A relative link, so that the folder can be moved or published."""
    return element("a", text, href=quote(Path(os.path.relpath(path, page_folder)).as_posix()))


def badge(text: str, colour: str) -> Html:
    """A word on a colour, which needs no style sheet."""
    inside = element("font", element("b", text), color="#ffffff")
    cell = element("td", inside, bgcolor=colour, align="center", nowrap="nowrap")
    return element("table", element("tr", cell), cellspacing="0", cellpadding="5", border="0", class_="badge")
