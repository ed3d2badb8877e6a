"""The preprocessor without a GPU; every variant of every program with the driver and the reference compiler."""

import re
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.stage import shaders
from twinswing.stage.shaders import preprocess

VARIANTS = shaders.variants()


def located(source: shaders.Source) -> list[tuple[str, int, str]]:
    """Say for each line where a driver would place it, by the rules of `#line`."""
    out, number, file = [], 1, 0
    for line in source.text.splitlines():
        if match := re.match(r"#line (\d+) (\d+)$", line):
            number, file = int(match.group(1)), int(match.group(2))
            continue
        out.append((source.files[file], number, line))
        number += 1
    return out


def test_an_include_keeps_every_line_at_its_own_place():
    files = {
        "main.frag": '#version 330\n#include "a.glsl"\nvoid main() {\n}\n',
        "a.glsl": 'float a;\n#include "b.glsl"\nfloat c;\n',
        "b.glsl": "float b;\n",
    }
    source = preprocess("main.frag", files, ["SKINNED", "COUNT 4"])
    lines = source.text.splitlines()
    assert lines[:3] == ["#version 330", "#define SKINNED", "#define COUNT 4"]
    for file, number, text in located(source)[3:]:
        assert files[file].splitlines()[number - 1] == text
    assert [text for _, _, text in located(source)[3:]] == ["float a;", "float b;", "float c;", "void main() {", "}"]


def test_a_file_is_included_once():
    files = {"m": '#version 330\n#include "a"\n#include "a"\nx\n', "a": "once\n"}
    assert preprocess("m", files).text.count("once") == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "is not there"),
        ({"m": "void main() {}\n"}, "#version"),
        ({"m": ""}, "#version"),
        ({"m": '#version 330\n#include "gone.glsl"\n'}, r"m:2: .*gone\.glsl"),
        (
            {"m": '#version 330\n#include "a"\n', "a": '\n#include "b"\n', "b": '#include "a"\n'},
            "b:1: 'a' includes itself",
        ),
    ],
)
def test_a_broken_tree_is_one_sentence_with_its_place(files, said):
    with pytest.raises(InputError, match=said):
        preprocess("m", files)


@given(
    st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from(["x", "y;", *"abcd"]), max_size=5), min_size=1)
)
def test_any_tree_is_expanded_or_refused(tree):
    files = {
        name: "\n".join(f'#include "{line}"' if line in "abcd" else line for line in lines)
        for name, lines in tree.items()
    }
    files["m"] = '#version 330\n#include "a"\nend'
    try:
        source = preprocess("m", files)
    except InputError:
        return
    assert "#include" not in source.text
    for file, number, text in located(source)[1:]:
        assert files[file].splitlines()[number - 1] == text


@pytest.mark.parametrize(("program", "defines"), VARIANTS, ids=[" ".join([p, *d]) for p, d in VARIANTS])
def test_the_driver_takes_every_variant(program, defines):
    assert shaders.check_with_driver(program, defines) == ""


@pytest.mark.skipif(shutil.which("glslangValidator") is None, reason="glslangValidator is not installed")
@pytest.mark.parametrize(("program", "defines"), VARIANTS, ids=[" ".join([p, *d]) for p, d in VARIANTS])
def test_the_reference_compiler_takes_every_variant(program, defines):
    assert shaders.check_with_glslang(program, defines) == ""


def test_a_shader_that_does_not_compile_is_refused_by_both(monkeypatch):
    broken = {**shaders._files(), "broken.frag": "#version 330\nout vec4 c;\nvoid main() { c = vec3(1.0); }\n"}
    monkeypatch.setattr(shaders, "_files", lambda: broken)
    monkeypatch.setattr(
        shaders, "PROGRAMS", {**shaders.PROGRAMS, "broken": shaders.Program("depth.vert", "broken.frag")}
    )
    assert shaders.check_with_driver("broken") != ""
    if shutil.which("glslangValidator"):
        assert "broken.frag" in shaders.check_with_glslang("broken")


def test_the_check_names_what_fails_and_says_so_to_the_shell(monkeypatch, capsys):
    monkeypatch.setattr(shaders, "variants", lambda: [("depth", ()), ("plane", ())])
    assert shaders.main(["--check"]) == 0
    assert "2 shader variants, 0 failures" in capsys.readouterr().out
    broken = {**shaders._files(), "plane.frag": "#version 330\nvoid main() { nonsense }\n"}
    monkeypatch.setattr(shaders, "_files", lambda: broken)
    shaders.load.cache_clear()
    assert shaders.main(["--check"]) == 1
    assert "plane" in capsys.readouterr().err
    shaders.load.cache_clear()


def test_an_unknown_program_is_named():
    with pytest.raises(InputError, match="glow"):
        shaders.sources("glow")
