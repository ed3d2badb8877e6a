"""Annotations of every kind, for tests of how they are drawn."""

from typing import Any

from twinswing.review.model import Annotation, InWorld, Media, OnJoint, OnMachine, OnVideo, Span

NS = 1_000_000_000


def make(kind: str, *, at_s: float = 1.0, ident: str = "", **fields: Any) -> Annotation:
    """Return an annotation at a moment of session time."""
    fields.setdefault("author", "Coach")
    fields.setdefault("time", Span.moment(round(at_s * NS)))
    return Annotation(ident=ident or f"{kind}1", kind=kind, **fields)


def voice(duration_s: float = 2.0) -> Media:
    """Return what an annotation says of a voice that nobody recorded."""
    return Media("a" * 64, 1000, duration_s, (0.1, 0.9, 0.4, 0.7), "keep the lead arm straight")


def of_every_kind(at_s: float = 1.0) -> list[Annotation]:
    """Return one or more annotations of each kind, in the world, on the picture, at a joint, on a machine."""
    world, video = InWorld(), OnVideo()
    triple = ((0.0, 0.2, 1.4), (0.0, 0.2, 0.9), (0.5, 0.2, 0.9))
    return [
        make("text", at_s=at_s, text="weight forward", points=((0.4, 0.2, 1.0),)),
        make("text", at_s=at_s, ident="text2", text="no place at all"),
        make("text", at_s=at_s, ident="text3", text="the head stays", anchor=OnJoint("head")),
        make("arrow", at_s=at_s, anchor=world, points=((0.9, 0.2, 1.5), (0.2, 0.2, 1.1)), text="down the line"),
        make("arrow", at_s=at_s, ident="arrow2", anchor=video, points=((0.1, 0.1), (0.4, 0.3))),
        make("line", at_s=at_s, points=((-0.5, 0.0, 0.0), (0.5, 0.0, 0.0))),
        make("line", at_s=at_s, ident="line2", pins=("left_hip", "left_ankle")),
        make("angle", at_s=at_s, pins=("left_shoulder", "left_elbow", "left_wrist")),
        make("angle", at_s=at_s, ident="angle2", points=triple),
        make("angle", at_s=at_s, ident="angle3", anchor=video, points=((0.2, 0.2), (0.2, 0.5), (0.5, 0.5))),
        make("circle", at_s=at_s, points=((0.0, 0.4, 1.6), (0.2, 0.4, 1.6)), colour="#40c0ff"),
        make("circle", at_s=at_s, ident="circle2", anchor=video, points=((0.5, 0.3), (0.6, 0.3))),
        make("freehand", at_s=at_s, points=tuple((0.1 * i, 0.1, 1.0 + 0.05 * i) for i in range(8))),
        make("plane", at_s=at_s, points=((-0.6, 0.0, 0.1), (0.6, 0.0, 0.1), (0.0, 0.8, 1.2)), text="shaft plane"),
        make("pair", at_s=at_s, points=((0.2, 0.0, 0.2),), pair_ns=round((at_s + 0.5) * NS)),
        make("voice", at_s=at_s, anchor=OnJoint("left_wrist"), points=((0.0, 0.0, 0.1),), media=voice()),
        make("tag", at_s=at_s, text="sway"),
        make("rating", at_s=at_s, rating=4, points=((0.0, 0.0, 2.0),)),
        make("drill", at_s=at_s, text="Wall drill"),
        make("text", at_s=at_s, ident="text4", anchor=OnMachine("forge/line/press"), text="oil it"),
    ]
