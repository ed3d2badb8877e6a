"""Stations where people and small machines work: inserts, shafts, sensors, assembly, bending, inspection, packing."""

from twinswing.stage.plant_mesh import (
    BASE,
    BODY,
    CARD,
    CHROME,
    DARK,
    GLASS,
    PANEL,
    RUBBER,
    SCREEN,
    STEEL,
    WOOD,
    Build,
)
from twinswing.stage.plant_models_common import bin_row, cabinet, console, ordered, table, tower
from twinswing.stage.plant_models_machines import grip_bench


def insert(b: Build, w: float, d: float, h: float) -> None:
    """Insert press: a C-frame on a bench with an indexing table and a guard."""
    grip_bench(b, w, d)
    b.box((-0.34, 0.34), (0.0, d / 2 - 0.06), (0.9, 0.98), BASE, 0.02)
    b.box((-0.2, 0.2), (d / 2 - 0.34, d / 2 - 0.08), (0.98, h - 0.25), BODY, 0.03)
    b.box((-0.2, 0.2), (-0.08, d / 2 - 0.1), (h - 0.62, h - 0.25), BODY, 0.04)
    b.cylinder((0.0, 0.1, h - 0.2), 0.11, 0.22, DARK, sides=18, bevel=0.015)
    b.cylinder((0.0, 0.06, h - 0.72), 0.055, 0.24, CHROME, sides=14)
    b.cylinder((0.0, 0.06, 1.0), 0.3, 0.05, STEEL, sides=32)
    for k, (x, y) in enumerate(((0.0, -0.2), (0.19, -0.1), (0.19, 0.12), (0.0, 0.24), (-0.19, 0.12), (-0.19, -0.1))):
        b.cylinder((x, 0.06 + y, 1.05), 0.05, 0.06, DARK if k % 2 else STEEL, sides=12)
    for sx in (-1, 1):
        x_span = ordered(sx * 0.36, sx * 0.38)
        b.box(x_span, (-0.28, d / 2 - 0.1), (0.94, h - 0.5), GLASS, 0.0)
    bin_row(b, -w / 2 + 0.08, 0.2, 2, (d / 2 - 0.34, d / 2 - 0.08), 0.9)
    console(b, w / 2 - 0.24, 0.1, 0.92, 0.32, 0.4)
    tower(b, -w / 2 + 0.12, d / 2 - 0.12, 0.9, 0.5)


def saw(b: Build, w: float, d: float, h: float) -> None:
    """Shaft saw: a long table with a stop rail, a hooded abrasive wheel, a rack of shafts, a dust bag."""
    grip_bench(b, w, d)
    b.box((-w / 2 + 0.04, w / 2 - 0.04), (0.02, 0.09), (0.9, 0.96), CHROME, 0.008)
    for k in range(6):
        x = -w / 2 + 0.1 + (w * 0.5) * k / 6
        b.box((x, x + 0.03), (-0.02, 0.13), (0.9, 1.0), DARK, 0.006)
    x = w * 0.12
    b.box((x - 0.22, x + 0.22), (0.12, d / 2 - 0.06), (0.9, 1.12), BODY, 0.03)
    b.cylinder((x, 0.12, 1.2), 0.21, 0.06, BODY, "x", 28, 0.02)
    b.cylinder((x - 0.035, 0.1, 1.16), 0.17, 0.012, STEEL, "x", 28, 0.002)
    b.cylinder((x + 0.16, 0.2, 1.22), 0.08, 0.26, DARK, "x", 16, 0.012)
    for k in range(7):  # shafts that wait, and one in the stop
        b.cylinder(
            (-w * 0.18, d / 2 - 0.10 - 0.035 * (k % 4), 0.925 + 0.022 * (k // 4)), 0.0075, 1.1, CHROME, "x", 8, 0.0
        )
    b.cylinder((-w * 0.12, 0.055, 0.985), 0.0075, 1.1, CHROME, "x", 8, 0.0)
    b.cylinder((w * 0.36, d / 2 - 0.14, h * 0.5 + 0.3), 0.11, 0.5, PANEL, sides=16, bevel=0.03)
    b.cylinder((w * 0.36, d / 2 - 0.14, h * 0.5 - 0.02), 0.06, 0.3, STEEL, sides=12)
    console(b, w / 2 - 0.2, 0.04, 0.92, 0.28, 0.34)
    tower(b, -w / 2 + 0.12, d / 2 - 0.12, 0.9, 0.5)


def embed(b: Build, w: float, d: float, h: float) -> None:
    """Sensor embedding: a small portal robot under a glazed hood, trays of sensors, a dispenser."""
    grip_bench(b, w, d)
    x0, x1, y0, y1 = -w / 2 + 0.08, w / 2 - 0.42, -d / 2 + 0.16, d / 2 - 0.08
    for x in (x0, x1 - 0.05):
        for y in (y0, y1 - 0.05):
            b.box((x, x + 0.05), (y, y + 0.05), (0.9, h - 0.3), PANEL, 0.008)
    b.box((x0 - 0.01, x1 + 0.01), (y0 - 0.01, y1 + 0.01), (h - 0.32, h - 0.24), BODY, 0.02)
    b.box((x0 + 0.03, x1 - 0.03), (y1 - 0.02, y1 - 0.01), (0.92, h - 0.32), PANEL, 0.0)
    b.box((x0 + 0.05, x1 - 0.05), (y0 + 0.01, y0 + 0.018), (h * 0.5 + 0.42, h - 0.32), GLASS, 0.0)
    b.box((x0 + 0.03, x1 - 0.03), (0.02, 0.1), (h * 0.5 + 0.45, h * 0.5 + 0.53), CHROME, 0.008)
    b.box((-w * 0.1 - 0.08, -w * 0.1 + 0.08), (-0.04, 0.14), (h * 0.5 + 0.36, h * 0.5 + 0.6), BODY, 0.015)
    b.cylinder((-w * 0.1, 0.03, h * 0.5 + 0.22), 0.022, 0.3, CHROME, sides=10)
    b.cylinder((-w * 0.1, 0.03, h * 0.5 + 0.05), 0.01, 0.08, DARK, sides=8)
    for k in range(3):
        x = x0 + 0.12 + (x1 - x0 - 0.24) * k / 2
        b.box((x - 0.1, x + 0.1), (y0 + 0.08, y0 + 0.3), (0.9, 0.93), DARK, 0.006)
        for j in range(4):
            b.box((x - 0.08 + 0.042 * j, x - 0.055 + 0.042 * j), (y0 + 0.12, y0 + 0.26), (0.93, 0.945), STEEL, 0.0)
    b.cylinder((w / 2 - 0.22, d / 2 - 0.16, 1.08), 0.07, 0.34, STEEL, sides=16)
    console(b, w / 2 - 0.22, -0.02, 0.92, 0.32, 0.4)
    tower(b, x0 + 0.06, y1 - 0.1, h - 0.24)


def calibrate(b: Build, w: float, d: float, h: float) -> None:
    """Calibration: a club turned in a gimbal of two rings inside a caged frame, with its reference cabinet."""
    plate_z = 0.12
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (0.0, plate_z), BASE, 0.02)
    for x in (-w / 2 + 0.03, w / 2 - 0.09):
        for y in (-d / 2 + 0.03, d / 2 - 0.09):
            b.box((x, x + 0.06), (y, y + 0.06), (plate_z, h - 0.3), DARK, 0.008)
    b.box((-w / 2 + 0.02, w / 2 - 0.02), (-d / 2 + 0.02, d / 2 - 0.02), (h - 0.34, h - 0.26), BODY, 0.02)
    b.box((-w / 2 + 0.09, w / 2 - 0.09), (d / 2 - 0.08, d / 2 - 0.06), (plate_z, h - 0.34), PANEL, 0.0)
    middle = h * 0.5 - 0.08
    for sx in (-1, 1):
        b.box((sx * 0.62 - 0.07, sx * 0.62 + 0.07), (-0.1, 0.1), (plate_z, h * 0.5 + 0.02), BODY, 0.02)
        b.cylinder((sx * 0.58, 0.0, middle), 0.07, 0.12, STEEL, "x", 18)
    _ring(b, (0.0, 0.0, middle), 0.5, 0.028, "y")
    _ring(b, (0.0, 0.0, middle), 0.4, 0.024, "x")
    b.bar((0.0, -0.28, middle - 0.24), (0.0, 0.28, middle + 0.3), 0.01, CHROME)
    b.bar((0.0, 0.2, middle + 0.225), (0.0, 0.36, middle + 0.38), 0.015, RUBBER)
    b.box((-0.05, 0.05), (-0.34, -0.24), (middle - 0.3, middle - 0.22), STEEL, 0.02)
    b.box((-w / 2 + 0.1, -w / 2 + 0.42), (d / 2 - 0.45, d / 2 - 0.1), (plate_z, 1.1), BODY, 0.02)
    b.box((-w / 2 + 0.14, -w / 2 + 0.38), (d / 2 - 0.462, d / 2 - 0.44), (0.6, 0.95), SCREEN, 0.0)
    console(b, w / 2 - 0.24, -d / 2 + 0.16, 0.95, 0.34, 0.42)
    b.box((w / 2 - 0.28, w / 2 - 0.2), (-d / 2 + 0.1, -d / 2 + 0.16), (plate_z, 1.1), DARK, 0.008)
    tower(b, -w / 2 + 0.14, -d / 2 + 0.14, h - 0.26)


def _ring(b: Build, centre: tuple[float, float, float], radius: float, thick: float, axis: str) -> None:
    """Add a ring of square section about an axis."""
    r0, r1 = radius - thick, radius + thick
    b.turned(
        centre, [(r0, -thick), (r1, -thick), (r1, thick), (r0, thick), (r0, -thick + 1e-4)], CHROME, axis, 40
    )  # fmt: skip


def assembly(b: Build, w: float, d: float, h: float) -> None:
    """Assembly bench: bins, tool rail, light bar, screen, a vice that holds a club."""
    table(b, (-w / 2, w / 2), (-d / 2, d / 2), 0.92, WOOD)
    for x in (-w / 2 + 0.04, w / 2 - 0.1):
        b.box((x, x + 0.06), (d / 2 - 0.1, d / 2 - 0.04), (0.92, h - 0.06), DARK, 0.008)
        b.box((x, x + 0.06), (-d * 0.1, d / 2 - 0.04), (h - 0.12, h - 0.06), DARK, 0.008)
    b.box((-w / 2 + 0.1, w / 2 - 0.1), (d / 2 - 0.075, d / 2 - 0.055), (1.0, h - 0.45), PANEL, 0.006)
    b.box((-w * 0.42, w * 0.42), (-d * 0.1 - 0.06, -d * 0.1 + 0.08), (h - 0.11, h - 0.06), BODY, 0.012)
    b.box((-w * 0.40, w * 0.40), (-d * 0.1 - 0.03, -d * 0.1 + 0.05), (h - 0.116, h - 0.108), SCREEN, 0.0)
    bin_row(b, -w / 2 + 0.14, 0.2, 3, (d / 2 - 0.3, d / 2 - 0.1), 1.12)
    bin_row(b, -w / 2 + 0.14, 0.2, 3, (d / 2 - 0.3, d / 2 - 0.1), 0.93)
    for k in range(5):  # tools on the rail
        x = w * 0.06 + 0.075 * k
        b.box(
            (x, x + 0.022), (d / 2 - 0.1, d / 2 - 0.075), (1.28, 1.46 - 0.02 * (k % 3)), DARK if k % 2 else STEEL, 0.0
        )
    b.box((w / 2 - 0.55, w / 2 - 0.14), (d / 2 - 0.12, d / 2 - 0.09), (1.16, 1.46), DARK, 0.01)
    b.box((w / 2 - 0.53, w / 2 - 0.16), (d / 2 - 0.124, d / 2 - 0.118), (1.18, 1.44), SCREEN, 0.0)
    b.box((-0.06, 0.06), (-d / 2 + 0.1, -d / 2 + 0.26), (0.92, 1.02), BODY, 0.015)
    b.box((-0.05, 0.05), (-d / 2 + 0.08, -d / 2 + 0.28), (1.02, 1.05), STEEL, 0.006)
    b.bar((-0.5, -d / 2 + 0.18, 1.06), (0.52, -d / 2 + 0.18, 1.08), 0.008, CHROME)
    b.bar((-0.5, -d / 2 + 0.18, 1.06), (-0.24, -d / 2 + 0.18, 1.065), 0.014, RUBBER)
    b.box((0.5, 0.6), (-d / 2 + 0.12, -d / 2 + 0.23), (1.03, 1.1), STEEL, 0.025)
    b.box((-w * 0.4, w * 0.4), (-d / 2 - 0.02, -d / 2 + 0.4), (0.0, 0.018), RUBBER, 0.005)
    tower(b, w / 2 - 0.07, d / 2 - 0.07, h - 0.06, 0.1)


def bending(b: Build, w: float, d: float, h: float) -> None:
    """Loft and lie fixture: a pedestal vice with a protractor arc, a bending bar, a gauge column."""
    b.box((-w / 2 + 0.06, w / 2 - 0.06), (-d / 2 + 0.06, d / 2 - 0.06), (0.0, 0.06), BASE, 0.015)
    b.box((-0.2, 0.2), (-0.18, 0.22), (0.06, 0.8), BODY, 0.04)
    b.box((-0.36, 0.36), (-0.26, 0.28), (0.8, 0.88), STEEL, 0.02)
    b.box((-0.12, 0.1), (-0.14, 0.14), (0.88, 1.04), DARK, 0.02)
    b.cylinder((0.16, 0.0, 0.97), 0.03, 0.22, CHROME, "x", 12)
    b.cylinder((0.3, 0.0, 0.97), 0.09, 0.03, RUBBER, "x", 20)
    b.turned((0.0, 0.24, 1.0), [(0.36, -0.012), (0.42, -0.012), (0.42, 0.012), (0.36, 0.012)], PANEL, "y", 40)
    b.bar((-0.06, 0.0, 1.06), (-0.5, 0.05, 1.62), 0.009, CHROME)
    b.bar((-0.38, 0.036, 1.47), (-0.58, 0.06, 1.72), 0.015, RUBBER)
    b.bar((-0.08, -0.04, 1.1), (0.4, -0.2, 1.34), 0.016, STEEL)
    b.bar((0.22, -0.14, 1.25), (0.44, -0.213, 1.36), 0.022, RUBBER)
    b.box((w / 2 - 0.32, w / 2 - 0.1), (d / 2 - 0.34, d / 2 - 0.1), (0.06, 1.2), BODY, 0.02)
    console(b, w / 2 - 0.21, d / 2 - 0.2, 1.2, 0.36, 0.42)
    b.box((-w / 2 + 0.1, -w / 2 + 0.16), (d / 2 - 0.2, d / 2 - 0.14), (0.06, h * 0.5 + 0.7), DARK, 0.008)
    for k in range(4):  # clubs that wait in a stand
        x = -w / 2 + 0.13 + 0.07 * k
        b.cylinder((x, d / 2 - 0.26, 0.62), 0.008, 1.05, CHROME, sides=6, bevel=0.0)
        b.cylinder((x, d / 2 - 0.26, 1.25), 0.013, 0.26, RUBBER, sides=8, bevel=0.002)
    b.box((-w / 2 + 0.06, -w / 2 + 0.42), (d / 2 - 0.34, d / 2 - 0.16), (0.06, 0.1), DARK, 0.01)
    tower(b, -w / 2 + 0.13, d / 2 - 0.17, h * 0.5 + 0.7, 0.1)


def inspection(b: Build, w: float, d: float, h: float) -> None:
    """Coordinate measuring machine: granite table, moving bridge, quill with probe, operator's desk."""
    for x in (-w * 0.38, w * 0.2):
        for y in (-d * 0.34, d * 0.34):
            b.cylinder((x, y, 0.3), 0.09, 0.6, DARK, sides=16, bevel=0.01)
    x0, x1 = -w / 2 + 0.02, w * 0.28
    b.box((x0 + 0.03, x1 - 0.03), (-d / 2 + 0.06, d / 2 - 0.06), (0.16, 0.5), BODY, 0.03)
    b.box((x0, x1), (-d / 2 + 0.02, d / 2 - 0.02), (0.6, 0.84), BASE, 0.02)
    b.box((x0 + 0.02, x0 + 0.2), (-0.2, 0.2), (0.84, h - 0.42), PANEL, 0.025)
    b.box((x1 - 0.2, x1 - 0.02), (-0.2, 0.2), (0.84, h - 0.42), PANEL, 0.025)
    b.box((x0 - 0.02, x1 + 0.02), (-0.17, 0.17), (h - 0.46, h - 0.18), BODY, 0.03)
    b.box((-w * 0.12 - 0.16, -w * 0.12 + 0.16), (-0.27, 0.06), (h - 0.5, h - 0.12), BODY, 0.03)
    b.box((-w * 0.12 - 0.06, -w * 0.12 + 0.06), (-0.22, -0.1), (h * 0.5 + 0.2, h - 0.02), PANEL, 0.012)
    b.cylinder((-w * 0.12, -0.16, h * 0.5 + 0.14), 0.03, 0.12, DARK, sides=12)
    b.cylinder((-w * 0.12, -0.16, h * 0.5 + 0.03), 0.005, 0.12, CHROME, sides=6, bevel=0.0)
    b.cylinder((-w * 0.12, -0.16, h * 0.5 - 0.035), 0.014, 0.026, BASE, sides=10, bevel=0.006)
    b.box((-w * 0.12 - 0.12, -w * 0.12 + 0.12), (-0.28, -0.04), (0.84, 0.9), STEEL, 0.01)
    b.box((-w * 0.12 - 0.05, -w * 0.12 + 0.05), (-0.2, -0.12), (0.9, 0.96), CHROME, 0.02)
    table(b, (w * 0.32, w / 2), (-d * 0.3, d * 0.3), 0.76, PANEL)
    b.box((w * 0.36, w / 2 - 0.06), (0.08, 0.12), (0.86, 1.2), DARK, 0.01)
    b.box((w * 0.36 + 0.02, w / 2 - 0.08), (0.074, 0.082), (0.89, 1.18), SCREEN, 0.0)
    b.box((w * 0.41 - 0.03, w * 0.41 + 0.03), (0.1, 0.14), (0.76, 0.9), DARK, 0.006)
    b.box((w * 0.35, w / 2 - 0.06), (-0.14, 0.0), (0.76, 0.778), DARK, 0.005)
    tower(b, x1 - 0.1, 0.0, h - 0.18, 0.1)


def packing(b: Build, w: float, d: float, h: float) -> None:
    """Packing table: rollers, carton sealer arch, long cartons, label printer."""
    table(b, (-w / 2, w / 2), (-d / 2, d / 2), 0.8, PANEL)
    for k in range(12):
        x = -w / 2 + 0.08 + (w * 0.55) * k / 11
        b.cylinder((x, -d * 0.1, 0.825), 0.024, 0.5, STEEL, "y", 10, 0.003)
    x = w * 0.05
    for y in (-d * 0.1 - 0.34, -d * 0.1 + 0.34):
        b.box((x - 0.1, x + 0.1), (y - 0.04, y + 0.04), (0.8, 1.45), BODY, 0.02)
    b.box((x - 0.14, x + 0.14), (-d * 0.1 - 0.4, -d * 0.1 + 0.4), (1.42, 1.6), BODY, 0.03)
    b.cylinder((x, -d * 0.1, 1.68), 0.1, 0.06, CARD, "y", 20)
    for k, (y, z) in enumerate(((d / 2 - 0.2, 0.8), (d / 2 - 0.2, 0.98), (d / 2 - 0.38, 0.8))):
        b.box((-w * 0.4 + 0.05 * k, -w * 0.4 + 1.25 + 0.05 * k), (y - 0.085, y + 0.085), (z, z + 0.17), CARD, 0.004)
        b.box(
            (-w * 0.4 + 0.05 * k, -w * 0.4 + 1.252 + 0.05 * k), (y - 0.02, y + 0.02), (z + 0.002, z + 0.172), WOOD, 0.0
        )
    b.box((-w * 0.35, -w * 0.35 + 1.2), (-d * 0.1 - 0.085, -d * 0.1 + 0.085), (0.85, 1.02), CARD, 0.004)
    b.box((w / 2 - 0.42, w / 2 - 0.1), (d / 2 - 0.4, d / 2 - 0.1), (0.8, 1.06), DARK, 0.03)
    b.box((w / 2 - 0.38, w / 2 - 0.14), (d / 2 - 0.44, d / 2 - 0.3), (0.86, 0.9), BODY, 0.0)
    console(b, w / 2 - 0.2, -0.02, 0.82, 0.3, 0.36)
    b.box((w / 2 - 0.1, w / 2 - 0.04), (d / 2 - 0.1, d / 2 - 0.04), (0.8, h - 0.5), DARK, 0.008)
    tower(b, w / 2 - 0.07, d / 2 - 0.07, h - 0.5, 0.08)
    cabinet(b, (w / 2 - 0.5, w / 2 - 0.14), (-d / 2 + 0.1, d / 2 - 0.1), (0.06, 0.6))
