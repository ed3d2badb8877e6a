"""Dropped files on X11 by the XDND protocol, version 5 (freedesktop.org).

The window belongs to Panda3D's connection, whose events we cannot see. XDND allows a proxy: a property on the window
names another one, made by a connection of our own, that drag sources talk to instead.
"""

import ctypes
import ctypes.util
from pathlib import Path
from typing import ClassVar

from twinswing.platform.filedrop import paths_of_uri_list

_CLIENT_MESSAGE, _SELECTION_NOTIFY, _PROP_MODE_REPLACE = 33, 31, 0
_XA_ATOM, _XA_WINDOW, _ANY_PROPERTY_TYPE = 4, 33, 0
_VERSION = 5
_MAX_LONGS = 65536  # 256 KiB of file names, beyond any drop by hand

_Window = ctypes.c_ulong
_Atom = ctypes.c_ulong


class _ClientMessage(ctypes.Structure):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", _Window),
        ("message_type", _Atom),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
    ]


class _SelectionEvent(ctypes.Structure):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("requestor", _Window),
        ("selection", _Atom),
        ("target", _Atom),
        ("property", _Atom),
        ("time", ctypes.c_ulong),
    ]


class _Event(ctypes.Union):
    _fields_: ClassVar = [
        ("type", ctypes.c_int),
        ("client", _ClientMessage),
        ("selection", _SelectionEvent),
        ("pad", ctypes.c_long * 24),
    ]


def _load_xlib() -> ctypes.CDLL:
    x = ctypes.CDLL(ctypes.util.find_library("X11") or "libX11.so.6")
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = _Atom
    x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x.XDefaultRootWindow.restype = _Window
    x.XCreateSimpleWindow.restype = _Window
    pointer, window = ctypes.c_void_p, _Window
    x.XDefaultRootWindow.argtypes = [pointer]
    whole, positive, long = ctypes.c_int, ctypes.c_uint, ctypes.c_ulong
    x.XCreateSimpleWindow.argtypes = [pointer, window, whole, whole, positive, positive, positive, long, long]
    x.XChangeProperty.argtypes = [pointer, window, _Atom, _Atom, ctypes.c_int, ctypes.c_int, pointer, ctypes.c_int]
    x.XDeleteProperty.argtypes = [pointer, window, _Atom]
    x.XConvertSelection.argtypes = [pointer, _Atom, _Atom, _Atom, window, ctypes.c_ulong]
    x.XSendEvent.argtypes = [pointer, window, ctypes.c_int, ctypes.c_long, pointer]
    x.XGetWindowProperty.argtypes = [
        pointer, window, _Atom, ctypes.c_long, ctypes.c_long, ctypes.c_int, _Atom,
        pointer, pointer, pointer, pointer, pointer,
    ]  # fmt: skip
    for name in ("XPending", "XFlush", "XCloseDisplay"):
        getattr(x, name).argtypes = [pointer]
    x.XNextEvent.argtypes = [pointer, pointer]
    x.XFree.argtypes = [pointer]
    x.XDestroyWindow.argtypes = [pointer, window]
    return x


class X11FileDrops:
    """Hears of files dropped on an X11 window; see FileDrops. Raises OSError without libX11 or a display."""

    def __init__(self, window_handle: int) -> None:
        self._x = _load_xlib()
        self._display = self._x.XOpenDisplay(None)
        if not self._display:
            raise OSError("no X11 display to hear of dropped files on")
        self._window = window_handle
        self._proxy = self._x.XCreateSimpleWindow(
            self._display, self._x.XDefaultRootWindow(self._display), -10, -10, 1, 1, 0, 0, 0
        )
        names = (
            "Aware",
            "Proxy",
            "Enter",
            "Position",
            "Status",
            "Leave",
            "Drop",
            "Finished",
            "Selection",
            "ActionCopy",
        )
        self._atoms = {n: self._atom(f"Xdnd{n}") for n in names}
        self._uri_list = self._atom("text/uri-list")
        self._property = self._atom("TWINSWING_DROP")
        self._source = 0
        for window in (self._window, self._proxy):
            self._set(window, self._atoms["Aware"], _XA_ATOM, _VERSION)
            self._set(window, self._atoms["Proxy"], _XA_WINDOW, self._proxy)
        self._x.XFlush(self._display)

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))

    def _set(self, window: int, prop: int, kind: int, value: int) -> None:
        data = ctypes.c_ulong(value)
        self._x.XChangeProperty(self._display, window, prop, kind, 32, _PROP_MODE_REPLACE, ctypes.byref(data), 1)

    def poll(self) -> list[Path]:
        """Return the files dropped since the last call; never waits."""
        paths: list[Path] = []
        event = _Event()
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, ctypes.byref(event))
            if event.type == _CLIENT_MESSAGE:
                self._on_message(event.client)
            elif event.type == _SELECTION_NOTIFY:
                paths += self._on_selection(event.selection)
        return paths

    def _on_message(self, message: _ClientMessage) -> None:
        atoms = self._atoms
        if message.message_type == atoms["Position"]:
            # Bit 0: we take it. The empty rectangle asks for every move, which costs nothing here.
            self._send(message.data[0], atoms["Status"], [self._window, 1, 0, 0, atoms["ActionCopy"]])
        elif message.message_type == atoms["Drop"]:
            self._source = message.data[0]
            self._x.XConvertSelection(
                self._display, atoms["Selection"], self._uri_list, self._property, self._proxy, message.data[2]
            )
            self._x.XFlush(self._display)

    def _on_selection(self, event: _SelectionEvent) -> list[Path]:
        paths = paths_of_uri_list(self._read_property()) if event.property else []
        self._send(
            self._source,
            self._atoms["Finished"],
            [self._window, int(bool(paths)), self._atoms["ActionCopy"] if paths else 0, 0, 0],
        )
        return paths

    def _read_property(self) -> str:
        kind, form = _Atom(), ctypes.c_int()
        items, left, data = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_void_p()
        self._x.XGetWindowProperty(
            self._display, self._proxy, self._property, 0, _MAX_LONGS, 1, _ANY_PROPERTY_TYPE,
            ctypes.byref(kind), ctypes.byref(form), ctypes.byref(items), ctypes.byref(left), ctypes.byref(data),
        )  # fmt: skip
        if not data.value:
            return ""
        try:
            return ctypes.string_at(data.value, items.value).decode("utf-8", "replace") if form.value == 8 else ""
        finally:
            self._x.XFree(data)

    def _send(self, to: int, message: int, data: list[int]) -> None:
        event = _Event()
        event.client.type = _CLIENT_MESSAGE
        event.client.window = to
        event.client.message_type = message
        event.client.format = 32
        event.client.data[:] = data
        self._x.XSendEvent(self._display, to, 0, 0, ctypes.byref(event))
        self._x.XFlush(self._display)

    def close(self) -> None:
        """Stop hearing. The window itself may be gone already, so its properties are left to it."""
        if self._display:
            self._x.XDestroyWindow(self._display, self._proxy)
            self._x.XCloseDisplay(self._display)
            self._display = None
