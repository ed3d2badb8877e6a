"""Without a runtime there is one sentence and status 4; a runtime without what we need is told so."""

import os
import subprocess
import sys

import pytest

from twinswing.errors import MissingPartError
from twinswing.headset.passthrough import chosen_opaque, chosen_passthrough
from twinswing.headset.xr_instance import chosen_extensions
from twinswing.headset.xr_session import chosen_colour_format


def test_a_headset_without_a_runtime_ends_with_one_sentence_that_says_what_to_install(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "XR_RUNTIME_JSON"}
    # No runtime of this machine may answer.
    environment |= {"XDG_CONFIG_HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "twinswing.cli.main", "demo", "--headset", "--seconds", "1"],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        pytest.skip("this machine has an OpenXR runtime of its own")
    assert done.returncode == 4
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "OpenXR runtime" in done.stderr
    assert "install" in done.stderr


def test_a_headset_with_nothing_to_stand_in_is_an_error_of_input():
    done = subprocess.run(
        [sys.executable, "-m", "twinswing.cli.main", "--headset"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert len(done.stderr.strip().splitlines()) == 1


def test_only_what_is_offered_is_asked_for():
    offered = ["XR_KHR_opengl_enable", "XR_EXT_hand_tracking", "XR_SOMETHING_else"]
    assert chosen_extensions(offered, ("XR_KHR_opengl_enable", "XR_MNDX_egl_enable")) == (
        "XR_KHR_opengl_enable",
        "XR_EXT_hand_tracking",
    )


def test_srgb_with_alpha_is_taken_before_srgb_before_plain_bytes():
    assert chosen_colour_format([0x8058, 0x8C41, 0x8C43]) == 0x8C43
    assert chosen_colour_format([0x8058, 0x8C41]) == 0x8C41
    assert chosen_colour_format([0x8058]) == 0x8058
    with pytest.raises(MissingPartError, match="0x881a"):
        chosen_colour_format([0x881A])


@pytest.mark.parametrize(
    ("modes", "extensions", "kind"),
    [
        ((1,), frozenset(), "opaque"),
        ((1, 3), frozenset(), "alpha blend"),
        ((1,), frozenset({"XR_FB_passthrough"}), "passthrough layer"),
        ((3, 2), frozenset({"XR_FB_passthrough"}), "alpha blend"),
        ((2,), frozenset(), "additive"),
    ],
)
def test_the_real_world_is_shown_by_the_best_way_that_is_offered(modes, extensions, kind):
    assert chosen_passthrough(modes, extensions) == kind
    assert chosen_opaque(modes) == (1 if 1 in modes else modes[0])
