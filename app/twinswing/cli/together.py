"""Commands to review a recording together: share, join."""

import argparse
import asyncio
import getpass
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.cli.live import stop_on_signals
from twinswing.cli.progress import progress_bar
from twinswing.cli.replay import existing
from twinswing.errors import InputError, MissingPartError

if TYPE_CHECKING:
    from twinswing.review.share_line import ShareLine

_TOKEN_VARIABLE = "TWINSWING_TOKEN"  # noqa: S105  (a variable's name, no token)


def share(arguments: argparse.Namespace) -> int:
    """`twinswing share FILE`: serve a recording to others, and review it with them."""
    from twinswing.review.share_line import HostLine
    from twinswing.review.storage import load_document
    from twinswing.streams.hub_settings import is_loopback, parse_listen

    _check_desktop(arguments)
    path = existing(arguments.file, "a recording (.mcap)").resolve()
    if not 0 < arguments.minutes <= 30 * 1440:
        raise InputError(f"--minutes: expected more than 0 and up to 30 days, found {arguments.minutes:g}")
    host, port = parse_listen(arguments.listen)
    tls = _server_tls(arguments)
    if tls is None and not is_loopback(host):
        raise InputError(
            f"--listen {host}: sharing beyond this machine needs TLS, since tokens and remarks would be read on the "
            "way; add --tls-cert and --tls-key, or listen on 127.0.0.1"
        )
    document = load_document(path)
    line = HostLine(_name(arguments), path, (host, port), arguments.minutes * 60.0, tls)
    line.start(document.update())
    shown = _reachable(line.url, host)
    invited = [f"Others join with, for {arguments.minutes:g} minutes from now:"]
    for role, invitation in (("coach", line.coach), ("guest", line.guest)):
        invited.append(f"  {role}: twinswing join {shown} --token {invitation.token}")
    return _review(line, path, arguments, lambda: print("\n".join(invited), flush=True))


def join(arguments: argparse.Namespace) -> int:
    """`twinswing join ws://HOST:PORT`: fetch a shared recording once, and review it with the others."""
    from twinswing.review.share_line import JoinLine
    from twinswing.review.storage import load_document

    _check_desktop(arguments)
    url = arguments.url.rstrip("/")
    if not url.startswith(("ws://", "wss://")):
        raise InputError(f"expected an address such as ws://HOST:PORT or wss://HOST:PORT, found {arguments.url!r}")
    token, name, tls = _token(arguments), _name(arguments), _client_tls(url, arguments.tls_ca)
    folder = Path(arguments.to)
    if not folder.is_dir():
        raise InputError(f"--to: expected a folder, found none at {folder}")
    with progress_bar() as progress:
        path = _fetched(url, token, name, folder, tls, progress)
    line = JoinLine(name, url, token, tls)
    line.start(load_document(path).update())
    return _review(line, path, arguments)


def _check_desktop(arguments: argparse.Namespace) -> None:
    """Raise MissingPartError for a headset, before anybody is invited or anything is fetched."""
    if arguments.headset:
        raise MissingPartError("a headset was asked for, and a shared session is shown on a desktop only")


def _review(
    line: "ShareLine", path: Path, arguments: argparse.Namespace, announce: Callable[[], None] = lambda: None
) -> int:
    """Be in a session until its end.

    announce: called when it begins; without a window an interrupt ends it in order from then on.
    """
    if not arguments.no_window:
        from twinswing.desk.run import run_desk
        from twinswing.desk.together import Together

        announce()
        try:
            return run_desk(path, offscreen=arguments.offscreen, seconds=arguments.seconds, home=Together(line))
        finally:
            line.stop()
    from twinswing.review.share_headless import stay

    stopped = threading.Event()
    end_s = None if arguments.seconds is None else time.monotonic() + arguments.seconds
    with stop_on_signals(stopped.set):
        announce()
        count = stay(
            line, path, lambda: stopped.is_set() or (end_s is not None and time.monotonic() > end_s), _say
        )  # fmt: skip
    state = line.state
    if state.phase == "refused":
        raise InputError(state.reason)
    _say(f"{path.name} has {count} annotations.")
    return 0


def _fetched(
    url: str,
    token: str,
    name: str,
    folder: Path,
    tls: ssl.SSLContext | None,
    progress: Callable[[str, float], None],
) -> Path:
    from twinswing.review.fetch import fetch_into

    said = time.monotonic()

    def tell(done: int, size: int) -> None:
        nonlocal said
        progress(f"Fetching, {size / 1e6:.1f} MB", done / size)
        if not sys.stderr.isatty() and (time.monotonic() - said > 1.0 or done == size):
            said = time.monotonic()
            _say(f"Fetched {done / 1e6:.1f} of {size / 1e6:.1f} MB")

    return asyncio.run(fetch_into(url, token, name, folder, tls=tls, on_progress=tell))


def _server_tls(arguments: argparse.Namespace) -> ssl.SSLContext | None:
    from twinswing.streams.hub_settings import HubSettings, check_settings

    if arguments.tls_cert is None and arguments.tls_key is None:
        return None
    if arguments.tls_cert is None or arguments.tls_key is None:
        raise InputError("--tls-cert and --tls-key belong together, and only one of them was given")
    return check_settings(HubSettings(tls_cert=Path(arguments.tls_cert), tls_key=Path(arguments.tls_key)))


def _client_tls(url: str, ca: str | None) -> ssl.SSLContext | None:
    if not url.startswith("wss://"):
        if ca:
            raise InputError(f"--tls-ca belongs to an address that begins with wss://, and {url} does not")
        return None
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(existing(ca, "a certificate (PEM)"))
        except (OSError, ssl.SSLError) as error:
            raise InputError(f"--tls-ca: expected a certificate in PEM, {ca} cannot be read: {error}") from None
    return context


def _token(arguments: argparse.Namespace) -> str:
    """Return the token given, in the environment, or typed: a command line can be read by others on the machine."""
    token: str = arguments.token or os.environ.get(_TOKEN_VARIABLE, "")
    if not token and sys.stdin.isatty():
        token = getpass.getpass("Token: ").strip()
    if not token:
        raise InputError(f"expected the token of an invitation, as --token T or in {_TOKEN_VARIABLE}, found none")
    return token


def _name(arguments: argparse.Namespace) -> str:
    name = " ".join((arguments.name or getpass.getuser()).split())
    if not 0 < len(name) <= 60 or not name.isprintable():
        raise InputError("--name: expected a name of 1 to 60 printable characters")
    return name


def _reachable(url: str, host: str) -> str:
    """Return an address as others type it: no one can connect to "every address of this machine"."""
    wild = {"0.0.0.0": "0.0.0.0", "::": "[::]"}.get(host)  # noqa: S104  (compared with, not listened on)
    return url if wild is None else url.replace(wild, socket.gethostname())


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
