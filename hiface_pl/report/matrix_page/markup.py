"""Small pieces of HTML."""

from collections.abc import Sequence
from html import escape


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "", left: int = 1) -> str:
    """A table that scrolls where the page is too narrow; cells are HTML already, the first `left` columns are words."""
    heading = "".join(f"<th{_side(number, left)}>{cell}</th>" for number, cell in enumerate(head))
    body = "".join("<tr>" + "".join(f"<td{_side(number, left)}>{cell}</td>" for number, cell in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="wide"><table class="{kind}"><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table></div>'


def section(anchor: str, title: str, *parts: str) -> str:
    """A part of the page with a heading."""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{"".join(parts)}</section>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _side(number: int, left: int) -> str:
    return ' class="word"' if number < left else ""
