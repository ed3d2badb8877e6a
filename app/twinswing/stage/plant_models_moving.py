"""What carries and keeps: robots, conveyors, racks, buffers with their crates, and the pieces themselves."""

from twinswing.stage.plant_mesh import (
    BASE,
    BODY,
    CARD,
    CHROME,
    DARK,
    PANEL,
    RUBBER,
    SCREEN,
    STEEL,
    WOOD,
    Build,
    Builder,
    Paint,
    Part,
)
from twinswing.stage.plant_models_common import (
    LAMP_AMBER,
    LAMP_RED,
    LAMP_WHITE,
    cabinet,
    console,
    fence,
    ordered,
    tower,
)

CRATE = Paint("#8d959c", 0.65)
PIECE = Paint("#d3d6d9", 0.25, 0.9, Part.BODY)
PIECE_TRAY = Paint("#6b7278", 0.7)


def robot(b: Build, w: float, d: float, h: float) -> None:
    """Robot cell: a six-axis arm on a pedestal, a table before it, a fence around it, its controller."""
    b.cylinder((0.0, 0.15, 0.12), 0.34, 0.24, BASE, sides=28, bevel=0.02)
    b.cylinder((0.0, 0.15, 0.36), 0.25, 0.28, BODY, sides=28, bevel=0.03)
    b.box((-0.19, 0.19), (0.0, 0.38), (0.46, 0.78), BODY, 0.06)
    b.cylinder((0.0, 0.1, 0.72), 0.19, 0.5, PANEL, "x", 26, 0.03)
    b.bar((0.0, 0.1, 0.72), (0.0, 0.34, 1.42), 0.14, BODY, 18, 0.11)
    b.cylinder((0.0, 0.34, 1.42), 0.16, 0.4, PANEL, "x", 24, 0.03)
    b.bar((0.0, 0.4, 1.46), (0.0, -0.42, 1.5), 0.12, BODY, 18, 0.085)
    b.cylinder((0.0, -0.44, 1.5), 0.1, 0.26, PANEL, "x", 20, 0.02)
    b.bar((0.0, -0.44, 1.5), (0.0, -0.5, 1.22), 0.075, BODY, 16, 0.06)
    b.cylinder((0.0, -0.506, 1.2), 0.065, 0.05, DARK, sides=16)
    b.box((-0.13, 0.13), (-0.55, -0.46), (1.13, 1.18), DARK, 0.01)
    for sx in (-1, 1):
        b.box((sx * 0.1 - 0.015, sx * 0.1 + 0.015), (-0.53, -0.48), (1.0, 1.13), STEEL, 0.004)
    b.box((-0.4, 0.4), (-0.82, -0.42), (0.76, 0.8), STEEL, 0.01)
    b.box((-0.34, 0.34), (-0.76, -0.48), (0.0, 0.76), PANEL, 0.02)
    low, high = (-w / 2 + 0.04, w / 2 - 0.04), (-d / 2 + 0.04, d / 2 - 0.04)
    fence(b, low, (d / 2 - 0.04, 0.0), 1.8, 4, along="x")
    fence(b, (-w / 2 + 0.04, 0.0), high, 1.8, 4, along="y")
    fence(b, (w / 2 - 0.04, 0.0), high, 1.8, 4, along="y")
    cabinet(b, (w / 2 - 0.5, w / 2 - 0.1), (d / 2 - 0.42, d / 2 - 0.1), (0.0, 1.15))
    console(b, -w / 2 + 0.3, -d / 2 + 0.2, 1.0, 0.3, 0.36)
    b.box((-w / 2 + 0.27, -w / 2 + 0.33), (-d / 2 + 0.14, -d / 2 + 0.2), (0.0, 1.1), DARK, 0.008)
    b.box((w / 2 - 0.07, w / 2 - 0.01), (-d / 2 + 0.01, -d / 2 + 0.07), (0.0, h * 0.5 + 0.85), DARK, 0.0)
    tower(b, w / 2 - 0.04, -d / 2 + 0.04, h * 0.5 + 0.85, 0.06)


def conveyor(bays: int) -> Builder:
    """Return a roller conveyor of so many bays of about a metre."""

    def build(b: Build, w: float, d: float, h: float) -> None:
        top = h - 0.02
        for sy in (-1, 1):
            y_span = ordered(sy * (d / 2), sy * (d / 2 - 0.05))
            b.box((-w / 2, w / 2), y_span, (top - 0.16, top), BODY, 0.01)
        rollers = 6 * bays
        for k in range(rollers):
            x = -w / 2 + w * (k + 0.5) / rollers
            b.turned((x, 0.0, top - 0.04), [(0.028, -d / 2 + 0.05), (0.028, d / 2 - 0.05)], STEEL, "y", 8)
        for k in range(bays + 1):
            x = -w / 2 + 0.06 + (w - 0.12) * k / bays
            for sy in (-1, 1):
                y_span = ordered(sy * (d / 2 - 0.005), sy * (d / 2 - 0.055))
                b.box((x - 0.03, x + 0.03), y_span, (0.0, top - 0.14), DARK, 0.0)
            b.box((x - 0.02, x + 0.02), (-d / 2 + 0.05, d / 2 - 0.05), (0.2, 0.24), DARK, 0.0)
        b.box((-0.16, 0.16), (-d / 2 + 0.08, d / 2 - 0.08), (top - 0.36, top - 0.14), PANEL, 0.02)
        x, y = w / 2 - 0.06, d / 2 - 0.02
        b.cylinder((x, y, top + 0.1), 0.012, 0.24, CHROME, sides=8, bevel=0.0)
        for k, paint in enumerate((LAMP_WHITE, LAMP_AMBER, LAMP_RED)):
            b.cylinder((x, y, top + 0.26 + 0.085 * k), 0.04, 0.08, paint, sides=12)

    return build


def store(bays: int) -> Builder:
    """Return a pallet rack of so many bays of about a metre and a half, with goods in most of its places."""

    def build(b: Build, w: float, d: float, h: float) -> None:
        for k in range(bays + 1):
            x = -w / 2 + 0.05 + (w - 0.1) * k / bays
            for y in (-d / 2 + 0.02, d / 2 - 0.11):
                b.box((x - 0.045, x + 0.045), (y, y + 0.09), (0.0, h), DARK, 0.0)
            for f in (0.15, 0.5, 0.85):
                b.box((x - 0.02, x + 0.02), (-d / 2 + 0.1, d / 2 - 0.1), (h * f, h * f + 0.04), DARK, 0.0)
        for level in range(3):
            z = 0.12 + h * 0.32 * level
            for y in (-d / 2, d / 2 - 0.06):
                b.box((-w / 2, w / 2), (y, y + 0.06), (z, z + 0.11), BODY, 0.008)
            b.box((-w / 2 + 0.06, w / 2 - 0.06), (-d / 2 + 0.07, d / 2 - 0.07), (z + 0.07, z + 0.11), WOOD, 0.0)
            for k in range(bays):
                for j in range(2):
                    if (3 * level + 2 * k + j) % 5 == 4:
                        continue  # an empty place
                    lo = -w / 2 + 0.05 + (w - 0.1) * (k + 0.5 * j) / bays
                    hi = -w / 2 + 0.05 + (w - 0.1) * (k + 0.5 * j + 0.5) / bays
                    paint = (CARD, CRATE, PANEL)[(k + 2 * level + j) % 3]
                    low = z + 0.11
                    b.box((lo + 0.07, hi - 0.07), (-d / 2 + 0.08, d / 2 - 0.08), (low, low + h * 0.2), paint, 0.012)
                    b.box(
                        (lo + 0.14, hi - 0.14), (-d / 2 + 0.074, -d / 2 + 0.08), (low + 0.06, low + 0.16), SCREEN, 0.0
                    )
        tower(b, -w / 2 + 0.05, -d / 2 + 0.07, h, 0.06)

    return build


def buffer_stand(b: Build, w: float, d: float, h: float) -> None:
    """Build the place of a buffer: a low pallet with corner posts, on which crates stand."""
    for k in range(3):
        y = -d / 2 + 0.06 + (d - 0.12) * k / 2
        b.box((-w / 2, w / 2), (y - 0.05, y + 0.05), (0.0, 0.09), WOOD, 0.0)
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (0.09, 0.13), BASE, 0.008)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x_span = ordered(sx * w / 2, sx * (w / 2 - 0.04))
            y_span = ordered(sy * d / 2, sy * (d / 2 - 0.04))
            b.box(x_span, y_span, (0.13, h), DARK, 0.0)
    for z in (h - 0.03,):
        for sy in (-1, 1):
            y_span = ordered(sy * d / 2, sy * (d / 2 - 0.03))
            b.box((-w / 2 + 0.04, w / 2 - 0.04), y_span, (z, z + 0.03), DARK, 0.0)


def crate(b: Build, w: float, d: float, h: float) -> None:
    """Build one place's goods in a buffer."""
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (0.0, h), CRATE, 0.02)
    b.box((-w / 2 + 0.03, w / 2 - 0.03), (-d / 2 + 0.03, d / 2 - 0.03), (h - 0.02, h + 0.01), PIECE, 0.01)


def piece(b: Build, w: float, d: float, h: float) -> None:
    """Build a work piece: a club head on its cart, a little larger than life so that it is seen across a hall."""
    for sx in (-1, 1):
        for sy in (-1, 1):
            b.cylinder((sx * (w / 2 - 0.06), sy * (d / 2 - 0.04), 0.05), 0.05, 0.03, RUBBER, "y", 12, 0.004)
    b.box((-w / 2, w / 2), (-d / 2 + 0.02, d / 2 - 0.02), (0.07, 0.13), PIECE_TRAY, 0.012)
    b.box((-0.04, 0.04), (-0.04, 0.04), (0.13, h - 0.3), DARK, 0.0)
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (h - 0.3, h - 0.265), PIECE_TRAY, 0.01)
    top = h - 0.265
    outline = [(0.0, 0.0), (0.09, 0.005), (0.125, 0.04), (0.12, 0.085), (0.08, 0.12), (0.0, 0.13)]
    b.turned((0.02, 0.0, top), outline, PIECE, "z", 20)
    b.box((-0.13, -0.05), (-0.11, 0.11), (top + 0.005, top + 0.105), PIECE, 0.025)
    b.bar((-0.06, 0.09, top + 0.085), (-0.1, 0.16, top + 0.225), 0.022, PIECE, 12)


def meter(b: Build, w: float, d: float, h: float) -> None:
    """Build an electricity meter's cabinet."""
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (0.1, h), BODY, 0.02)
    b.box((-w / 2 + 0.04, w / 2 - 0.04), (-d / 2 + 0.04, d / 2 - 0.04), (0.0, 0.1), BASE, 0.01)
    b.box((-w / 2 + 0.05, w / 2 - 0.05), (-d / 2 - 0.01, -d / 2 + 0.01), (0.16, h - 0.05), PANEL, 0.01)
    b.box((-w * 0.28, w * 0.28), (-d / 2 - 0.016, -d / 2), (h - 0.5, h - 0.2), SCREEN, 0.0)
    b.box((w / 2 - 0.1, w / 2 - 0.07), (-d / 2 - 0.03, -d / 2), (h * 0.4, h * 0.4 + 0.12), RUBBER, 0.0)
