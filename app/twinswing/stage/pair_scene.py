"""Two golfers side by side in one scene: the second beside the first, on the first one's timeline."""

from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage.scene import SceneOptions, SwingScene, bounds_of
from twinswing.swing.compare import TimeWarp, warp_between
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PairParams:
    """How far apart two golfers stand, metres.

    free_m: between what their clubs reach. least_m: stances do not touch. most_m: mats of a range lie about 3 m apart,
    and beyond this one cannot look at both at once from before them.
    """

    free_m: float = 0.25
    least_m: float = 2.2
    most_m: float = 4.0


def beside_m(a: SwingSession, b: SwingSession, params: PairParams | None = None) -> float:
    """Return how far toward the target B is to be moved, so that no club meets the other golfer, metres."""
    params = params or PairParams()
    reach = sum(float(np.clip(_reach(s, side), 0.5, 3.0)) for s, side in ((a, 1.0), (b, -1.0)))
    return float(np.clip(reach + params.free_m, params.least_m, params.most_m))


def _reach(session: SwingSession, side: float) -> float:
    """Return how far a golfer and a club reach along the target line on one side (1: toward the target), metres."""
    reach = 0.5
    if session.body is not None and len(session.body.t_s):
        reach = max(reach, float((side * session.body.joints_m[..., 0]).max()))
    if session.club is not None and len(session.club.t_s):
        reach = max(reach, float((side * session.club.head_m[:, 0]).max()))
    return reach


def moved(session: SwingSession, by_m: FloatArray) -> SwingSession:
    """Return a session whose golfer and club are elsewhere by a shift of the world, metres, shape (3,)."""
    body, club = session.body, session.club
    return replace(
        session,
        body=None if body is None else replace(body, joints_m=body.joints_m + by_m),
        club=None if club is None else replace(club, butt_m=club.butt_m + by_m, head_m=club.head_m + by_m),
    )


class PairScene(SwingScene):
    """Swing A as ever, and swing B beside it at life size: A's time moves both, B's by the events that both have.

    other: B's own scene, in A's light and on A's ground. offset_m: where B's ball lies.
    """

    def __init__(
        self, session: SwingSession, other: SwingSession, options: SceneOptions | None = None, *, align: bool = True
    ) -> None:
        options = options or SceneOptions()
        self.warp: TimeWarp = warp_between(session.events, other.events if align else {})
        self.offset_m: FloatArray = np.array([beside_m(session, other), 0.0, 0.0])
        self.other: SwingScene | None = None
        self._second = other
        super().__init__(session, options)
        plain = replace(
            options, ground=False, sky=False, screen=False, backdrop=False,
            quality=replace(options.quality, detailed_ground=False),
        )  # fmt: skip
        second = SwingScene(moved(other, self.offset_m), plain)
        second.root.clear_attrib(p3d.ShaderAttrib)  # so that A's light and shadow count for it too
        second.root.set_name("swing scene of B")
        second._nodes["ball"].set_pos(*self.offset_m.tolist())
        second._contacts.node.reparent_to(self._contacts.node.get_parent())
        second.root.reparent_to(self.root)
        self.other = second
        self.set_time(self.t_s)

    def set_time(self, t_s: float) -> None:
        """Move both to a session time of A, seconds."""
        super().set_time(t_s)
        if self.other is not None:
            self.other.set_time(float(self.warp.to_b(t_s)))

    def show(self, part: str, on: bool) -> None:
        """Turn a part on or off for both; there is one ground, one sky and one video's screen."""
        super().show(part, on)
        if self.other is not None and part not in ("ground", "sky", "screen", "backdrop", "shadows"):
            self.other.show(part, on)

    def bounds_m(self) -> tuple[FloatArray, FloatArray]:
        """Return the box that both golfers and clubs keep within: low and high corner, metres."""
        low, high = super().bounds_m()
        other_low, other_high = bounds_of(self._second)
        return np.minimum(low, other_low + self.offset_m), np.maximum(high, other_high + self.offset_m)
