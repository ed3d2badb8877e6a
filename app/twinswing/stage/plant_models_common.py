"""Parts that many machines share: feet, state-light stacks, control panels, windows, doors, guards, vents."""

from twinswing.stage.plant_mesh import BASE, BODY, CHROME, DARK, GLASS, PANEL, RUBBER, SCREEN, STEEL, Build, Paint, Part

Span = tuple[float, float]

LAMP_RED = Paint("#d9d4d2", 0.3, part=Part.LAMP_RED)
LAMP_AMBER = Paint("#d9d4d2", 0.3, part=Part.LAMP_AMBER)
LAMP_WHITE = Paint("#d9d4d2", 0.3, part=Part.LAMP_WHITE)


def ordered(a: float, b: float) -> Span:
    """Return two coordinates as a span."""
    return (a, b) if a < b else (b, a)


def feet(b: Build, w: float, d: float, inset: float = 0.12, height: float = 0.08) -> None:
    """Add four levelling feet."""
    for x in (-w / 2 + inset, w / 2 - inset):
        for y in (-d / 2 + inset, d / 2 - inset):
            b.cylinder((x, y, 0.015), 0.06, 0.03, RUBBER, sides=10, bevel=0.004)
            b.cylinder((x, y, 0.03 + height / 2), 0.022, height, STEEL, sides=8, bevel=0.003)


def tower(b: Build, x: float, y: float, z: float, pole: float = 0.22) -> None:
    """Add a state light: from the top red, amber, white; which one is lit is told by its place as well."""
    b.cylinder((x, y, z + 0.012), 0.05, 0.024, DARK, sides=12, bevel=0.005)
    b.cylinder((x, y, z + pole / 2), 0.014, pole, CHROME, sides=8, bevel=0.002)
    for k, paint in enumerate((LAMP_WHITE, LAMP_AMBER, LAMP_RED)):
        low = z + pole + 0.115 * k
        b.cylinder((x, y, low + 0.052), 0.052, 0.104, paint, sides=14, bevel=0.008)
        b.cylinder((x, y, low + 0.1095), 0.054, 0.012, DARK, sides=14, bevel=0.002)
    b.cylinder((x, y, z + pole + 0.355), 0.05, 0.02, DARK, sides=14, bevel=0.008)


def console(b: Build, x: float, y: float, z: float, width: float = 0.46, height: float = 0.56) -> None:
    """Add a control panel that looks along -Y, its back at `y`, its lower edge at `z`, leaning back a little."""
    depth, lean = 0.12, 0.07
    lo, hi = x - width / 2, x + width / 2
    outline = [(y, z), (y, z + height), (y - depth + lean, z + height), (y - depth, z)]
    b.prism(outline, (lo, hi), DARK)

    def on_face(u: tuple[float, float], v: tuple[float, float], out: float, paint: Paint) -> None:
        y0, y1 = (y - depth + lean * f for f in v)
        ring = [(y0, z + height * v[0]), (y1, z + height * v[1]), (y1 - out, z + height * v[1]),
                (y0 - out, z + height * v[0])]  # fmt: skip
        b.prism(ring, (lo + width * u[0], lo + width * u[1]), paint)

    on_face((0.08, 0.92), (0.40, 0.93), 0.006, SCREEN)
    on_face((0.08, 0.62), (0.08, 0.33), 0.008, PANEL)
    for k in range(3):
        on_face((0.12 + 0.165 * k, 0.24 + 0.165 * k), (0.13, 0.27), 0.016, BODY)
    b.cylinder((lo + width * 0.79, y - depth + 0.01, z + height * 0.2), 0.042, 0.05, RUBBER, "y", 14)
    b.prism(
        [(y, z + height), (y, z + height + 0.03), (y - depth + lean - 0.03, z + height + 0.03),
         (y - depth + lean - 0.03, z + height)], (lo - 0.01, hi + 0.01), PANEL
    )  # fmt: skip


def window(b: Build, x: Span, y: float, z: Span, frame: float = 0.05, out: float = 0.025) -> None:
    """Add a glazed door in a face at `y` that looks along -Y."""
    b.box(x, (y - out, y + 0.02), z, PANEL, 0.012)
    b.box(
        (x[0] + frame, x[1] - frame), (y - out - 0.004, y), (z[0] + frame, z[1] - frame), GLASS, 0.0
    )  # fmt: skip


def handle(b: Build, x: float, y: float, z: Span) -> None:
    """Add an upright door handle that stands off a face at `y` which looks along -Y."""
    b.cylinder((x, y - 0.05, (z[0] + z[1]) / 2), 0.014, 0.34, CHROME, sides=8, bevel=0.003)
    for end in (-0.14, 0.14):
        b.cylinder((x, y - 0.025, (z[0] + z[1]) / 2 + end), 0.011, 0.05, CHROME, "y", 8, 0.002)


def vents(b: Build, x: Span, y: float, z: float, count: int = 5, out: float = 0.012) -> None:
    """Add a row of slats on a face that looks along -Y (or +Y with a negative `out`)."""
    low, high = min(y - out, y + 0.004), max(y - out, y + 0.004)
    for k in range(count):
        b.box(x, (low, high), (z + 0.05 * k, z + 0.05 * k + 0.022), DARK, 0.0)


def plinth(b: Build, w: float, d: float, height: float = 0.14, inset: float = 0.06) -> None:
    """Add a dark base that is set back, so that the body seems to float a little."""
    b.box((-w / 2 + inset, w / 2 - inset), (-d / 2 + inset, d / 2 - inset), (0.0, height), BASE, 0.01)


def cabinet(b: Build, x: Span, y: Span, z: Span) -> None:
    """Add an electrical cabinet with a door seam and a vent, its door toward +X."""
    b.box(x, y, z, BODY, 0.02)
    b.box((x[1] - 0.004, x[1] + 0.008), (y[0] + 0.05, y[1] - 0.05), (z[0] + 0.06, z[1] - 0.06), PANEL, 0.006)
    b.box(
        (x[1], x[1] + 0.03),
        (y[0] + 0.08, y[0] + 0.11),
        ((z[0] + z[1]) / 2 - 0.08, (z[0] + z[1]) / 2 + 0.08),
        DARK,
        0.006,
    )


def table(b: Build, x: Span, y: Span, top: float, paint: Paint = STEEL, thick: float = 0.05) -> None:
    """Add a bench: a top and four square legs with stretchers."""
    b.box(x, y, (top - thick, top), paint, 0.01)
    for px in (x[0] + 0.05, x[1] - 0.11):
        for py in (y[0] + 0.05, y[1] - 0.11):
            b.box((px, px + 0.06), (py, py + 0.06), (0.0, top - thick), DARK, 0.006)
    b.box((x[0] + 0.08, x[1] - 0.08), (y[1] - 0.10, y[1] - 0.06), (0.16, 0.21), DARK, 0.0)
    for px in (x[0] + 0.06, x[1] - 0.10):
        b.box((px, px + 0.04), (y[0] + 0.1, y[1] - 0.1), (0.16, 0.21), DARK, 0.0)


def bin_row(b: Build, x0: float, step: float, count: int, y: Span, z: float, paint: Paint = PANEL) -> None:
    """Add open-fronted parts bins side by side."""
    for k in range(count):
        lo = x0 + step * k
        hi = lo + step - 0.025
        b.prism([(y[1], z), (y[1], z + 0.13), (y[0] + 0.05, z + 0.13), (y[0], z + 0.06), (y[0], z)], (lo, hi), paint)
        b.box((lo + 0.02, hi - 0.02), (y[0] + 0.045, y[1] - 0.02), (z + 0.11, z + 0.134), RUBBER, 0.0)


def fence(b: Build, x: Span, y: Span, height: float, bars: int, *, along: str) -> None:
    """Add a guard fence along one axis (`x` or `y` gives the span; the other is where it stands)."""
    span, at = (x, y[0]) if along == "x" else (y, x[0])
    for k in range(bars + 1):
        f = span[0] + (span[1] - span[0]) * k / bars
        px, py = ((f - 0.025, f + 0.025), (at - 0.025, at + 0.025))
        b.box(*((px, py) if along == "x" else (py, px)), (0.0, height), DARK, 0.0)
    for low, high in ((0.12, 0.15), (height * 0.5 - 0.01, height * 0.5 + 0.01), (height - 0.04, height - 0.01)):
        flat = (at - 0.01, at + 0.01)
        b.box(*((span, flat) if along == "x" else (flat, span)), (low, high), DARK, 0.0)
