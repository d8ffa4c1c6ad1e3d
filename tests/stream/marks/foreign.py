"""Other programs' signatures, made with c2pa's own library, and what people do to marked files."""

from pathlib import Path
from typing import Any

import av
import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np

from stream.marks.keys import Identity, local_identity
from stream.marks.sign import sign_file
from tests.stream.marks.clips import clip, pictures, remuxed
from tests.stream.marks.manifests import MANIFEST

CAPTURED = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def sign_foreign(
    path: Path,
    identity: Identity,
    source: str = CAPTURED,
    generator: str = "Camera",
    title: str = "clip",
    extra: tuple[dict[str, Any], ...] = (),
    timestamp: str | None = None,
) -> None:
    """As a camera or a generator would: created from nothing."""
    made = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": source}]}}
    _sign(path, identity, {"assertions": [made, *extra]}, generator, title, None, timestamp)


def resign_foreign(path: Path, identity: Identity, parent: Path, generator: str = "Editor") -> None:
    """As an editor would that knows nothing of AI: opened, its colours changed."""
    edited = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.color_adjustments"}]}}
    _sign(path, identity, {"assertions": [edited]}, generator, "graded", parent, None)


def _sign(
    path: Path,
    identity: Identity,
    told: dict[str, Any],
    generator: str,
    title: str,
    parent: Path | None,
    timestamp: str | None,
) -> None:
    told = {"claim_generator_info": [{"name": generator, "version": "7"}], "title": title, **told}
    stamp = timestamp.encode() if timestamp else None
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, identity.chain, identity.key, stamp)
    kind = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".png": "image/png"}[path.suffix]
    settings = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    signed = path.with_suffix(f".signed{path.suffix}")
    with (
        c2pa.Context(c2pa.Settings.from_dict(settings)) as context,
        c2pa.Builder(told, context) as builder,
        path.open("rb") as source,
        signed.open("w+b") as target,
    ):
        if parent is not None:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            with parent.open("rb") as file:
                builder.add_ingredient({"title": parent.name, "relationship": "parentOf"}, kind, file)
        builder.sign(c2pa.Signer.from_info(info), kind, source, target)
    signed.replace(path)


def spoiled(folder: Path) -> Path:
    """marked.mp4, signed by `folder/signing`, and what people do to it. `folder/stranger` signs for others."""
    own, stranger = local_identity(folder / "signing"), local_identity(folder / "stranger")
    plain = clip(folder / "plain.mp4", pictures(mark=False))
    marked = clip(folder / "marked.mp4", pictures())
    (folder / "other_root.mp4").write_bytes(marked.read_bytes())
    sign_file(marked, MANIFEST, plain, own)
    sign_file(folder / "other_root.mp4", MANIFEST, plain, stranger)
    data = bytearray(marked.read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "tampered.mp4").write_bytes(data)
    remuxed(marked, folder / "stripped.mp4")
    with av.open(str(marked)) as container:
        again = [np.asarray(frame.to_ndarray()[: frame.height], np.uint8) for frame in container.decode(video=0)]
    clip(folder / "reencoded.mkv", again, crf=28)
    for name, source in (("camera.mp4", CAPTURED), ("generated.mp4", MADE_BY_AI)):
        (folder / name).write_bytes(plain.read_bytes())
        sign_foreign(folder / name, stranger, source)
    (folder / "resigned.mp4").write_bytes(marked.read_bytes())
    resign_foreign(folder / "resigned.mp4", stranger, marked)
    (folder / "stolen.mp4").write_bytes((folder / "stripped.mp4").read_bytes())
    sign_foreign(folder / "stolen.mp4", stranger)
    cv2.imwrite(str(folder / "still.png"), pictures(count=1)[0])
    return folder
