"""Machines that shape metal: forging press, furnace, mill, lathe, polisher, washer, and one for any other kind."""

from twinswing.stage.plant_mesh import BASE, BODY, BRASS, CHROME, DARK, GLASS, PANEL, RUBBER, STEEL, Build
from twinswing.stage.plant_models_common import (
    cabinet,
    console,
    feet,
    handle,
    ordered,
    plinth,
    table,
    tower,
    vents,
    window,
)


def press(b: Build, w: float, d: float, h: float) -> None:
    """Forging press: bed, four columns, crown with the drive, ram and dies, light curtain."""
    b.box((-w / 2, w / 2), (-d / 2 + 0.25, d / 2), (0.0, 0.55), BASE, 0.03)
    b.box((-w * 0.34, w * 0.34), (-d / 2 + 0.15, d / 2 - 0.25), (0.55, 0.72), STEEL, 0.015)
    for sx in (-1, 1):
        for sy in (-1, 1):
            x_span = ordered(sx * (w / 2 - 0.04), sx * (w / 2 - 0.34))
            y_span = ordered(sy * (d / 2 - 0.30) + 0.1, sy * (d / 2 - 0.55) + 0.1)
            b.box(x_span, y_span, (0.5, h - 0.6), BODY, 0.02)
        side = ordered(sx * (w / 2 - 0.10), sx * (w / 2 - 0.14))
        b.box(side, (-d / 2 + 0.42, d / 2 - 0.22), (0.75, h - 0.9), PANEL, 0.01)
    b.box((-w / 2 - 0.02, w / 2 + 0.02), (-d / 2 + 0.22, d / 2), (h - 0.95, h - 0.25), BODY, 0.04)
    b.box((-w / 2 + 0.12, w / 2 - 0.12), (-d / 2 + 0.19, -d / 2 + 0.24), (h - 0.86, h - 0.36), PANEL, 0.012)
    b.box((-w * 0.28, w * 0.28), (-d / 2 + 0.3, d / 2 - 0.3), (h * 0.5 + 0.1, h - 0.9), STEEL, 0.02)
    b.box((-w * 0.2, w * 0.2), (-d / 2 + 0.36, d / 2 - 0.36), (h * 0.5 - 0.06, h * 0.5 + 0.1), DARK, 0.012)
    b.box((-w * 0.2, w * 0.2), (-d / 2 + 0.36, d / 2 - 0.36), (0.72, 0.86), DARK, 0.012)
    for x in (-w * 0.22, w * 0.22):
        b.cylinder((x, 0.05, h * 0.5 + 0.05), 0.05, 0.9, CHROME, sides=12)
    b.cylinder((-w * 0.15, 0.1, h - 0.12), 0.2, 0.26, DARK, sides=20, bevel=0.02)
    b.cylinder((w * 0.2, 0.1, h - 0.1), 0.13, 0.5, PANEL, "x", 16, 0.02)
    b.cylinder((w / 2 + 0.03, 0.1, h - 0.6), 0.3, 0.1, DARK, "x", 28, 0.02)
    b.cylinder((w / 2 + 0.09, 0.1, h - 0.6), 0.09, 0.06, STEEL, "x", 16)
    for x in (-w / 2 + 0.06, w / 2 - 0.06):  # light curtain
        b.box((x - 0.035, x + 0.035), (-d / 2 + 0.02, -d / 2 + 0.09), (0.1, h - 0.7), DARK, 0.008)
        b.box((x - 0.02, x + 0.02), (-d / 2 + 0.015, -d / 2 + 0.03), (0.7, h - 0.85), GLASS, 0.0)
    cabinet(b, (w / 2 - 0.32, w / 2), (d / 2 - 0.5, d / 2 - 0.02), (0.55, 1.9))
    console(b, w / 2 - 0.22, -d / 2 + 0.28, 1.05, 0.4, 0.5)
    tower(b, -w / 2 + 0.12, -d / 2 + 0.34, h - 0.25)


def furnace(b: Build, w: float, d: float, h: float) -> None:
    """Heating furnace: clad chamber, lifting door with counterweights, burners, flue, roller table."""
    plinth(b, w, d, 0.3, 0.1)
    b.box((-w / 2, w / 2), (-d / 2 + 0.45, d / 2), (0.28, h - 0.45), BODY, 0.04)
    for k in range(5):  # cladding ribs
        x = -w / 2 + 0.1 + (w - 0.2) * k / 4
        b.box((x - 0.03, x + 0.03), (-d / 2 + 0.42, d / 2 + 0.02), (0.3, h - 0.43), PANEL, 0.01)
    b.box((-w / 2 - 0.01, w / 2 + 0.01), (-d / 2 + 0.43, d / 2 + 0.01), (h - 0.5, h - 0.42), DARK, 0.012)
    b.box((-w * 0.3, w * 0.3), (-d / 2 + 0.3, -d / 2 + 0.46), (0.62, h - 0.75), PANEL, 0.02)
    b.box((-w * 0.26, w * 0.26), (-d / 2 + 0.27, -d / 2 + 0.31), (0.72, h - 0.85), DARK, 0.02)
    b.box((-0.11, 0.11), (-d / 2 + 0.255, -d / 2 + 0.28), (h * 0.5, h * 0.5 + 0.09), GLASS, 0.01)
    for sx in (-1, 1):
        rail = ordered(sx * (w * 0.3 + 0.03), sx * (w * 0.3 + 0.11))
        b.box(rail, (-d / 2 + 0.3, -d / 2 + 0.42), (0.3, h - 0.2), DARK, 0.01)
        b.cylinder((sx * (w * 0.3 + 0.07), -d / 2 + 0.36, h - 0.15), 0.1, 0.06, STEEL, "x", 18)
        for k in range(2):
            y = -d / 2 + 0.45 + (d - 0.45) * (0.3 + 0.4 * k)
            b.cylinder((sx * w / 2, y, h * 0.5), 0.12, 0.16, STEEL, "x", 16)
            b.cylinder((sx * (w / 2 + 0.01), y, h * 0.5), 0.06, 0.26, BRASS, "x", 12)
    b.box((-w * 0.24, w * 0.24), (-d / 2, -d / 2 + 0.3), (0.42, 0.56), BASE, 0.01)
    for k in range(4):
        b.cylinder((0.0, -d / 2 + 0.05 + 0.075 * k, 0.585), 0.03, 0.62, STEEL, "x", 10)
    b.cylinder((w * 0.25, d / 2 - 0.35, h - 0.3), 0.2, 0.3, DARK, sides=20)
    b.cylinder((w * 0.25, d / 2 - 0.35, h - 0.1), 0.14, 0.2, STEEL, sides=20)
    b.cylinder((-w * 0.2, d / 2 - 0.35, h - 0.28), 0.16, 0.5, PANEL, "x", 18, 0.02)
    console(b, w / 2 - 0.24, -d / 2 + 0.43, 1.0, 0.36, 0.46)
    tower(b, -w / 2 + 0.14, -d / 2 + 0.58, h - 0.42)


def mill(b: Build, w: float, d: float, h: float) -> None:
    """Machining centre: enclosure with two glazed doors, column, spindle housing, tool magazine, chip chute, tank."""
    plinth(b, w, d)
    b.box((-w / 2, w / 2), (-d / 2 + 0.14, d / 2 - 0.3), (0.14, h - 0.42), BODY, 0.035)
    b.prism(  # apron below the doors
        [(-d / 2 + 0.16, 0.14), (-d / 2 + 0.16, 0.86), (-d / 2 + 0.02, 0.80), (-d / 2 + 0.06, 0.14)],
        (-w / 2 + 0.02, w / 2 - 0.02), PANEL,
    )  # fmt: skip
    front = -d / 2 + 0.13
    b.box((-w * 0.44, w * 0.22), (front - 0.01, front + 0.05), (0.86, h - 0.5), DARK, 0.01)
    window(b, (-w * 0.43, -w * 0.11), front - 0.005, (0.89, h - 0.53), 0.07)
    window(b, (-w * 0.105, w * 0.21), front - 0.005, (0.89, h - 0.53), 0.07)
    handle(b, -w * 0.11 - 0.035, front - 0.03, (0.89, h - 0.53))
    handle(b, -w * 0.105 + 0.035, front - 0.03, (0.89, h - 0.53))
    b.box((w * 0.24, w / 2 - 0.03), (front - 0.012, front + 0.03), (0.86, h - 0.5), PANEL, 0.012)
    console(b, w * 0.37, front - 0.01, 1.02, 0.42, 0.58)
    b.box((-w * 0.2, w * 0.2), (-d * 0.12, d / 2 - 0.32), (h - 0.44, h - 0.06), PANEL, 0.03)  # column and spindle
    b.cylinder((0.0, -d * 0.02, h - 0.05), 0.17, 0.1, DARK, sides=22, bevel=0.02)
    b.cylinder((-w / 2 + 0.02, d * 0.12, h * 0.5 + 0.1), 0.34, 0.12, PANEL, "x", 28, 0.03)  # tool magazine cover
    b.cylinder((-w / 2 - 0.05, d * 0.12, h * 0.5 + 0.1), 0.12, 0.04, DARK, "x", 18)
    b.box((w * 0.05, w / 2 - 0.08), (d / 2 - 0.3, d / 2), (0.05, 0.62), PANEL, 0.02)  # coolant tank
    b.cylinder((w * 0.16, d / 2 - 0.15, 0.74), 0.08, 0.26, DARK, sides=14)
    cabinet(b, (-w * 0.3, -w * 0.02), (d / 2 - 0.34, d / 2 - 0.02), (0.2, h - 0.55))
    vents(b, (w * 0.26, w / 2 - 0.07), front - 0.012, 0.2, 5, 0.09)
    tower(b, w / 2 - 0.12, -d / 2 + 0.26, h - 0.42)
    feet(b, w, d)


def lathe(b: Build, w: float, d: float, h: float) -> None:
    """Slant-bed lathe: sloping front with a sliding glazed door, headstock, bar feed, chip conveyor."""
    plinth(b, w, d)
    b.prism(
        [(-d / 2 + 0.04, 0.14), (d / 2, 0.14), (d / 2, h - 0.36), (d * 0.05, h - 0.36), (-d / 2 + 0.04, 0.95)],
        (-w / 2, w / 2), BODY,
    )  # fmt: skip
    b.box((-w / 2 + 0.03, w / 2 - 0.03), (-d / 2 + 0.01, -d / 2 + 0.06), (0.2, 0.9), PANEL, 0.012)
    # The slope runs from (-d/2 + 0.04, 0.95) to (0.05 d, h - 0.36): doors lie on it, a little proud.

    def on_slope(v: tuple[float, float], out: float) -> list[tuple[float, float]]:
        y0, z0, y1, z1 = -d / 2 + 0.04, 0.95, d * 0.05, h - 0.36
        p = [(y0 + (y1 - y0) * f, z0 + (z1 - z0) * f) for f in v]
        return [p[0], p[1], (p[1][0] - out, p[1][1] + out), (p[0][0] - out, p[0][1] + out)]

    b.prism(on_slope((0.06, 0.94), 0.02), (-w * 0.3, w * 0.16), PANEL)
    b.prism(on_slope((0.2, 0.82), 0.026), (-w * 0.27, w * 0.13), GLASS)
    b.prism(on_slope((0.06, 0.94), 0.012), (-w / 2 + 0.04, -w * 0.31), DARK)
    b.prism(on_slope((0.35, 0.65), 0.07), (w * 0.135, w * 0.135 + 0.03), CHROME)
    b.box((w * 0.2, w / 2 - 0.02), (-d / 2 + 0.1, d * 0.05), (0.95, h - 0.3), PANEL, 0.03)
    console(b, w * 0.35, -d / 2 + 0.1, 1.0, 0.42, 0.54)
    b.cylinder((-w / 2 - 0.01, d * 0.18, h * 0.55), 0.2, 0.1, DARK, "x", 22, 0.02)
    b.cylinder((-w / 2 - 0.06, d * 0.18, h * 0.55), 0.08, 0.1, CHROME, "x", 18)
    b.box((-w * 0.42, -w * 0.1), (d * 0.1, d / 2 - 0.1), (h - 0.38, h - 0.16), PANEL, 0.03)
    vents(b, (-w * 0.4, -w * 0.12), d * 0.1, h - 0.35, 3)
    b.box((w / 2 - 0.04, w / 2 + 0.04), (-0.24, 0.24), (0.2, 0.72), DARK, 0.015)
    cabinet(b, (w * 0.1, w * 0.44), (d / 2 - 0.3, d / 2 + 0.02), (0.2, h - 0.4))
    tower(b, w / 2 - 0.14, d * 0.05 - 0.12, h - 0.3)
    feet(b, w, d)


def polisher(b: Build, w: float, d: float, h: float) -> None:
    """Polishing stand: two wheels on one spindle under hoods, dust duct, splash tray, work lamp."""
    b.box((-w * 0.36, w * 0.36), (-d * 0.05, d / 2 - 0.08), (0.05, 0.78), BODY, 0.03)
    b.box((-w * 0.3, w * 0.3), (-d * 0.05 - 0.012, -d * 0.05 + 0.01), (0.15, 0.68), PANEL, 0.01)
    b.box((-w / 2, w / 2), (-d / 2 + 0.05, d / 2), (0.78, 0.84), STEEL, 0.012)
    b.box((-w * 0.2, w * 0.2), (-0.02, 0.34), (0.84, 1.12), BODY, 0.03)
    for sx in (-1, 1):
        x = sx * w * 0.33
        b.cylinder((x, 0.14, 1.02), 0.17, 0.1, RUBBER, "x", 26, 0.02)
        b.cylinder((x, 0.14, 1.02), 0.05, 0.16, CHROME, "x", 14)
        b.cylinder((sx * w * 0.25, 0.14, 1.02), 0.03, 0.3, STEEL, "x", 10)
        b.box((x - 0.09, x + 0.09), (0.16, 0.38), (0.86, 1.26), PANEL, 0.02)
        b.box((x - 0.09, x + 0.09), (0.0, 0.2), (1.2, 1.26), PANEL, 0.015)
        b.cylinder((x, 0.33, (1.26 + h - 0.12) / 2), 0.07, 1.0, STEEL, sides=14)
    b.cylinder((0.0, 0.33, h * 0.5 + 0.76), 0.1, 0.2, STEEL, sides=16)
    b.box((-w * 0.42, w * 0.42), (0.22, 0.44), (h * 0.5 + 0.58, h * 0.5 + 0.78), PANEL, 0.03)
    b.box((-w / 2 + 0.02, -w / 2 + 0.06), (-d / 2 + 0.08, d / 2 - 0.04), (0.84, 1.1), PANEL, 0.01)
    b.box((w / 2 - 0.06, w / 2 - 0.02), (-d / 2 + 0.08, d / 2 - 0.04), (0.84, 1.1), PANEL, 0.01)
    b.box((-w * 0.4, w * 0.4), (-d / 2, -d * 0.1), (0.0, 0.02), RUBBER, 0.006)
    console(b, 0.0, -d * 0.05 + 0.02, 0.30, 0.3, 0.36)
    tower(b, w / 2 - 0.1, d / 2 - 0.14, 0.84, 0.8)
    feet(b, w, d, 0.2, 0.06)


def washer(b: Build, w: float, d: float, h: float) -> None:
    """Tunnel washer: belt through curtained mouths, inspection windows, pumps, vapour pipe."""
    feet(b, w, d, 0.2, 0.2)
    b.box((-w / 2 + 0.25, w / 2 - 0.25), (-d / 2 + 0.06, d / 2 - 0.06), (0.22, 0.66), PANEL, 0.03)
    b.box((-w / 2 + 0.16, w / 2 - 0.16), (-d / 2, d / 2), (0.66, h - 0.3), BODY, 0.06)
    b.box((-w / 2, w / 2), (-d * 0.3, d * 0.3), (0.78, 0.86), BASE, 0.012)
    b.box((-w / 2 + 0.01, w / 2 - 0.01), (-d * 0.27, d * 0.27), (0.86, 0.885), RUBBER, 0.0)
    for sx in (-1, 1):
        x_span = ordered(sx * (w / 2 - 0.15), sx * (w / 2 - 0.2))
        b.box(x_span, (-d * 0.32, d * 0.32), (0.74, h * 0.5 + 0.35), DARK, 0.01)
        for k in range(5):
            y = -d * 0.28 + d * 0.56 * k / 4
            flap = ordered(sx * (w / 2 - 0.13), sx * (w / 2 - 0.145))
            b.box(flap, (y - 0.05, y + 0.05), (0.9, h * 0.5 + 0.32), RUBBER, 0.0)
    for k in range(3):
        x0 = -w * 0.36 + w * 0.25 * k
        window(b, (x0, x0 + w * 0.2), -d / 2, (h * 0.5 + 0.05, h - 0.5), 0.05)
    for x in (-w * 0.2, w * 0.15):
        b.cylinder((x, -d / 2 + 0.1, 0.42), 0.11, 0.24, DARK, "y", 18, 0.02)
    b.cylinder((0.0, 0.0, h - 0.15), 0.14, 0.3, STEEL, sides=20)
    b.cylinder((-w * 0.25, 0.1, h - 0.24), 0.1, 0.4, STEEL, "x", 16)
    console(b, w * 0.34, -d / 2 + 0.01, 0.98, 0.34, 0.42)
    tower(b, w / 2 - 0.3, -d / 2 + 0.14, h - 0.3)


def generic(b: Build, w: float, d: float, h: float) -> None:
    """Any other machine: a clad body with a glazed door, a cabinet and a control panel."""
    plinth(b, w, d)
    b.box((-w / 2, w / 2), (-d / 2 + 0.08, d / 2), (0.14, h - 0.32), BODY, 0.04)
    b.box((-w / 2 + 0.03, w / 2 - 0.03), (-d / 2 + 0.05, -d / 2 + 0.1), (0.18, 0.72), PANEL, 0.015)
    window(b, (-w * 0.42, w * 0.12), -d / 2 + 0.08, (0.8, h - 0.42), 0.07)
    handle(b, w * 0.12 - 0.04, -d / 2 + 0.055, (0.8, h - 0.42))
    b.box((-w * 0.3, w * 0.3), (-d * 0.2, d * 0.3), (h - 0.34, h - 0.18), PANEL, 0.03)
    vents(b, (-w * 0.25, w * 0.25), -d * 0.2, h - 0.31, 2)
    console(b, w * 0.32, -d / 2 + 0.08, 1.0, 0.36, 0.46)
    tower(b, w / 2 - 0.14, -d / 2 + 0.2, h - 0.32)
    feet(b, w, d)


def grip_bench(b: Build, w: float, d: float, height: float = 0.9) -> None:
    """Add a bench with a drawer unit, on which small machines stand."""
    table(b, (-w / 2, w / 2), (-d / 2, d / 2), height, PANEL)
    b.box((w / 2 - 0.5, w / 2 - 0.12), (-d / 2 + 0.08, d / 2 - 0.12), (0.2, height - 0.06), BODY, 0.015)
    for k in range(3):
        z = 0.24 + 0.2 * k
        b.box((w / 2 - 0.48, w / 2 - 0.14), (-d / 2 + 0.068, -d / 2 + 0.09), (z, z + 0.17), PANEL, 0.008)
        b.box((w / 2 - 0.38, w / 2 - 0.24), (-d / 2 + 0.05, -d / 2 + 0.07), (z + 0.08, z + 0.1), CHROME, 0.0)
