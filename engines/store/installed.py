"""Weights that a Python package on this machine brings, and their rewriting as ONNX. Knows origins, not networks.

Only files that are rewritten are looked for among installed packages: all others are fetched whole and pinned.
"""

from importlib.util import find_spec
from pathlib import Path

from engines.digest import sha256
from engines.store.catalog import FileOrigin
from engines.store.fetch import FetchError


def installed_member(origin: FileOrigin) -> Path | None:
    """The origin's member in an installed package; None where that is not installed. The package is not imported."""
    if not (origin.wheel and origin.convert):
        return None
    spec = find_spec(origin.member.split("/")[0])
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(place).parent / origin.member
        if path.is_file():
            return path
    return None


def converted(origin: FileOrigin, part: Path) -> None:
    """Rewrites a fetched member in its place, where its origin says so. Raises FetchError for other bytes than are
    pinned, ModelError for a file that cannot be read."""
    if not origin.convert:
        return
    if (digest := sha256(part)) != origin.member_sha256:
        part.unlink()
        raise FetchError(f"{origin.member} of {origin.wheel} is not the pinned file: its sha256 is {digest}")
    from engines.graph.dlib_resnet import convert  # onnx, which most commands do without

    convert(part, part)
