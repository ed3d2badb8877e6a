"""Dear ImGui's backend for Panda3D, imported so that its own files are found."""

import importlib.util
import sys
from pathlib import Path

from twinswing.errors import MissingPartError


def _load() -> "type":
    """Import the backend's class.

    The package asks for a top-level module named `shaders` before its own of that name. Any folder `shaders/` on the
    import path answers to that, this project's among them, and has none of what it wants; so its own is lent that name
    for the time of the import.
    """
    found = importlib.util.find_spec("p3dimgui")
    if found is None or found.origin is None:
        raise MissingPartError("panda3d-imgui was expected and is not installed; pip install panda3d-imgui")
    own = importlib.util.spec_from_file_location("shaders", Path(found.origin).parent / "shaders.py")
    assert own is not None
    assert own.loader is not None
    module = importlib.util.module_from_spec(own)
    own.loader.exec_module(module)
    former = sys.modules.get("shaders")
    sys.modules["shaders"] = module
    try:
        from p3dimgui import ImGuiBackend  # noqa: PLC0415
    finally:
        if former is None:
            del sys.modules["shaders"]
        else:
            sys.modules["shaders"] = former
    backend: type = ImGuiBackend
    return backend


ImGuiBackend = _load()
