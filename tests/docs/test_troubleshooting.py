"""The messages that the page on troubles quotes are the program's own."""

import ast
import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
SOURCES = [*(ROOT / "app").rglob("*.py")]


def literals() -> list[str]:
    """Return every string of the program, the values inside f-strings as a mark that no quotation contains."""
    found: list[str] = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [str(p.value) if isinstance(p, ast.Constant) else "\0" for p in node.values]
                found.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def quoted() -> list[str]:
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    return rows + re.findall(r"(?:^|\. )`([^`]+)`: ", PAGE, re.MULTILINE)


def test_every_quoted_message_is_one_that_the_program_says() -> None:
    said = literals()
    assert len(quoted()) > 60
    assert [quote for quote in quoted() if not any(quote in text for text in said)] == []


def test_every_missing_part_has_a_row() -> None:
    """Whatever the program finds missing on a machine, the page says what to do about it."""
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    unknown = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MissingPartError" and node.args):
                continue
            constants = (p.value for p in ast.walk(node.args[0]) if isinstance(p, ast.Constant))
            text = "".join(value for value in constants if isinstance(value, str))
            if text and not any(row in text for row in rows):
                unknown.append(f"{path.name}: {text}")
    assert unknown == []
