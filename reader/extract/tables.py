"""Tables: those that hold data become GFM tables; those that only place things on the page are unrolled."""

from __future__ import annotations

import re
from collections.abc import Callable

from lxml.html import HtmlElement

MAX_COLUMNS = 40
MAX_CELLS = 50_000
_MAX_CELL_TEXT = 600
"""Characters; a table with longer cells was made to place text, not to compare it."""
_NUMBER = re.compile(r"^[^\w]{0,3}\d[\d.,'’\s]*\W{0,3}\w{0,3}$")


def convert(
    table: HtmlElement, blocks_of: Callable[[HtmlElement], list[str]], text_of: Callable[[HtmlElement], str]
) -> list[str]:
    """The blocks that a `<table>` makes."""
    captions = [block for caption in table.iterchildren("caption") for block in blocks_of(caption)]
    rows = _rows(table)
    if _is_layout(table, rows):
        return [*captions, *(block for row in rows for cell in row for block in blocks_of(cell))]
    grid = _grid(rows, text_of)
    if not grid:
        return captions
    if max(map(len, grid)) == 1:
        return [*captions, *(block for row in rows for cell in row for block in blocks_of(cell))]
    header, body = _headed(grid, rows)
    width = max(map(len, grid))
    lines = [_line(header, width), "|" + " --- |" * width, *(_line(row, width) for row in body)]
    return [*captions, "\n".join(lines)]


def _rows(table: HtmlElement) -> list[list[HtmlElement]]:
    """The cells of its own rows, those of `thead` first and of `tfoot` last, wherever they are written."""
    rows: list[tuple[int, list[HtmlElement]]] = []
    for row in table.iter("tr"):
        section = row.getparent()
        if section is None or next(row.iterancestors("table"), None) is not table:
            continue
        place = {"thead": 0, "tfoot": 2}.get(str(section.tag), 1)
        rows.append((place, [cell for cell in row if cell.tag in ("td", "th")]))
    return [cells for _, cells in sorted(rows, key=lambda row: row[0]) if cells]


def _is_layout(table: HtmlElement, rows: list[list[HtmlElement]]) -> bool:
    if not rows or table.get("role") in ("presentation", "none") or max(map(len, rows)) == 1:
        return True
    if next(table.iter("th"), None) is None and table.find(".//table") is not None:
        return True
    big = 0
    for row in rows:
        for cell in row:
            if next(cell.iter("table", "h1", "h2", "h3", "pre", "blockquote", "figure", "iframe"), None) is not None:
                return True
            paragraphs = sum(1 for _ in cell.iter("p"))
            big += len(cell.text_content()) > _MAX_CELL_TEXT or paragraphs > 3
    return big > 0


def _grid(rows: list[list[HtmlElement]], text_of: Callable[[HtmlElement], str]) -> list[list[str]]:
    """The texts in columns; a cell that spans several is followed, and one that spans rows is topped, by empty ones."""
    grid: list[list[str]] = []
    below: dict[int, int] = {}
    for cells in rows[: MAX_CELLS // max(1, min(MAX_COLUMNS, max(map(len, rows))))]:
        row: list[str] = []

        def skip_spanned(row: list[str] = row) -> None:
            while below.get(len(row), 0) > 0 and len(row) < MAX_COLUMNS:
                below[len(row)] -= 1
                row.append("")

        for cell in cells:
            skip_spanned()
            if len(row) >= MAX_COLUMNS:
                break
            columns, height = _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", 1_000)
            for column in range(len(row), min(MAX_COLUMNS, len(row) + columns)):
                below[column] = height - 1
            row += [text_of(cell), *[""] * (columns - 1)]
        skip_spanned()
        grid.append(row[:MAX_COLUMNS])
    width = max((len(row) for row in grid), default=0)
    used = [i for i in range(width) if any(i < len(row) and row[i] for row in grid)]
    grid = [[row[i] if i < len(row) else "" for i in used] for row in grid]
    return [row for row in grid if any(row)]


def _span(cell: HtmlElement, name: str, most: int) -> int:
    value = cell.get(name) or ""
    return min(most, max(1, int(value))) if re.fullmatch(r"\d{1,6}", value) else 1


def _headed(grid: list[list[str]], rows: list[list[HtmlElement]]) -> tuple[list[str], list[list[str]]]:
    """The first row as the header when it is one; else an empty header, which GFM wants."""
    first = rows[0]
    named = (
        all(cell.tag == "th" for cell in first)
        or next(first[0].iterancestors("thead", "table"), first[0]).tag == "thead"
    )
    if not named and not any(cell.tag == "th" for row in rows for cell in row) and len(grid) > 2:
        words = all(text and not _NUMBER.match(text) for text in grid[0])
        named = words and any(_NUMBER.match(text) for row in grid[1:] for text in row)
    if named and len(grid) > 1:
        return grid[0], grid[1:]
    return [""] * len(grid[0]), grid


def _line(row: list[str], width: int) -> str:
    return "| " + " | ".join([*row, *[""] * (width - len(row))]) + " |"
