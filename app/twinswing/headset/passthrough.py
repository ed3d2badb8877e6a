"""The real world behind the scene: by the runtime's blend modes, or by FB's passthrough layer."""

import ctypes
from typing import Any

import xr  # type: ignore[import-untyped,unused-ignore]

from twinswing.headset.xr_instance import Instance
from twinswing.headset.xr_session import Session

OPAQUE, ADDITIVE, ALPHA_BLEND, FB_LAYER = "opaque", "additive", "alpha blend", "passthrough layer"


def chosen_passthrough(blend_modes: tuple[int, ...], extensions: frozenset[str]) -> str:
    """Return how the real world can be shown, best first: mixed by alpha, as a layer of its own, by added light.

    "opaque" where it can't be. blend_modes: XrEnvironmentBlendMode's numbers (1 opaque, 2 additive, 3 alpha blend).
    """
    if 3 in blend_modes:
        return ALPHA_BLEND
    if "XR_FB_passthrough" in extensions:
        return FB_LAYER
    return ADDITIVE if 2 in blend_modes else OPAQUE


def chosen_opaque(blend_modes: tuple[int, ...]) -> int:
    """Return the mode for a scene that hides the real world; glasses that only add light have none but theirs."""
    return 1 if 1 in blend_modes or not blend_modes else blend_modes[0]


class Passthrough:
    """Turns the real world on and off for a session."""

    def __init__(self, instance: Instance, session: Session) -> None:
        self._instance, self._session = instance, session
        self._modes = instance.offer.blend_modes
        self.kind = chosen_passthrough(self._modes, instance.offer.extensions)
        self._handles: list[Any] = []
        self.on = False
        self.show(chosen_opaque(self._modes) == 2)

    @property
    def offered(self) -> bool:
        """Tell whether the real world can be shown."""
        return self.kind != OPAQUE

    def show(self, on: bool) -> None:
        """Show the real world behind the scene, or not; what only adds light always does."""
        on = self.offered and (on or chosen_opaque(self._modes) == 2)
        self.on = on
        mode = {ALPHA_BLEND: 3, ADDITIVE: 2}.get(self.kind, 1) if on else chosen_opaque(self._modes)
        self._session.blend_mode = xr.EnvironmentBlendMode(mode)
        self._session.first_layers = [self._layer()] if on and self.kind == FB_LAYER else []

    def _layer(self) -> Any:
        if not self._handles:
            passthrough, layer = xr.PassthroughFB(), xr.PassthroughLayerFB()
            running = xr.PassthroughFlagsFB.IS_RUNNING_AT_CREATION_BIT
            info = xr.PassthroughCreateInfoFB(running)
            self._call("xrCreatePassthroughFB", self._session.handle, ctypes.byref(info), ctypes.byref(passthrough))
            self._handles.append(passthrough)
            whole = xr.PassthroughLayerCreateInfoFB(passthrough, running, xr.PassthroughLayerPurposeFB.RECONSTRUCTION)
            self._call("xrCreatePassthroughLayerFB", self._session.handle, ctypes.byref(whole), ctypes.byref(layer))
            self._handles.append(layer)
        return xr.CompositionLayerPassthroughFB(layer_handle=self._handles[1])

    def _call(self, name: str, *arguments: Any) -> None:
        self._instance.call(name, *arguments)
