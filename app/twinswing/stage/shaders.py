"""Shaders: a small preprocessor for the files in `shaders/`, the variants of each program, and a check of them all.

A program is a vertex and a fragment file. `#include "x.glsl"` is replaced by that file once (a second include of the
same file is skipped), `#define`s of a variant come right after `#version`, and `#line` keeps the driver's messages on
the line and file that a person edits.
"""

import argparse
import functools
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import panda3d.core as p3d

from twinswing.errors import InputError, MissingPartError
from twinswing.resources import shader
from twinswing.stage.stereo_source import stereo_fragment, stereo_vertex

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"\s*$')
_VERSION = re.compile(r"^\s*#\s*version\s+\d+")


@dataclass(frozen=True)
class Source:
    """GLSL ready for a driver; `files[i]` is the file that source number i of its messages means."""

    text: str
    files: tuple[str, ...]


def preprocess(name: str, files: Mapping[str, str], defines: Iterable[str] = ()) -> Source:
    """Expand the includes of one shader file and put in the defines of a variant.

    `files` maps names to texts; a define is `"NAME"` or `"NAME value"`. Raises InputError when a file is not there,
    includes itself in a circle, or `#version` is not the first line of the shader.
    """
    if name not in files:
        raise InputError(f"shader file {name!r} was expected and is not there")
    first, *_ = files[name].split("\n", 1)
    if not _VERSION.match(first):
        raise InputError(f"{name}:1: expected #version on the first line, found {first!r}")
    order: list[str] = []
    lines = [first, *(f"#define {define}" for define in defines)]
    _expand(name, files, order, [], lines, skip=1)
    return Source("\n".join(lines) + "\n", tuple(order))


def _expand(
    name: str, files: Mapping[str, str], order: list[str], stack: list[str], lines: list[str], skip: int = 0
) -> None:
    number = len(order)
    order.append(name)
    stack.append(name)
    lines.append(f"#line {skip + 1} {number}")
    for at, line in enumerate(files[name].splitlines()[skip:], start=skip + 1):
        match = _INCLUDE.match(line)
        if match is None:
            lines.append(line)
            continue
        wanted = match.group(1)
        if wanted in stack:
            raise InputError(f"{name}:{at}: {wanted!r} includes itself: {' -> '.join([*stack, wanted])}")
        if wanted not in files:
            raise InputError(f"{name}:{at}: included file {wanted!r} is not there")
        if wanted not in order:
            _expand(wanted, files, order, stack, lines)
        lines.append(f"#line {at + 1} {number}")
    stack.pop()


@functools.cache
def _files() -> Mapping[str, str]:
    folder = shader()
    if not folder.is_dir():
        raise MissingPartError(f"the shader folder was expected at {folder} and is not there; reinstall twinswing")
    return MappingProxyType({p.name: p.read_text("utf-8") for p in sorted(folder.iterdir()) if p.is_file()})


@dataclass(frozen=True)
class Program:
    """A vertex and a fragment file, and the variants (sets of defines) that are used anywhere."""

    vertex: str
    fragment: str
    variants: tuple[tuple[str, ...], ...] = ((),)


def _cross(*choices: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    out: list[tuple[str, ...]] = [()]
    for options in choices:
        out = [(*have, *option) for have in out for option in options]
    return tuple(out)


PROGRAMS: Mapping[str, Program] = MappingProxyType(
    {
        "lit": Program(
            "lit.vert",
            "lit.frag",
            _cross(((), ("SKINNED",), ("INSTANCED",)), ((), ("VERTEX_COLOR",))),
        ),
        "ghost": Program("lit.vert", "ghost.frag", ((), ("SKINNED",))),
        "depth": Program("depth.vert", "depth.frag", ((), ("SKINNED",), ("INSTANCED",))),
        "ground": Program(
            "ground.vert", "ground.frag", _cross(((), ("CHEAP_GROUND",)), ((), ("NEAR",)), ((), ("SHADOW_FAST",)))
        ),
        "contact": Program("contact.vert", "contact.frag"),
        "sky": Program("sky.vert", "plain.frag"),
        "far": Program("far.vert", "plain.frag"),
        "trail": Program("trail.vert", "trail.frag"),
        "sweep": Program("sweep.vert", "sweep.frag"),
        "plane": Program("plane.vert", "plane.frag"),
        "bones": Program("bones.vert", "bones.frag"),
        "video": Program("video.vert", "video.frag", ((), ("BACKDROP",))),
        "annotation": Program("annotation.vert", "annotation.frag"),
        "card": Program("card.vert", "card.frag", ((), ("HOLE",))),
        "flat": Program("flat.vert", "flat.frag"),
        "mask": Program("mask.vert", "mask.frag"),
        "vignette": Program("vignette.vert", "vignette.frag"),
        # INSTANCED tells those who redraw a scene for two eyes that a node's copies are counted, and change.
        "plant": Program("plant.vert", "plant.frag", (("INSTANCED",), ("INSTANCED", "GHOST"))),
        "plant_depth": Program("plant_depth.vert", "depth.frag", (("INSTANCED",),)),
        "plant_pad": Program("plant_pad.vert", "plant_pad.frag", (("INSTANCED",),)),
        "plant_floor": Program("plant_floor.vert", "plant_floor.frag"),
        "plant_paint": Program("plant_paint.vert", "plant_paint.frag"),
        "plant_back": Program("plant_back.vert", "plant_back.frag"),
        "plant_label": Program("plant_label.vert", "plant_label.frag", (("INSTANCED",),)),
        "plant_mark": Program("plant_mark.vert", "plant_mark.frag", (("INSTANCED",),)),
        "plant_ribbon": Program("plant_ribbon.vert", "plant_ribbon.frag"),
    }
)


def sources(program: str, defines: Iterable[str] = ()) -> tuple[Source, Source]:
    """Return the preprocessed vertex and fragment source of a program's variant."""
    if program not in PROGRAMS:
        raise InputError(f"expected a program out of {', '.join(PROGRAMS)}, found {program!r}")
    spec, wanted = PROGRAMS[program], tuple(defines)
    return preprocess(spec.vertex, _files(), wanted), preprocess(spec.fragment, _files(), wanted)


@functools.cache
def load(program: str, *defines: str) -> p3d.Shader:
    """Return Panda3D's shader for a program's variant; the same object for the same arguments."""
    vertex, fragment = sources(program, defines)
    made = _made(program, defines, vertex.text, fragment.text)
    _variant_of[made.this] = (program, defines)
    return made


@functools.cache
def load_stereo(program: str, *defines: str) -> p3d.Shader:
    """Return the shader that draws a program's variant for both eyes at once (see stereo_source.py)."""
    vertex, fragment = sources(program, defines)
    return _made(program, (*defines, "for both eyes"), stereo_vertex(vertex.text), stereo_fragment(fragment.text))


def variant_of(made: p3d.Shader) -> tuple[str, tuple[str, ...]] | None:
    """Return the program and the defines that `load` made this shader of; None for any other shader."""
    return _variant_of.get(made.this)


# By address: shaders that `load` returns live as long as the process.
_variant_of: dict[int, tuple[str, tuple[str, ...]]] = {}


def _made(program: str, defines: tuple[str, ...], vertex: str, fragment: str) -> p3d.Shader:
    made = p3d.Shader.make(p3d.Shader.SL_GLSL, vertex, fragment)
    if made is None:
        raise MissingPartError(f"Panda3D could not take the shader {program!r} with {defines or 'no defines'}")
    return made


def variants() -> list[tuple[str, tuple[str, ...]]]:
    """Return every program with every variant."""
    return [(name, defines) for name, program in PROGRAMS.items() for defines in program.variants]


def check_with_glslang(program: str, defines: Iterable[str] = ()) -> str:
    """Compile and link one variant with glslangValidator; return its complaint, "" when there is none."""
    tool = shutil.which("glslangValidator")
    if tool is None:
        raise MissingPartError("glslangValidator was not found; on Debian: apt install glslang-tools")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, "shader.vert"), Path(folder, "shader.frag")]
        both = sources(program, defines)
        for path, source in zip(paths, both, strict=True):
            path.write_text(source.text, "utf-8")
        done = subprocess.run([tool, "-l", *map(str, paths)], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    names = "; ".join(f"{i} = {name}" for source in both for i, name in enumerate(source.files))
    return f"{done.stdout.strip()}\n(sources: {names})"


def check_with_driver(program: str, defines: Iterable[str] = ()) -> str:
    """Compile and link one variant with the machine's driver; return the complaint, "" when there is none."""
    from twinswing.stage.offscreen import driver_accepts  # noqa: PLC0415 - the preprocessor itself needs no GPU

    return "" if driver_accepts(load(program, *defines)) else "the driver refused it; its message is above"


def main(arguments: list[str] | None = None) -> int:
    """Compile every variant; name those that fail."""
    parser = argparse.ArgumentParser(prog="python -m twinswing.stage.shaders", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", required=True, help="compile every variant of every program")
    parser.parse_args(arguments)
    checks = [check_with_driver]
    if shutil.which("glslangValidator"):
        checks.append(check_with_glslang)
    failed = 0
    for program, defines in variants():
        for check in checks:
            if complaint := check(program, defines):
                failed += 1
                sys.stderr.write(f"{program} {' '.join(defines)}: {complaint}\n")
    sys.stdout.write(f"{len(variants())} shader variants, {failed} failures, {len(checks)} compilers\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
