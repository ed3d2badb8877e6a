"""Sheets to print: a marker a page with what it belongs to, or the board that a camera is calibrated by.

Vector graphics, true to size when printed at 100 %; a line of 100 mm on each page shows whether it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from twinswing.body.calibration import Board
from twinswing.body.markers import family
from twinswing.errors import InputError

PAPERS = {"a4": A4, "letter": LETTER}
_MARGIN_MM = 12.0
_CHECK_MM = 100.0
_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One marker and the words under it."""

    number: int
    title: str
    note: str = ""


def write_markers(
    out: Path, sheets: Sequence[Sheet], size_m: float = 0.15, family_name: str = "aruco-4x4-50", paper: str = "a4"
) -> None:
    """Write a PDF with one marker a page; raises InputError for what does not fit the family or the paper."""
    width, height = _paper(paper)
    side = 1e3 * size_m * mm
    codes = family(family_name)
    most = len(codes.bytesList)
    if not 0 < len(sheets) <= _MOST_PAGES:
        raise InputError(f"expected 1 to {_MOST_PAGES} markers to print, found {len(sheets)}")
    # A white frame as wide as one of the marker's cells is what tells it from its surroundings.
    quiet = side / (codes.markerSize + 2)
    if side + 2 * quiet > width or side + 2 * quiet + 60 * mm > height:
        raise InputError(f"expected a marker that fits on {paper} with its white frame, found {1e3 * size_m:g} mm")
    canvas = Canvas(str(out), pagesize=(width, height))
    canvas.setTitle("Twinswing markers")
    for sheet in sheets:
        if not 0 <= sheet.number < most:
            raise InputError(f"expected a marker number below {most} of {family_name}, found {sheet.number}")
        x, y = (width - side) / 2, height - _MARGIN_MM * mm - quiet - side
        _squares(canvas, _cells(family_name, sheet.number), x, y, side)
        canvas.setFillGray(0.0)
        canvas.setFont("Helvetica-Bold", 22)
        canvas.drawCentredString(width / 2, y - quiet - 14 * mm, _fitting(sheet.title, 40))
        canvas.setFont("Helvetica", 11)
        canvas.drawCentredString(width / 2, y - quiet - 21 * mm, _fitting(sheet.note, 90))
        told = f"{family_name} number {sheet.number}, black square {1e3 * size_m:g} mm, this edge up"
        canvas.drawCentredString(width / 2, y - quiet - 27 * mm, told)
        _check_line(canvas, width)
        canvas.showPage()
    canvas.save()


def write_board(out: Path, board: Board | None = None, paper: str = "a4") -> None:
    """Write a PDF with the calibration board; raises InputError where it does not fit the paper."""
    board = board or Board()
    width, height = _paper(paper)
    square = 1e3 * board.square_m * mm
    wide, high = board.columns * square, board.rows * square
    if wide > width - 2 * _MARGIN_MM * mm or high > height - 2 * _MARGIN_MM * mm - 14 * mm:
        raise InputError(
            f"expected a board that fits on {paper}, found {1e3 * board.columns * board.square_m:g} x "
            f"{1e3 * board.rows * board.square_m:g} mm"
        )
    canvas = Canvas(str(out), pagesize=(width, height))
    canvas.setTitle("Twinswing calibration board")
    x, y = (width - wide) / 2, height - _MARGIN_MM * mm - high
    made = board.made()
    canvas.setFillGray(0.0)
    for row in range(board.rows):
        for column in range(board.columns):
            if (row + column) % 2 == 0:
                canvas.rect(x + column * square, y + high - (row + 1) * square, square, square, stroke=0, fill=1)
    corners = np.asarray(made.getObjPoints(), dtype=float)
    for number, points in zip(np.ravel(made.getIds()).tolist(), corners, strict=True):
        left, top = 1e3 * points[0, 0] * mm, 1e3 * points[0, 1] * mm
        side = 1e3 * board.marker_m * mm
        _squares(canvas, _cells(board.family_name, number), x + left, y + high - top - side, side)
    _check_line(canvas, width)
    canvas.showPage()
    canvas.save()


def _paper(name: str) -> tuple[float, float]:
    if name not in PAPERS:
        raise InputError(f"expected a paper out of {', '.join(PAPERS)}, found {name!r}")
    width, height = PAPERS[name]
    return float(width), float(height)


def _cells(family_name: str, number: int) -> "np.ndarray[tuple[int, int], np.dtype[np.bool_]]":
    codes = family(family_name)
    cells = codes.markerSize + 2
    return np.asarray(cv2.aruco.generateImageMarker(codes, number, cells)) < 128


def _squares(canvas: Canvas, black: np.ndarray, x: float, y: float, side: float) -> None:
    """Draw a marker's cells, its lower left corner at x, y; neighbours of a row as one, so that no seam shows."""
    cell = side / len(black)
    canvas.setFillGray(0.0)
    for row, line in enumerate(black.tolist()):
        start = None
        for column, on in enumerate([*line, False]):
            if on and start is None:
                start = column
            elif not on and start is not None:
                # Rows overlap by a hair, or viewers draw a white line between them.
                overlap = 0.02 * cell if row + 1 < len(black) else 0.0
                top = y + side - row * cell
                canvas.rect(
                    x + start * cell, top - cell - overlap, (column - start) * cell, cell + overlap, stroke=0, fill=1
                )
                start = None


def _check_line(canvas: Canvas, width: float) -> None:
    x, y = (width - _CHECK_MM * mm) / 2, _MARGIN_MM * mm
    canvas.setStrokeGray(0.0)
    canvas.setFillGray(0.0)
    canvas.setLineWidth(0.6)
    canvas.line(x, y, x + _CHECK_MM * mm, y)
    for end in (x, x + _CHECK_MM * mm):
        canvas.line(end, y - 2 * mm, end, y + 2 * mm)
    canvas.setFont("Helvetica", 9)
    told = "Print at 100 %: this line must measure 100 mm. Keep the sheet flat and its white frame free."
    canvas.drawCentredString(width / 2, y - 6 * mm, told)


def _fitting(text: str, most: int) -> str:
    """Cut a text to what fits, and leave out what the page's typeface cannot show."""
    text = text.encode("cp1252", "replace").decode("cp1252")
    return text if len(text) <= most else text[: most - 3] + "..."
