"""Makes a fresh machine ready: a venv in `.venv`, the pinned packages, the pose model. Standard library only.

    python app/bootstrap.py [--dev]

Run again it costs a fraction of a second: a stamp in the venv remembers what was installed from which files.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST, NEWEST = (3, 11), (3, 13)
# What the wheels load from the system, and the Debian package that has it.
LINUX_LIBRARIES = {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libglib-2.0.so.0": "libglib2.0-0",
                   "libGLESv2.so.2": "libgles2"}  # fmt: skip


def say(text: str) -> None:
    """Print one line at once."""
    print(text, flush=True)  # noqa: T201


def venv_python() -> Path:
    """Return the venv's interpreter, which lies elsewhere on Windows."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def suitable_python() -> str:
    """Return an interpreter between OLDEST and NEWEST: this one, or one on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return found
    sys.exit(
        f"Twinswing needs Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, found "
        f"{sys.version_info[0]}.{sys.version_info[1]} and no other on the PATH: install one and run this again."
    )


def fingerprint(dev: bool) -> str:
    """Hash what the installed set depends on."""
    digest = hashlib.sha256(b"dev" if dev else b"run")
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def installed(dev: bool) -> bool:
    """Tell whether the venv already holds what is asked for (the development set includes the other)."""
    stamp = VENV / "twinswing.stamp"
    if not (stamp.is_file() and venv_python().exists()):
        return False
    return stamp.read_text() in {fingerprint(True), fingerprint(dev)}


def install(dev: bool) -> None:
    """Make the venv and install the pinned packages."""
    python = suitable_python()
    if not venv_python().exists():
        say(f"Making {VENV.name} with {python}")
        if python == sys.executable:
            venv.create(VENV, with_pip=True)
        else:
            subprocess.run([python, "-m", "venv", str(VENV)], check=True)
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check"]
    pinned = ["-c", str(ROOT / "constraints.txt")]
    say("Installing the pinned packages (about 400 MB the first time)")
    subprocess.run([*pip, "install", "-q", "--upgrade", "pip", *pinned], check=True)
    group = ["--group", f"{ROOT / 'pyproject.toml'}:dev"] if dev else []
    subprocess.run([*pip, "install", "-q", *pinned, "-e", str(ROOT), *group], check=True)
    (VENV / "twinswing.stamp").write_text(fingerprint(dev))


def check_system() -> None:
    """Say which system libraries are missing and how to get them, before a wheel fails on them."""
    if not sys.platform.startswith("linux"):
        return
    probe = "import ctypes,sys\nfor n in sys.argv[1:]:\n try: ctypes.CDLL(n)\n except OSError: print(n)"
    found = subprocess.run(
        [str(venv_python()), "-c", probe, *LINUX_LIBRARIES], check=True, capture_output=True, text=True
    )
    missing = found.stdout.split()
    if missing:
        packages = " ".join(LINUX_LIBRARIES[name] for name in missing)
        say(f"Missing system libraries: {', '.join(missing)}.\nOn Debian or Ubuntu: sudo apt-get install {packages}")
        sys.exit(4)


def main() -> int:
    """Do what is not done yet; return the exit status."""
    parser = argparse.ArgumentParser(description="Make this checkout ready to run.")
    parser.add_argument("--dev", action="store_true", help="with what the tests and checks need")
    dev = parser.parse_args().dev
    try:
        if not installed(dev):
            install(dev)
        check_system()
        return subprocess.run([str(venv_python()), "-m", "twinswing.body.models"], check=False).returncode
    except subprocess.CalledProcessError as error:
        command = " ".join(map(str, error.cmd[:6]))
        say(f"Set-up stopped: {command} ... answered {error.returncode}; its own words are above.")
        return 1


if __name__ == "__main__":
    sys.exit(main())
