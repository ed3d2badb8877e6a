"""Commands of the library: its window, and its list without one."""

import argparse
import json
import sys
from math import isfinite
from pathlib import Path
from typing import Any

from twinswing.errors import InputError


def library(arguments: argparse.Namespace) -> int:
    """`twinswing library [FOLDER]`: list the recordings, found by words, golfer, club, tag or kind."""
    from twinswing.desk.library_settings import library_folder
    from twinswing.review import library_query as asked
    from twinswing.review.library_index import LibraryIndex
    from twinswing.review.library_place import LibraryPlace
    from twinswing.review.library_scan import scan

    folder = library_folder(Path(arguments.folder) if arguments.folder else None)
    if arguments.folder and not folder.is_dir():
        raise InputError(f"expected a folder with recordings, found none at {folder}")
    place = LibraryPlace.of(folder)
    with LibraryIndex(place.index) as index:
        result = scan(index, place.folder)
        query = asked.Query(
            text=arguments.search or "",
            person=_person(asked.golfers(index), arguments.golfer),
            club=arguments.club or "",
            kind=arguments.kind or "",
            tags=tuple(arguments.tag),
            sort=arguments.sort,
            descending=arguments.sort not in ("name", "golfer", "club"),
        )
        idents = asked.select(index, query)
        rows = asked.rows_of(index, idents)
        details = {ident: asked.detail_of(index, ident) for ident in idents} if arguments.json else {}
    for problem in result.problems:
        print(problem, file=sys.stderr)
    if arguments.json:
        documents = [_document(rows[ident], details[ident]) for ident in idents if ident in rows]
        print(json.dumps({"folder": str(place.folder), "recordings": documents}, indent=1))
    else:
        for ident in idents:
            if ident in rows:
                print(_line(rows[ident], place.folder))
    return 0


def _person(golfers: list[Any], name: str | None) -> str:
    if not name:
        return ""
    wanted = name.casefold()
    found = [g for g in golfers if g.ident == name or g.name.casefold() == wanted]
    if len(found) != 1:
        known = ", ".join(g.name for g in golfers) or "none"
        raise InputError(f"--golfer: expected one of {known}, found {name!r}")
    return str(found[0].ident)


def _line(row: Any, folder: Path) -> str:
    from twinswing.review.library_model import printable

    try:
        where = row.path.relative_to(folder)
    except ValueError:
        where = row.path
    told = [row.day or "----------", f"{row.kind:<10}", row.person_name, row.club or row.plant_label]
    told += [f"#{tag}" for tag in row.tags]
    if row.reason:
        told.append(row.reason)
    return "  ".join([*(text for text in told if text), printable(str(where))])


def _document(row: Any, detail: Any) -> dict[str, Any]:
    measures = {
        m.name: {"value": m.value, "unit": m.unit, "sigma": m.sigma if isfinite(m.sigma) else None, "source": m.source}
        for m in (detail.measures if detail else ())
    }
    return {
        "file": str(row.path).encode("utf-8", "replace").decode(),
        "kind": row.kind,
        "reason": row.reason,
        "name": row.name,
        "recorded_unix_ns": row.recorded_unix_ns,
        "recorded_source": row.recorded_source,
        "duration_s": row.duration_s,
        "golfer": row.person_name,
        "handed": row.handed,
        "view": row.view,
        "club": row.club,
        "club_serial": row.club_serial,
        "plant": row.plant,
        "rating": row.rating,
        "tags": list(row.tags),
        "annotations": row.annotations,
        "copies": row.copies,
        "measures": measures,
    }
