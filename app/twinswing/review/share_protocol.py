"""What two who review together say to each other, without a socket: messages, roles, tokens, limits.

Text frames are JSON objects with a "type"; a binary frame is an update of the document. A guest asks with `hello`
(token, name, the state of its copy), is answered with `welcome` (role, the server's state) and an update of all that
it misses, and sends an update of all that the server misses. From then on every change is sent as it is made. After a
cut both do the same again, which is all that merging takes.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from secrets import token_urlsafe
from typing import Any

from twinswing.errors import InputError
from twinswing.review.checks import from_fields
from twinswing.review.updates import UPDATE_LIMITS

VERSION = 1
ROLES = ("coach", "guest")
# Role of who serves the session: no token gives it.
HOST = "host"
# Close code (of those for private use, RFC 6455 7.4.2): the session is over, so nobody need try again.
ENDED = 4000
# One for each who is there, apart in lightness too; the first is the host's.
COLOURS = ("#ffb000", "#4cc2ff", "#ff6b8b", "#7ddc6f", "#c79bff", "#ffe066", "#ff9152", "#5ee0c8")


_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class ShareLimits:
    """What one peer may do to the others.

    text_bytes      : of a text frame: a drawing in progress is the largest thing said.
    hello_bytes     : of the first one, which comes before the token was seen; holds a state of a few clients.
    presence_hz     : how often a peer's playhead, camera and pointer are passed on; more is thinned, not punished.
    frames_per_s    : of all kinds, over `burst_s`; a peer that sends more is sent away.
    bytes_per_s     : likewise; a voice travels with the recording, not here.
    burst_s         : over how long a peer may save up what it did not use.
    queue_bytes     : waiting to be read by a slow peer; beyond that it is sent away, and merges when it comes back.
    peers           : at once.
    hello_s         : seconds that a socket may stay silent before its hello.
    """

    text_bytes: int = 64 * 1024
    hello_bytes: int = 16 * 1024
    presence_hz: float = 20.0
    frames_per_s: float = 200.0
    bytes_per_s: float = 1_000_000.0
    burst_s: float = 5.0
    queue_bytes: int = 4_000_000
    peers: int = 16
    hello_s: float = 5.0


DEFAULT_SHARE = ShareLimits()


@dataclass(frozen=True)
class Invitation:
    """Lets its bearer in, in a role, until a time (seconds on the server's clock)."""

    token: str = field(repr=False)
    role: str
    until_s: float


@dataclass(frozen=True)
class Hello:
    """What a peer says first.

    who : a secret of its own that it says again after a cut line, so that it is known for the same; "" for none.
    """

    token: str = field(repr=False)
    name: str
    state: bytes
    who: str = field(default="", repr=False)


@dataclass(frozen=True)
class Person:
    """Somebody who is there.

    name   : no two who are there have the same.
    role   : "host", "coach" or "guest".
    colour : "#rrggbb", the same at every end.
    rtt_s  : seconds for a message to this person and back; None before it was measured, and for the host.
    """

    name: str
    role: str
    colour: str = COLOURS[0]
    rtt_s: float | None = None


@dataclass(frozen=True)
class Welcome:
    """What a server answers: the role that the token gives, the name that one goes by, and what the server knows."""

    role: str
    name: str
    state: bytes


@dataclass(frozen=True)
class Presence:
    """Where somebody is: what changes many times a second and is not kept.

    t_ns    : session time of the playhead; playing: whether it runs; speed: how fast, 1 is real time.
    camera  : eye and what it looks at, world metres: x y z x y z; () if it is not told.
    pointer : a world point (3) or a place on a picture (2, 0 to 1); () for none.
    drawing : fields of an annotation in progress (`checks.to_fields`), with its id under "id"; {} for none.
    """

    t_ns: int
    playing: bool = False
    camera: tuple[float, ...] = ()
    pointer: tuple[float, ...] = ()
    drawing: Mapping[str, str] | None = None
    speed: float = 1.0


class Invitations:
    """The tokens that a session was opened with. Only their hashes are kept; comparing takes equal time for all."""

    def __init__(self) -> None:
        self._known: list[tuple[bytes, str, float]] = []

    def invite(self, role: str, now_s: float, lifetime_s: float) -> Invitation:
        """Make a token for a role ("coach" draws, "guest" looks) that is good for a while."""
        if role not in ROLES or not 0.0 < lifetime_s <= 30 * 86400.0:
            raise InputError(
                f"An invitation is for {' or '.join(ROLES)} and up to 30 days, not {role}, {lifetime_s} s."
            )
        token = token_urlsafe(24)
        self._known.append((_digest(token), role, now_s + lifetime_s))
        return Invitation(token, role, now_s + lifetime_s)

    def role_of(self, token: str, now_s: float) -> str | None:
        """Return the role that a token gives now, or None."""
        digest, found = _digest(token), None
        for known, role, until_s in self._known:
            if hmac.compare_digest(known, digest) and now_s < until_s:
                found = role
        return found


class Allowance:
    """Counts what a peer sends against `ShareLimits` (a token bucket for frames, one for bytes, one for presence)."""

    def __init__(self, limits: ShareLimits, now_s: float) -> None:
        self._limits = limits
        self._frames = limits.frames_per_s * limits.burst_s
        # A copy that was away may bring a whole document once.
        self._bytes = limits.bytes_per_s * limits.burst_s + UPDATE_LIMITS.update_bytes
        self._at_s = now_s
        self._presence_s = -1e9

    def takes(self, size: int, now_s: float) -> bool:
        """Count a frame; return False if the peer sends too much."""
        limits, dt = self._limits, max(now_s - self._at_s, 0.0)
        self._at_s = now_s
        self._frames = min(self._frames + dt * limits.frames_per_s, limits.frames_per_s * limits.burst_s) - 1
        most = limits.bytes_per_s * limits.burst_s + UPDATE_LIMITS.update_bytes
        self._bytes = min(self._bytes + dt * limits.bytes_per_s, most) - size
        return self._frames >= 0 and self._bytes >= 0

    def presence_wait_s(self, now_s: float) -> float:
        """Tell how long a presence must wait to be passed on; 0 counts it. A tenth of jitter is forgiven."""
        wait_s = self._presence_s + 0.9 / self._limits.presence_hz - now_s
        if wait_s > 0.0:
            return wait_s
        self._presence_s = now_s
        return 0.0


def hello_text(hello: Hello) -> str:
    """Write a hello."""
    state = base64.b64encode(hello.state).decode()
    return _text({**vars(hello), "type": "hello", "version": VERSION, "state": state})


def welcome_text(welcome: Welcome) -> str:
    """Write the answer to a hello."""
    return _text({**vars(welcome), "type": "welcome", "state": base64.b64encode(welcome.state).decode()})


def presence_text(presence: Presence) -> str:
    """Write a presence."""
    return _text(_presence(presence))


def signed_text(presence: Presence, name: str) -> str:
    """Write a presence as the server passes it on: with whose it is."""
    return _text({**_presence(presence), "name": name})


def peers_text(people: Sequence[Person]) -> str:
    """Say who is there."""
    return _text({"type": "peers", "peers": [vars(person) for person in people]})


def parse(text: str, limits: ShareLimits = DEFAULT_SHARE) -> dict[str, Any]:
    """Read a text frame as an object with a "type"; raises InputError."""
    if len(text) > limits.text_bytes:
        raise InputError(f"A message of {len(text)} characters came; at most {limits.text_bytes} are read.")
    try:
        message = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InputError("A message came that is no JSON.") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise InputError('A message must be an object with a "type".')
    return message


def read_hello(message: Mapping[str, Any]) -> Hello:
    """Read a hello; raises InputError."""
    if message.get("type") != "hello" or message.get("version") != VERSION:
        raise InputError(f"The first message must be a hello of version {VERSION}.")
    token, name = message.get("token"), message.get("name")
    if not isinstance(token, str) or not isinstance(name, str) or not 0 < len(name.strip()) <= 60 or len(token) > 200:
        raise InputError("A hello must have a token and a name of 1 to 60 characters.")
    if any(not c.isprintable() for c in name):
        raise InputError("A name must be printable.")
    who = message.get("who", "")
    if not isinstance(who, str) or len(who) > 64:
        raise InputError("What a peer is known by again must be up to 64 characters.")
    return Hello(token, " ".join(name.split()), read_state(message), who)


def read_welcome(message: Mapping[str, Any]) -> Welcome:
    """Read the answer to a hello; raises InputError."""
    role = message.get("role")
    if message["type"] != "welcome" or not isinstance(role, str) or role not in ROLES:
        raise InputError("A welcome with a role was expected.")
    return Welcome(role, read_name(message), read_state(message))


def read_state(message: Mapping[str, Any]) -> bytes:
    """Read the state of a copy out of a hello or a welcome; raises InputError."""
    state = message.get("state")
    try:
        return base64.b64decode(state if isinstance(state, str) else "!", validate=True)
    except (binascii.Error, ValueError):
        raise InputError("A state must be in base 64.") from None


def read_presence(message: Mapping[str, Any]) -> Presence:
    """Read a presence; raises InputError."""
    t_ns, playing, drawing = message.get("t_ns"), message.get("playing", False), message.get("drawing") or None
    if isinstance(t_ns, bool) or not isinstance(t_ns, int) or abs(t_ns) > 1 << 61 or not isinstance(playing, bool):
        raise InputError("A presence must have a time in nanoseconds and whether it plays.")
    if drawing is not None:
        if not isinstance(drawing, dict) or not all(isinstance(v, str) for v in drawing.values()):
            raise InputError("A drawing in progress must be made of texts.")
        from_fields(drawing.get("id", ""), {k: v for k, v in drawing.items() if k != "id"})
    camera = _floats(message.get("camera", []), (0, 6))
    (speed,) = _floats([message.get("speed", 1.0)], (1,))
    return Presence(t_ns, playing, camera, _floats(message.get("pointer", []), (0, 2, 3)), drawing, speed)


def read_name(message: Mapping[str, Any]) -> str:
    """Return the name that a server put on a message; raises InputError."""
    name = message.get("name")
    if not isinstance(name, str) or len(name) > 60 or any(not c.isprintable() for c in name):
        raise InputError("A message must carry the name of whom it is from.")
    return name


def read_peers(message: Mapping[str, Any]) -> tuple[Person, ...]:
    """Read who is there; raises InputError."""
    peers = message.get("peers")
    if not isinstance(peers, list) or len(peers) > 1000 or any(not isinstance(p, dict) for p in peers):
        raise InputError("The list of who is there cannot be read.")
    return tuple(_person(p) for p in peers)


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name, with a number behind it where somebody has it already; at most 60 characters."""
    if name not in taken:
        return name
    return next(n for i in range(2, len(taken) + 3) if (n := f"{name[:56].rstrip()} {i}") not in taken)


def _person(peer: Mapping[str, Any]) -> Person:
    role, colour, rtt = peer.get("role"), peer.get("colour"), peer.get("rtt_s")
    if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
        colour = COLOURS[0]
    rtt_s = None if rtt is None else max(_floats([rtt], (1,))[0], 0.0)
    return Person(read_name(peer), role if role in (*ROLES, HOST) else "guest", colour, rtt_s)


def _presence(presence: Presence) -> dict[str, Any]:
    return {"type": "presence", **vars(presence), "drawing": dict(presence.drawing or {})}


def _floats(value: Any, sizes: tuple[int, ...]) -> tuple[float, ...]:
    good = isinstance(value, list) and len(value) in sizes
    if not good or any(isinstance(x, bool) or not isinstance(x, (int, float)) or not abs(x) <= 1e6 for x in value):
        raise InputError(f"A place must be {' or '.join(map(str, sizes))} finite numbers.")
    return tuple(float(x) for x in value if isfinite(x))


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
