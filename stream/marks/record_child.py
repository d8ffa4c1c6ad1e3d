"""What runs in the process that reads one C2PA record: c2pa's library, held to so much memory and time.

A few bytes of a record can make the library ask for four gigabytes. The request comes as JSON on standard input, the
answer goes as JSON to standard output. `read` starts it.
"""

import json
import os
import sys

import c2pa  # type: ignore[import-untyped]

from stream.marks.c2pa_context import offline_context
from stream.untrusted.limits import limit

_LONGEST = 32 << 20
"""Letters of a report; ours have some thousand."""


def main() -> None:
    """path: of the file. kind: its media type. sidecar: path of the record beside it, or None. anchors: PEM. memory,
    seconds: the limits. Answers `report` and `state`, `error`, or nothing where there is no record."""
    asked: dict[str, str | int | None] = json.load(sys.stdin)
    anchors, beside = str(asked["anchors"]), asked["sidecar"]
    with offline_context(anchors.encode()) as context:
        limit(int(asked["memory"] or 0), int(asked["seconds"] or 0))
        try:
            answer = _read(str(asked["path"]), str(asked["kind"]), None if beside is None else str(beside), context)
        except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
            answer = {}
        except c2pa.C2paError as error:
            answer = {"error": str(error)[:10_000]}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the library's own clean-up is none of our business


def _read(path: str, kind: str, beside: str | None, context: c2pa.Context) -> dict[str, str]:
    with open(path, "rb") as file:  # noqa: PTH123
        if beside is None:
            reader = c2pa.Reader.try_create(kind, file, None, context)
        else:
            with open(beside, "rb") as record:  # noqa: PTH123
                reader = c2pa.Reader(kind, file, record.read(), context)
        if reader is None:
            return {}
        report, state = str(reader.json()), str(reader.get_validation_state())
    return {"report": report, "state": state} if len(report) <= _LONGEST else {"error": "the record is far too long"}
