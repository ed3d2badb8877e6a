"""What the pages point to is there: files that are linked, commands and options that are named."""

import argparse
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from twinswing.cli.main import build_parser

PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
    if not any(part.startswith(".") for part in page.relative_to(ROOT).parts)
)
_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)
# In code, on a line of a code block or between backticks: the program's name and what follows on the line.
_COMMAND = re.compile(r"(?:^|[`\s/])twinswing +([a-z][a-z-]*)\b([^`\n]*)", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def identify(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get: lower case, punctuation dropped, spaces to hyphens."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def code_of(text: str) -> str:
    """Return the code of a page: blocks, and what stands between backticks, each on a line of its own."""
    blocks = [match.group(0) for match in _FENCE.finditer(text)]
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))])


def commands() -> dict[str, argparse.ArgumentParser]:
    (sub,) = [a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(sub.choices)


def broken_links(page: Path, text: str) -> list[str]:
    broken = []
    for target in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        to = (page.parent / path).resolve() if path else page
        if not (to.is_relative_to(ROOT) and to.exists()) or (anchor and anchor not in anchors(to)):
            broken.append(target)
    return broken


def unknown_words(text: str) -> list[str]:
    """Return the commands that the program has not, and options that the command has not."""
    known, unknown = commands(), []
    for command, rest in _COMMAND.findall(code_of(text)):
        if command not in known:
            unknown.append(command)
        else:
            options = known[command]._option_string_actions
            unknown += [f"{command} {option}" for option in _OPTION.findall(rest) if option not in options]
    return unknown


def test_there_are_pages() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/recording.md", "docs/club-protocol.md"} <= set(map(identify, PAGES))


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_every_relative_link_points_to_something(page: Path) -> None:
    assert broken_links(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_every_command_and_option_exists(page: Path) -> None:
    assert unknown_words(page.read_text("utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_every_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z][a-z-]*)", code_of(page.read_text("utf-8")), re.MULTILINE))
    assert named <= targets


def test_the_check_itself_sees_what_is_wrong() -> None:
    page = ROOT / "docs" / "recording.md"
    assert broken_links(page, "[a](nowhere.md) [b](recording.md#no-such-part) [c](https://example.org)") == [
        "nowhere.md",
        "recording.md#no-such-part",
    ]
    assert broken_links(page, "[a](recording.md#times) [b](#times) ![c](../README.md)") == []
    assert unknown_words("`twinswing dance`, `twinswing info --backwards`, `twinswing info X --json`") == [
        "dance",
        "info --backwards",
    ]
    assert unknown_words("```\ntwinswing fly\n```\n") == ["fly"]
