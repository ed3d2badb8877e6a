"""A real browser of a phone's size, spoken to by its own protocol."""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.conftest import wait_until

_NAMES = ("chromium", "chromium-browser", "google-chrome")


class Page:
    """One page that is open."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.complaints: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and wait for its answer; what the page complains of meanwhile is kept."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=30))
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            if message.get("method") == "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])

    def ask(self, script: str) -> Any:
        """Return what a script says, once its promise is kept."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")


@contextmanager
def opened(page: Path, profile: Path, size: tuple[int, int] = (390, 844)) -> Iterator[Page]:
    """Open a file in a browser of a phone's size; skip where none is installed."""
    name = next((n for n in _NAMES if shutil.which(n)), None)
    if name is None:
        pytest.skip("a browser is needed to open the page (apt install chromium)")
    command = [
        name, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0",
        "--autoplay-policy=no-user-gesture-required", "--mute-audio", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        told = profile / "DevToolsActivePort"
        wait_until(lambda: told.is_file() and bool(told.read_text().strip()), 30.0, "the browser")
        port = told.read_text().split()[0]
        with urlopen(f"http://127.0.0.1:{port}/json") as answer:
            target = next(t for t in json.load(answer) if t["type"] == "page")
        with connect(target["webSocketDebuggerUrl"], max_size=None) as socket:
            made = Page(socket)
            made.call("Log.enable")
            made.call("Page.enable")
            made.call(
                "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=2, mobile=True
            )
            made.call("Page.navigate", url=page.as_uri())
            wait_until(lambda: made.ask("document.readyState") == "complete", 30.0, "the page")
            yield made
    finally:
        browser.terminate()
        browser.wait(timeout=20)
