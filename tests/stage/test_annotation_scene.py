"""Annotations in a scene: where a camera sees them, faint behind things, and built only when something changed."""

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from tests.stage.annotation_kit import NS, make, of_every_kind
from twinswing.body.camera import PinholeCamera
from twinswing.review.model import OnVideo
from twinswing.stage import annotation_scene, geom
from twinswing.stage.annotation_scene import AnnotationScene, Picture
from twinswing.stage.annotation_shapes import Around, Label, Layout, Shapes, shapes_at
from twinswing.stage.annotation_words import arranged, wrapped
from twinswing.stage.material import Material, apply_material
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of

SIZE = (480, 360)
GREEN = "#00ff00"


@pytest.fixture(scope="module")
def session() -> SwingSession:
    return session_of(make_swing())


@pytest.fixture(scope="module")
def stage():
    with OffscreenStage(*SIZE) as made:
        yield made


@pytest.fixture(scope="module")
def scene() -> SwingScene:
    """A range without anything on it."""
    return SwingScene(SwingSession(), SceneOptions(shadows=False, ball=False))


@pytest.fixture
def drawn(scene: SwingScene):
    made = AnnotationScene(scene.root)
    yield made
    made.node.remove_node()


@pytest.fixture(scope="module")
def camera() -> PinholeCamera:
    return PinholeCamera.look_at(
        position_m=(0.0, -4.0, 1.0), target_m=(0.0, 0.0, 1.0), width_px=SIZE[0], height_px=SIZE[1],
        vertical_fov_rad=0.7,
    )  # fmt: skip


def green(picture: np.ndarray) -> np.ndarray:
    """Where a picture is as green as the drawing alone can be."""
    r, g, b = (picture[..., k].astype(int) for k in range(3))
    return (g - np.maximum(r, b)) > 120


def at(picture: np.ndarray, camera: PinholeCamera, point) -> np.ndarray:
    x, y = camera.project(np.asarray(point, dtype=float))
    return picture[int(y), int(x)].astype(int)


def test_a_line_lies_where_the_camera_sees_its_points(stage, scene, drawn, camera) -> None:
    ends = np.array([(-0.6, 0.3, 0.7), (0.5, -0.2, 1.4)])
    drawn.show(shapes_at([make("freehand", points=tuple(map(tuple, ends)), colour=GREEN)], NS), camera)
    picture = stage.render(scene, camera)
    seen = green(picture)
    rows, columns = np.nonzero(seen)
    # Near in space is not even in the picture: along the projected line all the same.
    a, b = camera.project(ends)
    along = (b - a) / np.linalg.norm(b - a)
    off = np.stack([columns + 0.5, rows + 0.5], 1) - a
    assert np.abs(off[:, 0] * along[1] - off[:, 1] * along[0]).max() < 4.0
    reach = off @ along
    assert reach.min() < 3.0
    assert reach.max() > np.linalg.norm(b - a) - 3.0


def test_what_is_hidden_is_faint_and_not_gone(stage, scene, drawn, camera) -> None:
    node = scene.root.attach_new_node(geom.sphere("in the way", 0.3, centre_m=(0.0, -0.8, 1.0)))
    apply_material(node, Material((0.5, 0.5, 0.5)))
    try:
        plain = stage.render(scene, camera)
        drawn.show(shapes_at([make("freehand", points=((-0.9, 0.0, 1.0), (0.9, 0.0, 1.0)), colour=GREEN)], NS), camera)
        picture = stage.render(scene, camera)
    finally:
        node.remove_node()
    change = [np.abs(at(picture, camera, p) - at(plain, camera, p)).sum() for p in ((0.0, 0, 1.0), (0.7, 0, 1.0))]
    assert 25 < change[0] < 0.6 * change[1]


def test_a_circle_faces_whoever_looks(stage, scene, drawn) -> None:
    circle = make("circle", points=((0.0, 0.0, 1.2), (0.0, 0.0, 1.6)), colour=GREEN)
    drawn.show(shapes_at([circle], NS))
    for where in ((0.0, -4.0, 1.0), (-3.5, 0.5, 1.6), (2.0, 2.0, 3.5)):
        eye = PinholeCamera.look_at(
            position_m=where, target_m=(0, 0, 1.2), width_px=SIZE[0], height_px=SIZE[1], vertical_fov_rad=0.7
        )
        rows, columns = np.nonzero(green(stage.render(scene, eye)))
        radii = np.hypot(columns + 0.5 - SIZE[0] / 2, rows + 0.5 - SIZE[1] / 2)
        expected = 0.4 / np.linalg.norm(np.subtract(where, (0, 0, 1.2))) * eye.focal_px
        assert abs(np.median(radii) - expected) < 2.0
        assert np.ptp(radii) < 8.0


def test_the_head_of_an_arrow_is_at_its_tip(stage, scene, drawn, camera) -> None:
    arrow = make("arrow", points=((-0.8, 0.0, 1.0), (0.6, 0.0, 1.0)), colour=GREEN)
    # Without its words.
    found = shapes_at([arrow], NS)
    bare = Shapes(tuple(replace(d, labels=()) for d in found.drawings))
    drawn.show(bare, camera)
    rows, columns = np.nonzero(green(stage.render(scene, camera)))
    tip, back = camera.project(np.array([(0.6, 0.0, 1.0), found.drawings[0].heads[0].back]))
    widths = {x: np.ptp(rows[columns == x]) if (columns == x).any() else 0 for x in range(SIZE[0])}
    assert widths[round(back[0]) + 1] > 2 * widths[round(back[0]) - 20]
    assert widths[round(back[0]) + 1] > widths[round(tip[0]) - 2]
    assert abs(columns.max() - tip[0]) < 3


def test_nothing_is_built_while_nothing_changes(scene, drawn, camera, session, monkeypatch) -> None:
    built = []
    real = annotation_scene.mesh_of
    monkeypatch.setattr(annotation_scene, "mesh_of", lambda drawings: built.append(1) or real(drawings))
    layout = Layout()
    still = [make("text", text="here", points=((0.0, 0.0, 1.0),)), make("line", points=((0, 0, 0), (1, 0, 0)))]
    moving = make("line", ident="pinned", pins=("left_hip", "left_ankle"))
    around = Around(body=session.body)
    assert drawn.show(layout.shapes(still, NS, around), camera)
    assert not drawn.show(layout.shapes(still, 2 * NS, around), camera)
    assert len(built) == 1
    nodes = len(drawn.node.find_all_matches("**"))
    drawn.show(layout.shapes([*still, moving], NS // 2, around), camera)
    drawn.show(layout.shapes([*still, moving], NS // 2, around), camera)
    assert len(built) == 2
    drawn.show(layout.shapes([*still, moving], NS, around), camera)
    assert len(built) == 3
    assert len(drawn.node.find_all_matches("**")) == nodes
    drawn.clear()
    assert all(path.is_hidden() for path in drawn.node.get_children())


def test_words_say_something_new_when_the_text_is_edited(stage, scene, drawn, camera) -> None:
    note = make("text", text="lead", points=((0.0, 0.0, 1.0),))
    pictures = []
    for text in ("lead", "trail", "lead"):
        drawn.show(shapes_at([replace(note, text=text)], NS), camera)
        pictures.append(stage.render(scene, camera))
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() > 100
    np.testing.assert_array_equal(pictures[0], pictures[2])


def test_words_make_way_when_a_face_comes_below_them(stage, scene, drawn, camera) -> None:
    """The remark and the camera stay, the golfer moves."""
    shapes = shapes_at([make("text", text="lead", points=((0.0, 0.0, 1.0),))], NS)
    x, y = camera.project(np.array((0.0, 0.0, 1.0)))
    face = np.array([[x - 40, y - 60, x + 40, y - 2]])
    plain = stage.render(scene, camera)
    inside = (slice(int(y) - 58, int(y) - 12), slice(int(x) - 38, int(x) + 38))
    covered = []
    for free in (None, face):
        drawn.show(shapes, camera, free_px=free)
        change = np.abs(stage.render(scene, camera).astype(int) - plain).max(2)[inside] > 30
        covered.append(change.any(0).sum())
    assert covered[0] > 20
    assert covered[1] < 10  # the line to the plate


def test_every_number_of_a_film_is_written(drawn, camera) -> None:
    """Words that are gone leave their place in memory to the next ones, which are not taken for them."""
    before, chance = b"", np.random.default_rng(1)
    for i in range(500):
        # As what else a frame makes and drops.
        _others = [Label(np.zeros(2), (1.0, 1.0, 1.0), "t") if chance.random() < 0.5 else np.zeros(9)
                   for _ in range(chance.integers(4))]  # fmt: skip
        corner = Label(np.zeros(2), (1.0, 1.0, 1.0), "text", text=f"{i:04d}")
        drawn.show(Shapes(), camera, captions=True, corner=corner)
        written = bytes(drawn._glyphs.get_ram_image())
        assert written != before, f"number {i} is not shown"
        before = written


def test_a_drawing_on_the_picture_lies_on_the_same_pixels_of_it(stage, scene, drawn) -> None:
    """An upright video in a wide view has bars beside it."""
    width, height = SIZE
    circle = make("circle", anchor=OnVideo(), points=((0.25, 0.5), (0.25, 0.6)), colour=GREEN)
    eye = PinholeCamera.look_at(
        position_m=(1.0, -4.0, 1.0), target_m=(0.2, 0.0, 1.3), width_px=width, height_px=height, vertical_fov_rad=0.9
    )
    aspect = 9 / 16
    shapes = shapes_at([circle], NS, Around(aspects={"main": aspect}))
    drawn.show(shapes, eye, picture=Picture("main", aspect))
    rows, columns = np.nonzero(green(stage.render(scene, eye)))
    left = (width - height * aspect) / 2
    radii = np.hypot(columns + 0.5 - (left + 0.25 * height * aspect), rows + 0.5 - 0.5 * height)
    assert abs(np.median(radii) - 0.1 * height) < 1.5
    drawn.show(shapes, eye)  # in another view the picture is not seen, nor what lies on it
    assert not green(stage.render(scene, eye)).any()


def test_captions_are_written_only_where_they_are_asked_for(stage, scene, drawn, camera) -> None:
    shapes = shapes_at([make("drill", text="Wall drill", colour=GREEN)], NS)
    plain = stage.render(scene, camera)
    drawn.show(shapes, camera)
    np.testing.assert_array_equal(stage.render(scene, camera), plain)
    drawn.show(shapes, camera, captions=True)
    changed = np.abs(stage.render(scene, camera).astype(int) - plain).max(2) > 30
    rows, _ = np.nonzero(changed)
    assert rows.min() > 0.6 * SIZE[1]


def test_plates_keep_off_each_other_and_in_the_picture() -> None:
    random = np.random.default_rng(3)
    width, height = 1280, 720
    places = random.uniform([300, 250], [900, 600], (14, 2))
    wide = random.uniform(60, 220, 14)
    boxes = np.stack([-wide / 2, np.full(14, 14.0), wide / 2, 14.0 + random.uniform(24, 60, 14)], 1)
    scale = 1.33
    moves = arranged(places, boxes, (width, height), scale)
    rectangles = np.stack(
        [
            places[:, 0] + (boxes[:, 0] + moves[:, 0]) * scale, places[:, 1] - (boxes[:, 3] + moves[:, 1]) * scale,
            places[:, 0] + (boxes[:, 2] + moves[:, 0]) * scale, places[:, 1] - (boxes[:, 1] + moves[:, 1]) * scale,
        ],
        1,
    )  # fmt: skip
    assert (rectangles[:, :2] >= 0).all()
    assert (rectangles[:, 2] <= width).all()
    assert (rectangles[:, 3] <= height).all()
    for i in range(14):
        for j in range(i):
            a, b = rectangles[i], rectangles[j]
            assert a[0] >= b[2] or b[0] >= a[2] or a[1] >= b[3] or b[1] >= a[3]
    lone = arranged(places[:1], boxes[:1], (width, height), scale)
    np.testing.assert_allclose(lone, 0.0, atol=1e-9)


def test_a_long_remark_is_cut_with_a_sign_that_it_goes_on() -> None:
    assert wrapped("", 10, 3) == []
    assert wrapped("one\ntwo", 10, 3) == ["one", "two"]
    lines = wrapped("word " * 60, 20, 3)
    assert len(lines) == 3
    assert all(len(line) <= 20 for line in lines)
    assert lines[-1].endswith("…")


def test_a_text_of_every_kind_and_size_is_drawn(stage, scene, drawn, camera, session) -> None:
    """Two hundred remarks at once, very long ones and signs that no font has, harm nothing."""
    many = [
        make("text", ident=f"n{i}", text="\u3042\U0001f3cc " * i or "x", points=((i % 7 - 3.0, i % 5, i % 3 + 0.2),))
        for i in range(200)
    ]
    shapes = shapes_at([*of_every_kind(), *many], NS, Around(body=session.body))
    drawn.show(shapes, camera, captions=True)
    assert stage.render(scene, camera).shape == (SIZE[1], SIZE[0], 3)
    assert isinstance(drawn.node, p3d.NodePath)
