"""What annotations look like: in the right place, round where round, and harmless where they make no sense."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stage.annotation_kit import NS, make, of_every_kind
from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.review.model import KINDS, InWorld, OnMachine, OnVideo, Span
from twinswing.stage.annotation_shapes import (
    Around,
    Drawing,
    MachinePose,
    is_light,
    on_picture,
    outline_of,
    shapes_at,
    visible,
)
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of

AT_NS = NS


@pytest.fixture(scope="module")
def body() -> BodyMotion:
    motion = session_of(make_swing()).body
    assert motion is not None
    return motion


@pytest.fixture
def camera() -> PinholeCamera:
    return PinholeCamera.look_at(
        position_m=(0.0, -5.0, 1.0), target_m=(0.0, 0.0, 1.0), width_px=800, height_px=600, vertical_fov_rad=0.6
    )


def only(annotation, around: Around | None = None, t_ns: int = AT_NS) -> Drawing:
    (drawing,) = shapes_at([annotation], t_ns, around).drawings
    return drawing


def test_every_kind_is_drawn_or_said(body: BodyMotion) -> None:
    around = Around(body=body, machines={"forge/line/press": MachinePose((10.0, 5.0, 0.0), 0.0, 2.5)})
    annotations = of_every_kind()
    found = shapes_at(annotations, AT_NS, around)
    assert {a.kind for a in annotations} == set(KINDS)
    assert len(found.drawings) + len(found.captions) == len(annotations)
    assert {a.ident for a, _ in found.captions} == {"text2", "tag1", "drill1"}
    # On the machine, without a point: on its top.
    (machine,) = [d for d in found.drawings if d.annotation.ident == "text4"]
    np.testing.assert_allclose(machine.labels[0].place, (10.0, 5.0, 2.5))


def test_a_pinned_angle_follows_the_joints_and_is_read_out(body: BodyMotion) -> None:
    angle = make("angle", pins=("left_shoulder", "left_elbow", "left_wrist"))
    for t_s in (0.2, 0.9):
        drawing = only(angle, Around(body=body), round(t_s * NS))
        joints = body.at(t_s)
        elbow = joints[JOINT["left_elbow"]]
        np.testing.assert_allclose(drawing.strokes[0].points[1], elbow)
        u, v = joints[JOINT["left_shoulder"]] - elbow, joints[JOINT["left_wrist"]] - elbow
        true_deg = np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v)))
        value = float(drawing.labels[0].read_out.split(" ± ")[0])
        assert abs(value - true_deg) <= 0.5
        # The arc starts on one arm and ends on the other, at one distance from the vertex.
        arc = drawing.strokes[1].points - elbow
        radii = np.linalg.norm(arc, axis=1)
        np.testing.assert_allclose(radii, radii[0], rtol=1e-9)
        for end, arm in ((arc[0], u), (arc[-1], v)):
            np.testing.assert_allclose(end / radii[0], arm / np.linalg.norm(arm), atol=1e-7)


def test_a_wrist_that_is_seen_badly_is_not_said_to_be_sure(body: BodyMotion) -> None:
    angle = make("angle", pins=("left_shoulder", "left_elbow", "left_wrist"))
    sure = replace(body, sigma_m=np.full_like(body.sigma_m, 0.002))
    rough = replace(body, sigma_m=np.full_like(body.sigma_m, 0.05))
    said = [only(angle, Around(body=b)).labels[0].read_out for b in (sure, rough)]
    sigmas = [float(text.removesuffix("°").split(" ± ")[1]) for text in said]
    assert sigmas[1] > 10 * sigmas[0] > 0


def test_a_circle_on_a_picture_is_round_in_pixels() -> None:
    circle = make("circle", anchor=OnVideo(), points=((0.5, 0.5), (0.5, 0.75)))
    width, height = 1600, 900
    ring = only(circle, Around(aspects={"main": width / height})).strokes[0].points * [width, height]
    radii = np.linalg.norm(ring - [800, 450], axis=1)
    np.testing.assert_allclose(radii, 0.25 * height, rtol=1e-6)


def test_an_angle_on_a_picture_counts_its_shape() -> None:
    # A right angle with arms of 45 degrees in pixels; as fractions of an upright picture it looks like another.
    width, height = 720, 1280
    points = tuple((x / width, y / height) for x, y in ((260, 500), (360, 600), (460, 500)))
    drawing = only(make("angle", anchor=OnVideo(), points=points), Around(aspects={"main": width / height}))
    assert drawing.labels[0].read_out.startswith(("90", "89.9", "90.1"))
    assert drawing.labels[0].detail == "in the picture"


def test_an_arrow_points_where_it_was_drawn() -> None:
    arrow = only(make("arrow", points=((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))))
    (head,) = arrow.heads
    np.testing.assert_allclose(head.tip, (1.0, 0.0, 0.0))
    assert 0.5 < head.back[0] < 1.0
    assert arrow.strokes[0].points[1][0] < 1.0  # else the line's end would blunt the tip
    short = only(make("arrow", points=((0.0, 0.0, 0.0), (0.02, 0.0, 0.0))))
    assert short.heads[0].back[0] > 0.0


def test_a_plane_holds_its_three_points() -> None:
    points = np.array(((-0.6, 0.0, 0.1), (0.6, 0.1, 0.1), (0.9, 0.8, 1.2)))
    drawing = only(make("plane", points=tuple(map(tuple, points))))
    corners = drawing.fills[0].points
    u, v = corners[1] - corners[0], corners[3] - corners[0]
    normal = np.cross(u, v) / np.linalg.norm(np.cross(u, v))
    np.testing.assert_allclose((points - corners[0]) @ normal, 0.0, atol=1e-9)
    assert abs(float(u @ v)) < 1e-9
    for axis in (u, v):
        along = (points - corners[0]) @ axis / (axis @ axis)
        assert (along > 0.0).all()
        assert (along < 1.0).all()


def test_a_machine_carries_its_drawings_with_it() -> None:
    line = make("line", anchor=OnMachine("a/b/c"), points=((1.0, 0.0, 0.0), (2.0, 0.0, 0.0)))
    pose = MachinePose((10.0, 20.0, 0.0), float(np.pi / 2))
    np.testing.assert_allclose(
        only(line, Around(machines={"a/b/c": pose})).strokes[0].points, [(10.0, 21.0, 0.0), (10.0, 22.0, 0.0)],
        atol=1e-9,
    )  # fmt: skip
    assert not shapes_at([line], AT_NS).drawings


def test_a_pair_is_seen_at_both_of_its_moments() -> None:
    pair = make("pair", at_s=1.0, points=((0.0, 0.0, 0.0),), pair_ns=5 * NS)
    elsewhere = replace(pair, pair_recording="last_month.mcap")
    assert [len(visible([pair], t * NS)) for t in (0, 1, 4, 5, 8)] == [0, 1, 0, 1, 0]
    assert [len(visible([elsewhere], t * NS)) for t in (1, 5)] == [1, 0]
    said = [only(pair, t_ns=t * NS).labels[0].detail for t in (1, 5)]
    assert said == ["before, and after at 5.00 s", "after, and before at 1.00 s"]


def test_hidden_layers_and_other_times_are_left_out() -> None:
    mine, theirs = make("tag", text="a"), make("tag", text="b", author="Golfer")
    assert visible([mine, theirs], AT_NS, {"Golfer"}) == [mine]
    span = make("tag", text="c", time=Span(2 * NS, 3 * NS))
    assert [len(visible([span], round(t * NS))) for t in (1.9, 2.5, 3.1)] == [0, 1, 0]


def test_what_a_newer_program_made_is_passed_over() -> None:
    assert not shapes_at([make("hologram", points=((0.0, 0.0, 0.0),))], AT_NS).drawings


def test_joints_that_are_not_there_draw_nothing() -> None:
    pinned = make("line", pins=("left_hip", "tail"))
    assert not shapes_at([pinned], AT_NS).drawings


POINT = st.tuples(*[st.floats(-1e5, 1e5) | st.sampled_from([0.0, 1.0, 1e-9, float("nan"), float("inf")])] * 3)


@given(kind=st.sampled_from([*KINDS, "unheard-of"]), data=st.data())
def test_no_points_whatever_break_anything(kind: str, data: st.DataObject) -> None:
    count = KINDS[kind].least if kind in KINDS else 2
    points = data.draw(st.lists(POINT, min_size=count, max_size=count))
    if data.draw(st.booleans()):
        points = [points[0]] * count if points else []
    on_video = data.draw(st.booleans())
    anchor = OnVideo() if on_video else InWorld()
    annotation = make(
        kind, anchor=anchor, points=tuple(p[:2] if on_video else p for p in points), rating=3, pair_ns=0, text="x"
    )
    eye = PinholeCamera.look_at(
        position_m=(0.0, -5.0, 1.0), target_m=(0.0, 0.0, 1.0), width_px=80, height_px=60, vertical_fov_rad=0.6
    )
    for drawing in shapes_at([annotation], AT_NS).drawings:
        flat = on_picture(drawing, eye)
        for d in (drawing, flat):
            if d is None:
                continue
            for array in [s.points for s in d.strokes] + [f.points for f in d.fills] + [x.place for x in d.labels]:
                assert np.isfinite(array).all()


def test_a_drawing_lands_in_the_picture_where_the_camera_sees_it(body: BodyMotion, camera: PinholeCamera) -> None:
    size = np.array([camera.width_px, camera.height_px])
    for annotation in of_every_kind():
        for drawing in shapes_at([annotation], AT_NS, Around(body=body)).world:
            flat = on_picture(drawing, camera)
            assert flat is not None
            for before, after in zip(drawing.labels, flat.labels, strict=True):
                np.testing.assert_allclose(after.place * size, camera.project(before.place))
            for rim in drawing.rims:
                (ring,) = [s.points * size for s in flat.strokes if len(s.points) == 65]
                reach = np.linalg.norm(ring - camera.project(rim.middle), axis=1)
                # As wide as the camera sees a circle that is turned to it.
                side = rim.middle + rim.radius_m * camera.rotation[0]
                expected = np.linalg.norm(camera.project(side) - camera.project(rim.middle))
                np.testing.assert_allclose(reach, expected, rtol=1e-6)


def test_a_line_that_passes_the_camera_is_cut_before_it(camera: PinholeCamera) -> None:
    behind = only(make("line", points=((0.3, -8.0, 1.0), (0.3, 3.0, 1.0))))
    flat = on_picture(behind, camera)
    assert flat is not None
    points = flat.strokes[0].points
    assert np.isfinite(points).all()
    np.testing.assert_allclose(points[-1] * [800, 600], camera.project(np.array((0.3, 3.0, 1.0))))
    assert points[0][0] > 1.0  # it leaves the picture at its right edge, on the side that it is on
    gone = only(make("line", points=((0.3, -8.0, 1.0), (0.3, -7.0, 1.0))))
    assert on_picture(gone, camera) is None


def test_an_outline_stands_out_from_its_line() -> None:
    for colour in ((1.0, 0.69, 0.0), (0.1, 0.1, 0.4), (0.5, 0.5, 0.5), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)):
        assert is_light(colour) != is_light(outline_of(colour))
