"""`twinswing`: words in, exit status out. Each command lies in a module of its own, imported when it is asked for."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence

from twinswing import __version__
from twinswing.errors import TwinswingError

_EXPORTS = ["trc", "c3d", "bvh", "csv", "parquet", "glb", "vtt", "notes-csv", "foxglove-events"]
_UNITS_HELP = "where the file leaves them open: accel=g,gyro=deg/s and the like, counts as accel=counts:16"


def _add_window_options(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--headset", action="store_true", help="show it in an OpenXR headset")
    where.add_argument("--offscreen", action="store_true", help="without a display: render a picture and say where")
    parser.add_argument(
        "--seated",
        action=argparse.BooleanOptionalAction,
        help="in a headset: you sit, or you stand; by default as last",
    )
    parser.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")


def _add_listen(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument("--listen", metavar="HOST:PORT", default=default, help="where clubs connect to")
    parser.add_argument("--token", help="pairing token; needed to listen beyond this machine")
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its private key, PEM")


def _add_leaving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-annotations", action="store_true", help="without what people said and drew")
    parser.add_argument(
        "--blur-face", action="store_true", help="cover the golfer's face in every picture of the video"
    )


def _replay_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("demo", help="open the bundled swing")
    p.add_argument("--plant", action="store_true", help="the bundled plant instead")
    _add_window_options(p)
    p = sub.add_parser("open", help="replay a recording")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--beside", metavar="B.mcap", help="in a headset: a second swing beside it, on its timeline")
    _add_window_options(p)
    p = sub.add_parser("library", help="list the recordings of the library, without a window")
    p.add_argument("folder", metavar="FOLDER", nargs="?", help="by default the library that `twinswing` opens")
    p.add_argument("--search", metavar="WORDS", help="words that begin a word of name, tags, remarks, club or golfer")
    p.add_argument("--golfer", metavar="NAME")
    p.add_argument("--club", metavar="CLUB")
    p.add_argument("--tag", metavar="TAG", action="append", default=[])
    p.add_argument("--kind", choices=["swing", "plant", "capture", "unreadable"])
    p.add_argument("--sort", metavar="WHAT", default="date", help="date, name, golfer, club, rating or a measure")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout")
    p = sub.add_parser("snapshot", help="one offscreen picture")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--at", default="impact", metavar="EVENT|SECONDS")
    p.add_argument("--view", default="face-on")
    p.add_argument("--size", default="1280x720", metavar="WxH")
    p.add_argument("-o", "--out", required=True, metavar="OUT.png")
    _add_leaving(p)
    p = sub.add_parser("render", help="the replay as a video, with the annotations and their voices")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--view", help="face-on by default, overview of a plant; video is the golfer's own video")
    p.add_argument("--size", metavar="WxH", help="1280x720 by default, with --view video the video's own shape")
    p.add_argument("--fps", type=float, default=60.0)
    p.add_argument("--speed", type=float, help="1 is real time; 0.25 by default, a plant's recording in a minute")
    p.add_argument(
        "--impact-speed", type=float, metavar="SPEED", help="around impact; two fifths of --speed by default"
    )
    p.add_argument("--from", dest="start", type=float, metavar="S", help="from this session time on, seconds")
    p.add_argument("--to", dest="end", type=float, metavar="S", help="up to this session time, seconds")
    p.add_argument("--no-trail", action="store_true", help="without the club head's trail")
    p.add_argument("--no-numbers", action="store_true", help="without event, time and speed in the corner")
    p.add_argument("--subtitles", metavar="OUT.vtt", help="also write what is said as WebVTT")
    p.add_argument("-o", "--out", required=True, metavar="OUT.mp4")
    _add_leaving(p)
    p = sub.add_parser("info", help="what is inside a recording")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--json", action="store_true")
    p = sub.add_parser("annotations", help="list what was said about a recording; take in another copy's")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--merge", action="append", metavar="OTHER.mcap", help="another copy, edited apart; more than once")
    p.add_argument("--search", metavar="WORDS", help="only what holds all of these words")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout")
    p = sub.add_parser("recover", help="save what can be saved of a broken recording")
    p.add_argument("file", metavar="BROKEN.mcap")
    p.add_argument("-o", "--out", required=True, metavar="OUT.mcap")


def _analysis_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("analyze", help="a video, with or without a club's samples, to a recording")
    p.add_argument("video", metavar="VIDEO")
    p.add_argument("second", metavar="SECOND", nargs="?", help="another camera's video of the same swing")
    p.add_argument("--club", metavar="FILE", help="the club's samples (CSV and others)")
    p.add_argument("--club-units", metavar="UNITS", default="", help=_UNITS_HELP)
    p.add_argument(
        "--club-kind",
        default="",
        choices=["driver", "wood", "hybrid", "iron", "wedge", "putter"],
        help="what club it is",
    )
    p.add_argument("--clock-hint", type=float, metavar="S", help="roughly, seconds to add to club time")
    p.add_argument("--height", type=float, metavar="M", help="the golfer's height, metres")
    p.add_argument("--calibration", metavar="CAMERA.json", help="the camera's, as `twinswing calibrate` wrote it")
    p.add_argument("-o", "--out", required=True, metavar="OUT.mcap")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout")
    p = sub.add_parser("truth", help="exact synthetic sessions")
    p.add_argument("-o", "--out", required=True, metavar="DIR")
    p.add_argument("--swings", type=int, default=1, metavar="N")
    p.add_argument("--seed", type=int, default=0, metavar="S")
    p.add_argument("--fps", type=float, default=60.0, metavar="F")
    p.add_argument("--view", choices=["face-on", "down-the-line", "oblique"], default="face-on")
    p.add_argument("--from-c3d", metavar="FILE")
    p.add_argument("--club", choices=["driver", "wood", "hybrid", "iron", "wedge"], default="driver")
    p.add_argument("--handed", choices=["right", "left"], default="right")
    p.add_argument("--fault", action="append", default=[], metavar="NAME")
    p.add_argument("--rolling-shutter", type=float, default=0.0, metavar="S", help="readout time, seconds")
    p.add_argument("--size", default="480x640", metavar="WxH")
    p = sub.add_parser("bench", help="measure the figures of the README")
    p.add_argument("-o", "--out", default="bench.json", metavar="OUT.json")
    p.add_argument("--full", action="store_true", help="40 swings a rate instead of a few")
    p.add_argument("--only", metavar="NAME", help="one bench alone")


def _stream_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("capture", help="record a camera and clubs, then analyse")
    p.add_argument("--camera", default="0", metavar="N|URL|FILE")
    _add_listen(p, None)
    p.add_argument("-o", "--out", required=True, metavar="OUT.mcap")
    p.add_argument("--no-window", action="store_true", help="record without showing")
    p.add_argument("--wait-club", type=float, default=0.0, metavar="S", help="wait S seconds for a club, then start")
    _add_window_options(p)
    p = sub.add_parser("hub", help="receive clubs only")
    _add_listen(p, "127.0.0.1:8765")
    p.add_argument("-o", "--out", metavar="OUT.mcap", help="record what arrives")
    p.add_argument("--seconds", type=float, metavar="S")
    p = sub.add_parser("play-club", help="stream a club recording as the club's firmware would")
    p.add_argument("file", metavar="FILE")
    p.add_argument("--to", required=True, metavar="ws://HOST:PORT")
    p.add_argument("--rate", type=float, default=1.0, help="1 is real time")
    p.add_argument("--jitter-ms", type=float, default=0.0)
    p.add_argument("--drop", type=float, default=0.0, help="share of batches sent late as a lossy link would, 0 to 1")
    p.add_argument("--token")
    p.add_argument("--club-units", metavar="UNITS", default="", help=_UNITS_HELP)
    p.add_argument("--seed", type=int, default=0)


def _plant_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("plant", help="a plant's twin, live or simulated")
    p.add_argument("plant", metavar="PLANT.toml|URL", help="a plant's file, a bundled plant's name, or an agent's URL")
    p.add_argument("--record", metavar="OUT.mcap", help="record what its sources say")
    p.add_argument("--speed", type=float, metavar="X", help="of what is simulated or replayed; 1 is real time")
    p.add_argument(
        "--order",
        action="append",
        default=[],
        metavar="ORDER.toml",
        help="a golfer's club order, as fit-club writes it, to be made by a simulated plant; may be repeated",
    )
    _add_window_options(p)
    p = sub.add_parser("fit-club", help="clubs that suit a golfer's body and swing, as an order for a plant")
    p.add_argument("file", nargs="?", metavar="FILE.mcap", help="a recording of a swing, for its head speed")
    p.add_argument(
        "--kind", action="append", default=[], choices=["driver", "wood", "hybrid", "iron", "wedge"], help="what to fit"
    )
    p.add_argument("--name", default="", help="the golfer's name")
    p.add_argument("--handed", choices=["right", "left"], help="by default as the recording has it")
    p.add_argument("--height", type=float, metavar="M", help="metres, barefoot; by default as the recording states it")
    p.add_argument("--wrist-to-floor", type=float, metavar="M", help="metres, standing upright, arms hanging")
    p.add_argument("--hand", type=float, metavar="M", help="metres, wrist's crease to the middle finger's tip")
    p.add_argument("--speed", type=float, metavar="M/S", help="head speed with --speed-kind, instead of a recording's")
    p.add_argument("--speed-kind", default="driver", choices=["driver", "wood", "hybrid", "iron", "wedge"])
    p.add_argument("--no-sensor", action="store_true", help="clubs without a sensor")
    p.add_argument("--order", metavar="NAME", help="the order's number; by default the date and the golfer's name")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout")
    p.add_argument("-o", "--out", metavar="ORDER.toml", help="the order to write")


def _share_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("export", help="a swing's motion, a plant's observations or what was said, for other programs")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--to", required=True, choices=_EXPORTS)
    p.add_argument("--rate", type=float, metavar="HZ", help="samples a second; by default the body's own")
    p.add_argument("-o", "--out", required=True, metavar="OUT")
    p = sub.add_parser("report", help="one self-contained page of a recording")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("-o", "--out", required=True, metavar="OUT.html")
    _add_leaving(p)
    p = sub.add_parser("send", help="a folder for a phone: a page with the narrated film, pictures and drills")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--view", help="of the film: face-on by default, overview of a plant, or video")
    p.add_argument("--size", metavar="WxH", help="of the film")
    p.add_argument("--fps", type=float, default=30.0, help="of the film")
    p.add_argument("--speed", type=float, help="of the film; 1 is real time")
    p.add_argument("-o", "--out", required=True, metavar="FOLDER", help="a folder that is not there yet, or empty")
    _add_leaving(p)
    about = (
        "Prints what differs and opens a window with the swings on one timeline, B stretched so that events meet; with "
        "-o or --json no window. Without a display --offscreen makes a picture of it."
    )
    p = sub.add_parser("compare", help="two or more swings on one timeline", description=about)
    p.add_argument("a", metavar="A.mcap")
    p.add_argument("b", metavar="B.mcap")
    p.add_argument("more", nargs="*", metavar="C.mcap", help="up to two more, for the window")
    p.add_argument("--view", metavar="VIEW", help="face-on, down-the-line, oblique or top; by default as A was filmed")
    p.add_argument("--json", action="store_true", help="one JSON document on stdout instead of the table")
    p.add_argument(
        "-o", "--out", metavar="OUT", help="a file to write: .png (the events), .mp4 (the replay) or .html (a page)"
    )
    _add_window_options(p)


def _together_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    p = sub.add_parser("share", help="review a recording together with others: serve it")
    p.add_argument("file", metavar="FILE.mcap")
    p.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:8766", help="where others connect to")
    p.add_argument("--minutes", type=float, default=240.0, metavar="M", help="how long invitations are good for (240)")
    p.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM; needed beyond this machine")
    p.add_argument("--tls-key", metavar="FILE", help="its private key, PEM")
    q = sub.add_parser("join", help="review a shared recording together with others: fetch it and join")
    q.add_argument("url", metavar="ws://HOST:PORT")
    q.add_argument("--token", metavar="T", help="the invitation's; without it TWINSWING_TOKEN is read, or it is asked")
    q.add_argument("--to", default=".", metavar="FOLDER", help="where the recording is kept")
    q.add_argument("--tls-ca", metavar="FILE", help="the certificate to trust, PEM, where it is the host's own")
    for parser in (p, q):
        parser.add_argument("--name", metavar="NAME", help="as others see you; by default the name you logged in with")
        parser.add_argument("--no-window", action="store_true", help="take part without showing anything")
        _add_window_options(parser)


def _real_world_commands(sub: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    families = ["aruco-4x4-50", "aruco-5x5-100", "aruco-6x6-250", "apriltag-36h11", "apriltag-25h9"]
    size_help = "side of the black square as it was printed (150)"
    p = sub.add_parser("markers", help="markers to print, or the board that a camera is calibrated by")
    p.add_argument(
        "--plant", metavar="PLANT", help="a page for each unit of a plant's file, recording or bundled plant"
    )
    p.add_argument("--numbers", metavar="N-M", help="such as 0-5 or 0,3,7; without a plant 0-3")
    p.add_argument("--size-mm", type=float, default=150.0, metavar="MM", help=size_help)
    p.add_argument("--family", choices=families, help="by default aruco-4x4-50, or apriltag-36h11 for over 50 units")
    p.add_argument("--paper", choices=["a4", "letter"], default="a4")
    p.add_argument("--board", action="store_true", help="the calibration board instead")
    p.add_argument("-o", "--out", required=True, metavar="OUT.pdf")
    p = sub.add_parser("calibrate", help="a camera's focal length and distortion, by the printed board")
    p.add_argument("--camera", default="0", metavar="N|URL|FILE")
    p.add_argument(
        "--seconds", type=float, metavar="S", help="look for so long; by default until there are enough views"
    )
    p.add_argument("-o", "--out", required=True, metavar="CAMERA.json")
    p = sub.add_parser("ar", help="a swing or a plant's live cards on printed markers before a camera")
    p.add_argument("file", metavar="FILE.mcap|PLANT.toml", help="a recording, or a plant's file to connect to")
    p.add_argument("--camera", default="0", metavar="N|URL|FILE")
    p.add_argument("--calibration", metavar="CAMERA.json", help="as `twinswing calibrate` wrote it")
    p.add_argument("--size-mm", type=float, default=150.0, metavar="MM", help=size_help)
    p.add_argument("--family", choices=families, help="by default as `twinswing markers` chooses it")
    p.add_argument("--offscreen", action="store_true", help="without a display: write a picture or a film")
    p.add_argument("--seconds", type=float, metavar="S", help="stop after S seconds")
    p.add_argument(
        "-o", "--out", metavar="OUT.png|OUT.mp4", help="what --offscreen writes; by default FILE's name, .png"
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="twinswing", description="Replays golf swings in 3D and shows plants as living twins."
    )
    parser.add_argument("--version", action="version", version=f"twinswing {__version__}")
    _add_window_options(parser)
    sub = parser.add_subparsers(dest="command", metavar="COMMAND")
    _replay_commands(sub)
    _analysis_commands(sub)
    _stream_commands(sub)
    _plant_commands(sub)
    _share_commands(sub)
    _together_commands(sub)
    _real_world_commands(sub)
    return parser


# command: (module below twinswing.cli, function)
_COMMANDS = {
    None: ("replay", "library"),
    "demo": ("replay", "demo"),
    "open": ("replay", "open_recording"),
    "library": ("library", "library"),
    "snapshot": ("replay", "snapshot"),
    "render": ("replay", "render"),
    "info": ("replay", "info"),
    "annotations": ("annotations", "annotations"),
    "recover": ("replay", "recover"),
    "analyze": ("analysis", "analyze"),
    "truth": ("analysis", "truth"),
    "bench": ("analysis", "bench"),
    "export": ("share", "export"),
    "report": ("share", "report"),
    "send": ("film", "send"),
    "compare": ("compare", "compare"),
    "share": ("together", "share"),
    "join": ("together", "join"),
    "capture": ("live", "capture"),
    "hub": ("live", "hub"),
    "play-club": ("live", "play_club"),
    "plant": ("plant", "plant"),
    "fit-club": ("fitting", "fit_club"),
    "markers": ("ar", "markers"),
    "calibrate": ("ar", "calibrate"),
    "ar": ("ar", "ar"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 2 wrong command line, 3 unusable input, 4 a missing part."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    module, function = _COMMANDS[arguments.command]
    # The pose model's own log lines would bury the one sentence that a user should read.
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        return int(getattr(importlib.import_module(f"twinswing.cli.{module}"), function)(arguments))
    except TwinswingError as error:
        print(f"twinswing: {error}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        # Whoever read our output has seen enough (`twinswing info X | head`); Python would complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
