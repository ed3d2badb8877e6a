"""`twinswing annotations`: what was said about a recording, and what was said on another copy of it."""

import argparse
import json
from typing import Any

from twinswing.cli.replay import existing
from twinswing.review.export import place
from twinswing.review.model import Annotation
from twinswing.review.storage import load_document, merge_recordings
from twinswing.timeline.clock import to_s


def annotations(arguments: argparse.Namespace) -> int:
    """List a recording's annotations, after taking in those of other copies of it."""
    path = existing(arguments.file, "a recording (.mcap)")
    merged = [existing(name, "another copy of the recording (.mcap)") for name in arguments.merge or ()]
    for other in merged:
        merge_recordings(path, other)
    document = load_document(path)
    found = document.search(arguments.search or "")
    if arguments.json:
        told = {
            "recording": str(path),
            "merged": [str(other) for other in merged],
            "authors": document.authors,
            "annotations": [_told(a) for a in found],
            "unreadable": document.refused,
        }
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for a in found:
        print(f"{to_s(a.time.start_ns):10.3f} s  {a.kind:8}  {a.author:12}  {place(a):24}  {_words(a)}".rstrip())
    print(f"{len(found)} of {len(document)} annotations" if len(found) < len(document) else f"{len(found)} annotations")
    return 0


def _words(a: Annotation) -> str:
    parts = [a.text.replace("\n", " / "), " - ".join(a.pins)]
    if a.media is not None:
        parts.append(a.media.spoken or f"{a.media.duration_s:.1f} s")
    if a.rating:
        parts.append(f"{a.rating} of 5")
    if a.pair_ns is not None:
        parts.append(f"and {to_s(a.pair_ns):.3f} s")
    return "  ".join(part for part in parts if part)


def _told(a: Annotation) -> dict[str, Any]:
    return {
        "id": a.ident,
        "kind": a.kind,
        "author": a.author,
        "start_s": to_s(a.time.start_ns),
        "end_s": to_s(a.time.end_ns),
        "place": place(a),
        "points": a.points,
        "joints": a.pins,
        "text": a.text,
        "colour": a.colour,
        "rating": a.rating or None,
        "other_s": None if a.pair_ns is None else to_s(a.pair_ns),
        "voice_s": None if a.media is None else a.media.duration_s,
    }
