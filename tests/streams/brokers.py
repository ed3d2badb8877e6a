"""A real mosquitto for tests: on a free loopback port, with TLS and passwords where a test wants them."""

import datetime
import ipaddress
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.conftest import wait_until

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
PASSWD = shutil.which("mosquitto_passwd")


class Sink:
    """Collects what a source says and lets a test wait for it, without sleeping."""

    def __init__(self) -> None:
        self.observations: list = []
        self.statuses: list = []
        self._news = threading.Condition()

    def observed(self, source, observations) -> None:
        with self._news:
            self.observations.extend(observations)
            self._news.notify_all()

    def linked(self, source, status) -> None:
        with self._news:
            self.statuses.append(status)
            self._news.notify_all()

    def values(self, item: str) -> list:
        return [o.value for o in self.observations if o.item == item]

    def last(self, item: str):
        return next((o for o in reversed(self.observations) if o.item == item), None)

    def wait(self, condition, timeout_s: float = 15.0) -> None:
        with self._news:
            met = self._news.wait_for(condition, timeout_s)
        assert met, (self.observations[-8:], [(s.state, s.message, s.items[:5]) for s in self.statuses[-8:]])

    def wait_status(self, accepts, timeout_s: float = 15.0):
        self.wait(lambda: any(map(accepts, self.statuses)), timeout_s)
        return next(status for status in self.statuses if accepts(status))

    def wait_live(self, count: int = 1, timeout_s: float = 15.0) -> None:
        self.wait(
            lambda: sum(s.state == "live" and "connected to" in s.message for s in self.statuses) >= count, timeout_s
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """One mosquitto process, which can be stopped and started again with what it keeps."""

    def __init__(self, folder: Path, lines: list[str]) -> None:
        if MOSQUITTO is None:
            pytest.skip("mosquitto is not installed (apt install mosquitto)")
        self.folder = folder
        self.port = free_port()
        self.config = folder / "mosquitto.conf"
        # user: a broker that is started by root would step down and could not read the test's folder
        common = ["user root", "persistence true", f"persistence_location {folder}/", f"listener {self.port} 127.0.0.1"]
        self.config.write_text("\n".join([*common, *lines]) + "\n")
        self._process: subprocess.Popen | None = None

    def start(self) -> "Broker":
        log = (self.folder / "log").open("ab")
        self._process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)], stdout=log, stderr=log)
        wait_until(self._answers, 10.0, "mosquitto")
        return self

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text()
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._process = None


def certificates(folder: Path) -> dict[str, Path]:
    """Make an authority and a broker's certificate for 127.0.0.1."""
    now = datetime.datetime.now(datetime.UTC)

    def make(name: str, issuer: str, signer, authority: bool):
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(signer or key, hashes.SHA256())
        files = folder / f"{name}.pem", folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return key, files

    key, ca = make("ca", "ca", None, authority=True)
    _, server = make("broker", "ca", key, authority=False)
    _, other = make("other", "other", None, authority=True)
    return {"ca": ca[0], "certificate": server[0], "key": server[1], "other": other[0]}


def secure_lines(folder: Path) -> list[str]:
    """Return the configuration of a broker with TLS and the user "plant", password "right"."""
    if PASSWD is None:
        pytest.skip("mosquitto_passwd is not installed (apt install mosquitto)")
    files = certificates(folder)
    passwords = folder / "passwords"
    subprocess.run([PASSWD, "-b", "-c", str(passwords), "plant", "right"], check=True, capture_output=True)
    return [
        f"cafile {files['ca']}",
        f"certfile {files['certificate']}",
        f"keyfile {files['key']}",
        f"password_file {passwords}",
        "allow_anonymous false",
    ]
