"""Dropped files on Windows: WM_DROPFILES, heard by a subclass procedure on Panda3D's window."""

import ctypes
from pathlib import Path

_WM_DROPFILES = 0x0233
_SUBCLASS_ID = 0x7457


class WindowsFileDrops:
    """Hears of files dropped on a window given by its HWND; see FileDrops. Raises OSError elsewhere than Windows."""

    def __init__(self, window_handle: int) -> None:
        if not hasattr(ctypes, "WinDLL"):
            raise OSError("dropped files are heard this way on Windows only")
        self._shell, self._common = ctypes.WinDLL("shell32"), ctypes.WinDLL("comctl32")
        self._window = ctypes.c_void_p(window_handle)
        self._dropped: list[Path] = []
        size, pointer = ctypes.c_size_t, ctypes.c_void_p
        make = getattr(ctypes, "WINFUNCTYPE")  # noqa: B009  (there on Windows only, which a type checker elsewhere denies)
        procedure = make(ctypes.c_ssize_t, pointer, ctypes.c_uint, size, ctypes.c_ssize_t, size, size)
        self._common.DefSubclassProc.restype = ctypes.c_ssize_t
        self._common.DefSubclassProc.argtypes = [pointer, ctypes.c_uint, size, ctypes.c_ssize_t]
        self._shell.DragQueryFileW.argtypes = [pointer, ctypes.c_uint, ctypes.c_wchar_p, ctypes.c_uint]
        self._shell.DragFinish.argtypes = [pointer]
        # Kept on self: Windows calls it for as long as the window lives.
        self._procedure = procedure(self._on_message)
        if not self._common.SetWindowSubclass(self._window, self._procedure, _SUBCLASS_ID, 0):
            raise OSError("the window does not take a subclass procedure")
        self._shell.DragAcceptFiles(self._window, True)

    def _on_message(self, window: int, message: int, wide: int, long: int, _id: int, _data: int) -> int:
        if message != _WM_DROPFILES:
            return int(self._common.DefSubclassProc(window, message, wide, long))
        for i in range(self._shell.DragQueryFileW(wide, 0xFFFFFFFF, None, 0)):
            length = self._shell.DragQueryFileW(wide, i, None, 0)
            name = ctypes.create_unicode_buffer(length + 1)
            self._shell.DragQueryFileW(wide, i, name, length + 1)
            self._dropped.append(Path(name.value))
        self._shell.DragFinish(wide)
        return 0

    def poll(self) -> list[Path]:
        """Return the files dropped since the last call; never waits."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def close(self) -> None:
        """Stop hearing."""
        self._common.RemoveWindowSubclass(self._window, self._procedure, _SUBCLASS_ID)
