"""The wheel runs outside the checkout: assets, shaders and recordings are in it and are found."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import cv2
import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    # The build back end is in the development set, so nothing is fetched.
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
    )
    return next(out.glob("*.whl"))


def test_it_carries_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("shaders", "recordings", "assets"):
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and not file.name.startswith("."):
                assert f"twinswing/_data/{file.relative_to(ROOT).as_posix()}" in names
    assert "twinswing/py.typed" in names


@pytest.mark.slow
def test_the_demo_runs_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    # The tests' own packages serve as the machine's; only Twinswing itself is installed anew.
    venv.create(room, system_site_packages=False, with_pip=False, symlinks=os.name != "nt")
    python = room / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", site, str(wheel)],
        check=True,
        capture_output=True,
    )
    import sysconfig

    (Path(site) / "packages.pth").write_text(sysconfig.get_path("purelib"))
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "PYTHONPATH")}
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    found = subprocess.run(
        [str(python), "-c", "import twinswing; print(twinswing.__file__)"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert Path(found).is_relative_to(site)
    done = subprocess.run(
        [str(python), "-m", "twinswing.cli.main", "demo"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    picture = Path(done.stdout.strip().rsplit(" ", 1)[1])
    image = cv2.imread(str(picture))
    assert image is not None
    assert image.std() > 20
