"""Identity sets as a source: which pictures of a folder that `understudy identity build` made show a person best.

Knows the folder's names and metas; opens no picture.
"""

import json
from pathlib import Path
from typing import Any

from engines.errors import InputError

CALM = ("neutral", "smile")  # expressions that a source is to have: what it adds of an open mouth would be painted


def set_photos(folder: Path) -> tuple[Path, ...] | None:
    """The anchors, and for each head pose the best calm and uncovered picture of the coverage; None where the folder is
    no set. Raises InputError for a set without a picture, or with a damaged meta."""
    if not (folder / "meta.json").is_file() or not (folder / "anchors").is_dir():
        return None
    best: dict[tuple[str, str], tuple[float, Path]] = {}
    for path in sorted((folder / "coverage").glob("*.jpg")):
        meta = _meta(path)
        if meta["occlusion_bin"] != "none" or meta["lighting_bin"] != "normal" or meta["expression_bin"] not in CALM:
            continue
        pose, quality = (str(meta["yaw_bin"]), str(meta["pitch_bin"])), float(meta["quality_score"])
        if pose not in best or quality > best[pose][0]:
            best[pose] = quality, path
    anchors = sorted((folder / "anchors").glob("*.jpg"))
    taken = {_moment(path) for path in anchors}
    found = (*anchors, *(path for _, path in best.values() if _moment(path) not in taken))
    if not found:
        raise InputError(f"the set {folder} holds no anchor and no calm picture; give a photo of a face")
    return found


def _moment(path: Path) -> tuple[str, int]:
    """Which frame of which video a picture shows: a set may hold it twice."""
    meta = _meta(path)
    return str(meta.get("video", "")), int(meta["frame_idx"])


def _meta(path: Path) -> dict[str, Any]:
    told = path.with_name(f"{path.stem}_meta.json")
    try:
        meta: dict[str, Any] = json.loads(told.read_text("utf-8"))
        for key in ("yaw_bin", "pitch_bin", "expression_bin", "occlusion_bin", "lighting_bin", "quality_score"):
            _ = meta[key]
        int(meta["frame_idx"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{told} is missing or damaged ({error}); remove {path.name} from the set as well") from error
    return meta
