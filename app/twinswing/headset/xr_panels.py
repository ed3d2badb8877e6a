"""Cards as layers of the runtime's own: each with an image that the runtime samples once, in the headset's resolution.

A card that is part of the picture is sampled twice, when the picture is drawn and when the runtime warps it. As a quad
layer its text is sampled once. The quads lie under the picture, which is left open where a card is seen, so that hands,
rays and all that stands before a card cover it as ever.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xr  # type: ignore[import-untyped,unused-ignore]

from twinswing.headset.card import Card
from twinswing.headset.frames import FloatArray, rigid_inverse, xyzw_from_rotation
from twinswing.headset.xr_session import WITH_ALPHA, Session, Swapchain

# What is taken from a runtime's limit for the picture itself and the room behind the scene.
_OTHER_LAYERS = 2
# What a runtime answers that takes no such layer, or no more of them; the cards then stay in the picture.
REFUSED = (
    xr.exception.LayerInvalidError,
    xr.exception.LayerLimitExceededError,
    xr.exception.SwapchainFormatUnsupportedError,
    xr.exception.SwapchainRectInvalidError,
    xr.exception.SizeInsufficientError,
    xr.exception.LimitReachedError,
    xr.exception.OutOfMemoryError,
    xr.exception.FeatureUnsupportedError,
    xr.exception.ValidationFailureError,
)


class Panels:
    """The quad layers of one session. `accepted` is False once the runtime has refused them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._most = session.instance.offer.most_layers - _OTHER_LAYERS
        self._images: dict[str, Swapchain] = {}
        self._painted: dict[str, int] = {}
        # Without alpha the picture cannot be left open.
        self.accepted = self._most > 0 and session.colour_format in WITH_ALPHA

    def choose(self, cards: Sequence[Card], head_m: FloatArray) -> tuple[list[Card], list[Card]]:
        """Return the cards that are layers in this frame, farthest first, and those whose look in the picture changed.

        The others stay in the picture; holes are opened and closed by this. head_m: where the eyes are in the world.
        """
        seen = [card for card in cards if card.pose is not None] if self.accepted else []
        seen.sort(key=lambda card: float(np.linalg.norm(card.pose[:3, 3] - head_m)))  # type: ignore[index]
        chosen = seen[: self._most]
        changed = [card for card in cards if card.open_hole(card in chosen)]
        return chosen[::-1], changed

    def layers(self, cards: Sequence[Card], world_from_play: FloatArray) -> list[Any]:
        """Bring the cards' images up to date and return their layers; raises one of REFUSED where they are not taken.

        Panda3D's context must be current. world_from_play: the viewer's scale is in it.
        """
        play_from_world = rigid_inverse(world_from_play)
        out = []
        for card in cards:
            if card.pose is None:
                continue
            chain = self._image(card)
            pose = play_from_world @ card.pose
            scale = float(np.linalg.norm(pose[:3, 0]))
            x, y, z, w = xyzw_from_rotation(pose[:3, :3] / scale)
            out.append(
                xr.CompositionLayerQuad(
                    layer_flags=xr.CompositionLayerFlags.NONE,
                    space=self._session.space,
                    eye_visibility=xr.EyeVisibility.BOTH,
                    sub_image=chain.part(0, chain.size[0]),
                    pose=xr.Posef(xr.Quaternionf(x, y, z, w), xr.Vector3f(*pose[:3, 3].tolist())),
                    size=xr.Extent2Df(card.width_m * scale, card.height_m * scale),
                )
            )
        return out

    def _image(self, card: Card) -> Swapchain:
        size = (card.canvas.width, card.canvas.height)
        chain = self._images.get(card.name)
        if chain is None:
            usage = xr.SwapchainUsageFlags.COLOR_ATTACHMENT_BIT | xr.SwapchainUsageFlags.SAMPLED_BIT
            chain = self._images[card.name] = Swapchain(self._session.handle, self._session.colour_format, size, usage)
            self._painted[card.name] = -1
        if self._painted[card.name] != card.painted:
            self._painted[card.name] = card.painted
            chain.write(card.canvas.picture)
        return chain

    def refuse(self) -> None:
        """Put the cards back into the picture for good: the runtime does not take them as layers."""
        self.accepted = False
