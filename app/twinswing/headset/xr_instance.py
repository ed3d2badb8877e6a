"""The OpenXR runtime: an instance with what we can use of what it offers, and the headset that it serves."""

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import xr  # type: ignore[import-untyped,unused-ignore]

from twinswing.errors import MissingPartError
from twinswing.headset.xr_graphics import binding_extensions

# What is used where a runtime offers it, each in one place of this room.
WANTED = (
    "XR_EXT_local_floor",
    "XR_KHR_composition_layer_depth",
    "XR_KHR_visibility_mask",
    "XR_EXT_hand_tracking",
    "XR_EXT_hand_interaction",
    "XR_FB_passthrough",
    "XR_FB_display_refresh_rate",
)
NO_RUNTIME = (
    "an OpenXR runtime was expected and none answered ({why}); install and start one (SteamVR, Meta's or Windows' own, "
    "or Monado: on Debian or Ubuntu apt install monado-service libopenxr1-monado), or leave out --headset"
)
NO_HEADSET = "a headset was expected and the OpenXR runtime {name} has none ({why}); connect it and switch it on"
_VIEWS = xr.ViewConfigurationType.PRIMARY_STEREO


def chosen_extensions(offered: Iterable[str], platform_bindings: Iterable[str]) -> tuple[str, ...]:
    """Return the extensions to ask for: all of ours that are offered, and at least one graphics binding."""
    have = set(offered)
    return tuple(name for name in (*platform_bindings, *WANTED) if name in have)


@dataclass(frozen=True)
class Offer:
    """What the runtime and its headset offer.

    eye_px: recommended size of one eye's picture. max_image_px: of one swapchain. blend_modes: numbers of
    XrEnvironmentBlendMode, the runtime's favourite first. most_layers: of one frame.
    """

    runtime: str
    system: str
    extensions: frozenset[str]
    eye_px: tuple[int, int]
    max_image_px: tuple[int, int]
    blend_modes: tuple[int, ...]
    hand_tracking: bool = False
    most_layers: int = 1


@dataclass
class Instance:
    """An instance and its system; `open` makes one."""

    handle: Any
    system: Any
    offer: Offer
    _functions: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, layers: Iterable[str] = ()) -> "Instance":
        """Find a runtime with a headset; raises MissingPartError where there is none."""
        # The loader's own lines would bury the one sentence that a user should read.
        os.environ.setdefault("XR_LOADER_DEBUG", "none")
        try:
            offered = [_text(p.extension_name) for p in xr.enumerate_instance_extension_properties()]
            bindings = binding_extensions()
            asked = chosen_extensions(offered, bindings)
            if not set(asked) & set(bindings):
                raise MissingPartError(
                    "an OpenXR runtime that takes OpenGL was expected, and this one does not; use another runtime"
                )
            handle = xr.create_instance(
                xr.InstanceCreateInfo(
                    application_info=xr.ApplicationInfo("Twinswing", 1, "Twinswing", 1, xr.Version(1, 0, 34)),
                    enabled_extension_names=list(asked),
                    enabled_api_layer_names=list(layers),
                )
            )
        except (xr.exception.ErrorResult, OSError) as error:
            raise MissingPartError(NO_RUNTIME.format(why=_why(error))) from error
        try:
            return cls._with_system(handle, frozenset(asked))
        except MissingPartError:
            xr.destroy_instance(handle)
            raise

    @classmethod
    def _with_system(cls, handle: Any, extensions: frozenset[str]) -> "Instance":
        name = _text(xr.get_instance_properties(handle).runtime_name)
        try:
            system = xr.get_system(handle, xr.SystemGetInfo(xr.FormFactor.HEAD_MOUNTED_DISPLAY))
            views = xr.enumerate_view_configuration_views(handle, system, _VIEWS)
            modes = tuple(xr.enumerate_environment_blend_modes(handle, system, _VIEWS))
            properties = xr.get_system_properties(handle, system)
        except xr.exception.ErrorResult as error:
            raise MissingPartError(NO_HEADSET.format(name=name, why=_why(error))) from error
        graphics = properties.graphics_properties
        instance = cls(
            handle,
            system,
            Offer(
                runtime=name,
                system=_text(properties.system_name),
                extensions=extensions,
                eye_px=(views[0].recommended_image_rect_width, views[0].recommended_image_rect_height),
                max_image_px=(graphics.max_swapchain_image_width, graphics.max_swapchain_image_height),
                blend_modes=tuple(int(mode) for mode in modes),
                most_layers=int(graphics.max_layer_count),
                hand_tracking="XR_EXT_hand_tracking" in extensions and _tracks_hands(handle, system),
            ),
        )
        # Every runtime wants to be asked this before a session is made.
        needs = xr.GraphicsRequirementsOpenGLKHR()
        instance.call("xrGetOpenGLGraphicsRequirementsKHR", system, ctypes.byref(needs))
        return instance

    def call(self, name: str, *arguments: Any) -> None:
        """Call an extension's function, the instance or another handle first where it is among the arguments.

        A function of the instance gets it as its first argument. Raises pyopenxr's exception of a failed result.
        """
        function = self._functions.get(name)
        if function is None:
            kind = getattr(xr, f"PFN_{name}")
            function = ctypes.cast(xr.get_instance_proc_addr(self.handle, name), kind)
            self._functions[name] = function
        first = (self.handle,) if name in _OF_THE_INSTANCE else ()
        result = xr.check_result(xr.Result(function(*first, *arguments)))
        if result.is_exception():
            raise result

    def close(self) -> None:
        """Give the instance back; a lost runtime cannot take it."""
        try:
            xr.destroy_instance(self.handle)
        except xr.exception.ErrorResult as error:
            sys.stderr.write(f"twinswing: the OpenXR runtime went away before it was left ({_why(error)})\n")


_OF_THE_INSTANCE = frozenset({"xrGetOpenGLGraphicsRequirementsKHR"})


def _tracks_hands(handle: Any, system: Any) -> bool:
    hands = xr.SystemHandTrackingPropertiesEXT()
    properties = xr.SystemProperties(next=hands)
    raw = ctypes.cast(xr.get_instance_proc_addr(handle, "xrGetSystemProperties"), xr.PFN_xrGetSystemProperties)
    raw(handle, system, ctypes.byref(properties))
    return bool(hands.supports_hand_tracking)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _why(error: BaseException) -> str:
    return type(error).__name__.removesuffix("Error") if isinstance(error, xr.exception.ErrorResult) else str(error)
