"""The process that reads one C2PA record: c2pa's library, held to so much memory and time. A few bytes of a record can
make the library ask for four gigabytes. `read` starts it.
"""

from collections.abc import Mapping

import c2pa  # type: ignore[import-untyped]

from stream.marks.c2pa_context import offline_context
from stream.untrusted.child import answer, asked
from stream.untrusted.json_values import Json, count
from stream.untrusted.limits import limit

_LONGEST = 32 << 20
"""Letters of a report; ours have some thousand."""


def main() -> None:
    """path: of the file. kind: its media type. sidecar: path of the record beside it, or None. anchors: PEM. memory,
    seconds: the limits. Answers `report` and `state`, `error`, or nothing where there is no record."""
    request = asked()
    with offline_context(str(request["anchors"]).encode()) as context:
        limit(count(request["memory"]) or 0, count(request["seconds"]) or 0)
        try:
            told = _read(request, context)
        except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
            told = {}
        except c2pa.C2paError as error:
            told = {"error": str(error)[:10_000]}
        answer(told)


def _read(request: Mapping[str, Json], context: c2pa.Context) -> dict[str, Json]:
    kind, beside = str(request["kind"]), request["sidecar"]
    with open(str(request["path"]), "rb") as file:  # noqa: PTH123
        if beside is None:
            reader = c2pa.Reader.try_create(kind, file, None, context)
        else:
            with open(str(beside), "rb") as record:  # noqa: PTH123
                reader = c2pa.Reader(kind, file, record.read(), context)
        if reader is None:
            return {}
        report, state = str(reader.json()), str(reader.get_validation_state())
    return {"report": report, "state": state} if len(report) <= _LONGEST else {"error": "the record is far too long"}
