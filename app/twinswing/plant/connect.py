"""From what a plant's file says of its sources to the sources themselves, each kind's code loaded only when used."""

import inspect
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from twinswing.errors import InputError, MissingPartError
from twinswing.plant.load_schema import did_you_mean
from twinswing.plant.model import Plant, SourceSpec
from twinswing.streams.observations import Source
from twinswing.streams.secrets_given import check_plain, secret

Kind = TypeVar("Kind", str, int, float, bool)

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_SAID = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def make_sources(
    plant: Plant,
    base_dir: Path,
    *,
    file: str = "",
    speed: float | None = None,
    seed: int = 1,
    start_unix_ns: int = 0,
) -> list[Source]:
    """Return the plant's sources, ready to be run.

    base_dir: where relative paths start. file: the plant's file, as errors name it. speed: of what is replayed or
    simulated, in place of the file's own. seed, start_unix_ns: of a simulation.
    Raises InputError with the line where a setting is wrong, MissingPartError where a library is missing.
    """
    made: list[Source] = []
    for spec in plant.sources:
        given = _Settings(spec, plant, base_dir, file or plant.name)
        given.speed, given.seed, given.start_unix_ns = speed, seed, start_unix_ns
        if spec.kind not in _MAKERS:
            raise given.wrong("kind", f"one of {', '.join(_MAKERS)}", spec.kind)
        try:
            made.append(_MAKERS[spec.kind](given))
        except InputError as error:
            # What a kind's own code says of its settings knows no file and no line.
            if str(error).startswith(given.where):
                raise
            raise InputError(f"{given.where}: {error}") from error
        except ImportError as error:
            raise MissingPartError(
                f"{given.where}: the kind {spec.kind} needs the library {error.name}: pip install {error.name}"
            ) from error
        given.done()
    return made


def earliest_unix_ns(sources: Iterable[Source]) -> int | None:
    """Return the earliest time in the files that sources read, Unix nanoseconds; None where none reads a file.

    A recorded file need not be in order: a history that is made of it wants its zero here, not at the first line.
    """
    known = [found for source in sources if (ask := getattr(source, "earliest_ns", None)) and (found := ask())]
    return min(known, default=None)


def addresses_of(plant: Plant, source: str) -> list[str]:
    """Return the addresses of a source that the plant's items are bound to, in the plant's order."""
    return list(dict.fromkeys(item.address for item in plant.items if item.source == source))


class _Settings:
    """A source's settings, taken one by one; what nobody took is a mistake."""

    speed: float | None = None
    seed: int = 1
    start_unix_ns: int = 0

    def __init__(self, spec: SourceSpec, plant: Plant, base_dir: Path, file: str) -> None:
        self.spec = spec
        self.plant = plant
        self.base_dir = base_dir
        self.where = f"{file}, line {spec.line}: source {spec.name!r}" if spec.line else f"{file}: source {spec.name!r}"
        self._left = dict(spec.settings)
        self._known: list[str] = []

    @property
    def addresses(self) -> list[str]:
        """The items that the plant wants of it."""
        return addresses_of(self.plant, self.spec.name)

    def wrong(self, name: str, expected: str, found: object) -> InputError:
        """Return the error for a setting."""
        shown = "nothing" if found is None else repr(found)[:120]
        return InputError(f"{self.where}: expected {expected} as {name}, found {shown}")

    def take(self, name: str, default: Kind) -> Kind:
        """Return a setting of the default's type, or the default."""
        self._known.append(name)
        found: Any = self._left.pop(name, None)
        if found is None:
            return default
        kind = type(default)
        if kind is float and isinstance(found, int) and not isinstance(found, bool):
            found = float(found)
        if type(found) is not kind or (isinstance(found, float) and not math.isfinite(found)):
            raise self.wrong(name, _SAID[kind], found)
        return found

    def take_within(self, name: str, default: float, least: float, most: float) -> float:
        """Return a number within bounds."""
        found = self.take(name, default)
        if not least <= found <= most:
            raise self.wrong(name, f"a number from {least:g} to {most:g}", found)
        return found

    def need(self, name: str, example: str) -> str:
        """Return a text that must be given."""
        found = self.take(name, "")
        if not found.strip():
            raise self.wrong(name, f"a text such as {example}", found or None)
        return found

    def file_of(self, name: str, found: str) -> Path:
        """Return a path that is given, from the folder of the plant's file; it must be a file."""
        path = self.base_dir / Path(found).expanduser()
        if not path.is_file():
            raise self.wrong(name, "a file", str(path))
        return path

    def path(self, name: str = "path") -> Path:
        """Take a file's path that must be given."""
        return self.file_of(name, self.need(name, '"history.csv"'))

    def replay_speed(self, default: float) -> float:
        """Take the speed of a replay: the caller's comes first."""
        own = self.take_within("speed", default, 0.0, 1e6)
        return own if self.speed is None else self.speed

    def keywords(self, make: Callable[..., Any], *, skip: Iterable[str] = ()) -> dict[str, Any]:
        """Take what a source's own constructor knows, checked against its annotations."""
        hidden = {"name", "items", "clock_ns", *skip}
        types = inspect.signature(make, eval_str=True).parameters
        out: dict[str, Any] = {}
        for name, parameter in types.items():
            if name in hidden:
                continue
            self._known.append(name)
            if name not in self._left:
                if parameter.default is inspect.Parameter.empty:
                    raise self.wrong(name, "a text", None)
                continue
            found = self._left.pop(name)
            kind = parameter.annotation
            if kind in (str, int, float, bool):
                number = kind is float and isinstance(found, int) and not isinstance(found, bool)
                if type(found) is not kind and not number:
                    raise self.wrong(name, _SAID[kind], found)
                out[name] = float(found) if number else found  # type: ignore[arg-type]  # a whole number
            elif isinstance(found, str | list):
                out[name] = [found] if isinstance(found, str) else found
            else:
                raise self.wrong(name, "a list of texts", found)
        return out

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for name in self._left:
            hint = did_you_mean(name, self._known)
            raise InputError(f"{self.where}: expected a setting of a {self.spec.kind} source, found {name!r}{hint}")


def _mtconnect(given: _Settings) -> Source:
    from twinswing.streams.mtconnect_http import AgentAddress  # noqa: PLC0415
    from twinswing.streams.mtconnect_source import AgentSettings, MtConnectSource  # noqa: PLC0415

    url = given.need("url", '"http://machine:5000"')
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise given.wrong("url", "an address such as http://machine:5000", url)
    user = given.take("user", "")
    password = secret(
        given.spec.name, given.take("password", ""), given.take("password_env", ""), given.take("password_file", "")
    )
    local = parts.scheme == "https" or parts.hostname in _LOCAL
    check_plain(given.spec.name, user, local, given.take("insecure", False), "use https")
    ca_file = given.take("ca_file", "")
    address = AgentAddress(url, user, password, given.file_of("ca_file", ca_file) if ca_file else None)
    settings = AgentSettings(
        device=given.take("device", ""),
        interval_ms=round(given.take_within("interval_s", 0.2, 0.0, 3600.0) * 1000),
        count=given.take("count", 1000),
        heartbeat_ms=round(given.take_within("heartbeat_s", 5.0, 0.05, 3600.0) * 1000),
        history=given.take("history", False),
        assets=given.take("assets", True),
    )
    silence_s = given.take_within("silence_s", 0.0, 0.0, 1e6)
    return MtConnectSource(given.spec.name, address, settings, silence_s=silence_s or None)


def _shdr(given: _Settings) -> Source:
    from twinswing.streams.mtconnect import parse_probe  # noqa: PLC0415
    from twinswing.streams.shdr_source import ShdrFileSource, ShdrSource  # noqa: PLC0415

    device = None
    name = given.take("device", "")
    if described := given.take("device_file", ""):
        path = given.file_of("device_file", described)
        device = parse_probe(path.read_bytes(), str(path)).device(name, str(path))
    elif name:
        raise given.wrong("device_file", "the device file that has the device", None)
    if recorded := given.take("path", ""):
        return ShdrFileSource(
            given.spec.name,
            given.file_of("path", recorded),
            device=device,
            speed=given.replay_speed(0.0),
            longest_wait_s=given.take_within("longest_wait_s", 60.0, 0.0, 1e6),
        )
    host = given.need("host", '"machine" (or a path to a recorded file)')
    port = int(given.take_within("port", 7878.0, 1.0, 65535.0))
    silence_s = given.take_within("silence_s", 30.0, 0.0, 1e6)
    return ShdrSource(given.spec.name, host, port, device=device, silence_s=silence_s)


def _table(given: _Settings) -> Source:
    from twinswing.streams.table_source import TableSettings, TableSource  # noqa: PLC0415

    path = given.path()
    endings = (".parquet", ".pq") if given.spec.kind == "parquet" else (".csv", ".tsv", ".txt")
    if path.suffix.lower() not in endings:
        raise given.wrong("path", f"a file that ends in {' or '.join(endings)}", str(path))
    settings = TableSettings(
        layout=given.take("layout", "auto"),
        time=given.take("time", ""),
        item=given.take("item", ""),
        value=given.take("value", ""),
        time_format=given.take("time_format", "auto"),
        delimiter=given.take("delimiter", ""),
        speed=given.replay_speed(0.0),
        longest_wait_s=given.take_within("longest_wait_s", 60.0, 0.0, 1e6),
    )
    if len(settings.delimiter) > 1:
        raise given.wrong("delimiter", "one character", settings.delimiter)
    return TableSource(given.spec.name, path, settings)


def _opcua(given: _Settings) -> Source:
    from twinswing.streams.opcua_source import OpcUaSource  # noqa: PLC0415

    return OpcUaSource(given.spec.name, items=given.addresses, **given.keywords(OpcUaSource))


def _mqtt(given: _Settings) -> Source:
    from twinswing.streams.mqtt_source import MqttSource  # noqa: PLC0415

    return MqttSource(given.spec.name, items=given.addresses, **given.keywords(MqttSource))


def _sparkplug(given: _Settings) -> Source:
    from twinswing.streams.sparkplug_source import SparkplugSource  # noqa: PLC0415

    return SparkplugSource(given.spec.name, items=given.addresses, **given.keywords(SparkplugSource))


def _recording(given: _Settings) -> Source:
    from twinswing.plant.recording_source import RecordingSource  # noqa: PLC0415

    path = given.path()
    return RecordingSource(given.spec.name, path, items=given.addresses, speed=given.replay_speed(1.0))


def _sim(given: _Settings) -> Source:
    from twinswing.plant.sim_source import SimSource  # noqa: PLC0415

    own_speed = given.take_within("speed", 1.0, 0.0, 1e6)
    seed = given.take("seed", given.seed)
    duration_s = given.take_within("duration_s", 0.0, 0.0, 1e12)
    return SimSource(
        given.spec.name,
        given.plant,
        own_speed if given.speed is None else given.speed,
        seed,
        given.start_unix_ns,
        duration_s=duration_s or None,
    )


_MAKERS: dict[str, Callable[[_Settings], Source]] = {
    "mtconnect": _mtconnect,
    "shdr": _shdr,
    "opcua": _opcua,
    "mqtt": _mqtt,
    "sparkplug": _sparkplug,
    "csv": _table,
    "parquet": _table,
    "recording": _recording,
    "sim": _sim,
}
