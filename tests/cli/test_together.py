"""`twinswing share` and `twinswing join` as processes of their own, over real sockets, with and without TLS."""

import contextlib
import datetime
import ipaddress
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.conftest import wait_until
from twinswing.cli.main import main
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation, Span
from twinswing.review.share_line import JoinLine
from twinswing.review.storage import load_document


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine's own address and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a host")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return cert_file, key_file


class Command:
    """A command of the program as a process; what it prints is kept in files."""

    def __init__(self, folder: Path, name: str, *words: str, **environment: str) -> None:
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "twinswing.cli.main", *words],
                stdout=out,
                stderr=err,
                env={**os.environ, **environment},
            )

    def says(self, words: str) -> bool:
        """Tell whether something was printed so far."""
        assert self.process.poll() is None or words in self.told(), self.told()
        return words in self.told()

    def told(self) -> str:
        return self.out.read_text() + self.err.read_text()

    def end(self) -> int:
        """Ask it to stop, as Ctrl-C does, and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@contextlib.contextmanager
def commands(folder: Path):
    """Start commands, and end all of them however the test ends."""
    started: list[Command] = []

    def start(name: str, *words: str, **environment: str) -> Command:
        started.append(Command(folder, name, *words, **environment))
        return started[-1]

    try:
        yield start
    finally:
        for command in started:
            if command.process.poll() is None:
                command.process.kill()
            command.process.wait()


def invitation(host: Command, role: str) -> tuple[str, str]:
    """Return address and token out of what `share` printed."""
    wait_until(lambda: host.says(f"{role}: "), 60.0, "the invitations")
    words = host.out.read_text().split(f"{role}: ")[1].split()
    return words[2], words[4]


@pytest.fixture
def swing(tmp_path: Path) -> Path:
    folder = tmp_path / "host"
    folder.mkdir()
    return Path(shutil.copy(bundled_recording("driver-face-on.mcap"), folder / "My swing.mcap"))


def test_three_ends_review_over_tls_and_all_keep_what_was_said(tmp_path: Path, swing: Path) -> None:
    """A guest's process, a coach's line and the host's process: each copy has all of it after the session."""
    cert, key = certificate(tmp_path)
    guests = tmp_path / "guest"
    guests.mkdir()
    before = swing.read_bytes()
    with commands(tmp_path) as start:
        host = start(
            "host", "share", str(swing), "--listen", "127.0.0.1:0", "--name", "Hans", "--no-window",
            "--tls-cert", str(cert), "--tls-key", str(key),
        )  # fmt: skip
        url, token = invitation(host, "guest")
        assert url.startswith("wss://")
        stranger = start("stranger", "join", url, "--no-window", "--to", str(guests), TWINSWING_TOKEN=token)
        assert stranger.process.wait(60) == 3
        assert "certificate is not trusted" in stranger.told()
        guest = start(
            "guest", "join", url, "--no-window", "--to", str(guests), "--name", "Zoe", "--tls-ca", str(cert),
            TWINSWING_TOKEN=token,
        )  # fmt: skip
        wait_until(lambda: host.says("Zoe is here"), 60.0, "the guest")
        import ssl

        trust = ssl.create_default_context(cafile=str(cert))
        ann, mine = JoinLine("Ann", url, invitation(host, "coach")[1], trust), ReviewDocument()
        ann.start(mine.update())
        mine.on_update(ann.mail.send)
        wait_until(lambda: host.says("Ann is here"), 30.0, "the coach")
        mine.add(Annotation("a1", "text", "Ann", Span.moment(10), text="Stay low"))
        ann.stop()
        wait_until(lambda: host.says("Ann has left"), 30.0, "the coach has left")
        assert swing.read_bytes() == before, "what others fetch stays as it is while they may"
        assert host.end() == 0
        assert guest.process.wait(30) == 0
        told = host.told() + guest.told() + stranger.told()
        assert str(tmp_path) not in guest.told(), "no path of the host's"
        assert told.count(token) == 1, "a token is printed as an invitation, and nowhere else"
    (copy,) = guests.glob("*.mcap")
    assert copy.name.startswith("My swing-")
    assert [a.text for a in load_document(swing).all()] == ["Stay low"]
    assert load_document(copy).all() == load_document(swing).all()
    assert not list(swing.parent.glob("*.unsaved*"))


def test_a_host_that_is_killed_loses_no_more_than_seconds(tmp_path: Path, swing: Path) -> None:
    """What was said lies in a journal, and is in the recording after the next session."""
    with commands(tmp_path) as start:
        host = start("host", "share", str(swing), "--listen", "127.0.0.1:0", "--no-window")
        url, token = invitation(host, "coach")
        ann, mine = JoinLine("Ann", url, token), ReviewDocument()
        ann.start(mine.update())
        mine.on_update(ann.mail.send)
        mine.add(Annotation("a1", "text", "Ann", Span.moment(10), text="Stay low"))
        journal = swing.with_name(swing.name + ".unsaved")
        wait_until(journal.exists, 30.0, "the journal")
        host.process.kill()
        host.process.wait()
        wait_until(lambda: ann.state.phase == "cut", 30.0, "Ann knows that the line is cut")
        ann.stop()
        assert len(load_document(swing)) == 0
        again = start("again", "share", str(swing), "--listen", "127.0.0.1:0", "--no-window")
        invitation(again, "coach")
        wait_until(lambda: again.end() == 0, 30.0, "the second session has ended")
    assert [a.text for a in load_document(swing).all()] == ["Stay low"]
    assert not journal.exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["share", "SWING", "--minutes", "0"], "--minutes"),
        (["share", "SWING", "--listen", "0.0.0.0:0"], "TLS"),
        (["share", "SWING", "--tls-cert", "x.pem"], "belong together"),
        (["share", "SWING", "--name", "a\nb" + "c" * 80], "--name"),
        (["share", "nowhere.mcap"], "found no file"),
        (["join", "http://127.0.0.1:1", "--token", "t"], "an address"),
        (["join", "ws://127.0.0.1:1"], "token"),
        (["join", "ws://127.0.0.1:1", "--token", "t", "--to", "nowhere"], "--to"),
        (["join", "ws://127.0.0.1:1", "--token", "t", "--tls-ca", "x.pem"], "--tls-ca"),
        (["join", "wss://127.0.0.1:1", "--token", "t", "--tls-ca", "nowhere.pem"], "found no file"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words, reason, swing: Path, capsys, monkeypatch) -> None:
    monkeypatch.delenv("TWINSWING_TOKEN", raising=False)
    assert main([str(swing) if word == "SWING" else word for word in words]) == 3
    told = capsys.readouterr()
    assert reason in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


@pytest.mark.parametrize("words", [["share", "SWING"], ["join", "ws://127.0.0.1:1", "--token", "t"]])
def test_a_headset_is_refused_before_anybody_is_invited(words, swing: Path, capsys) -> None:
    assert main([*(str(swing) if word == "SWING" else word for word in words), "--headset"]) == 4
    told = capsys.readouterr()
    assert "desktop" in told.err
    assert told.out == ""
