"""Files of identity sets: folders, names and metas as momentscan's Phase 3 has them (`identity_builder`, sections 2 and
11), the memory bank, and the list for diffusion front ends. Knows what was chosen, not why."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calib.identity import bank, gates
from calib.identity.conditioning import SHARES, weighted
from calib.identity.pairs import PairSeen
from calib.identity.person_set import PersonSet, Sets
from calib.identity.selection import Rated, reason
from engines.values import Box, Rect
from stream.identity.building import Built, Saved, face_name, pair_name
from tools.identity.work import Work


@dataclass(frozen=True, slots=True)
class SetSource:
    """What sets were made from. videos: names for metas, where there are several. embedder: its name in the catalogue.
    digest: sha256 of its file."""

    videos: tuple[str, ...]
    embedder: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """One picture of a set: its path within the person's folder, and what it shows."""

    path: str
    kind: str
    rated: Rated


def shelves(sets: Sets) -> tuple[Shelf, ...]:
    """The pictures of a person's sets under their names: anchors, coverage, challenges."""
    found = [Shelf(f"anchors/anchor_{i:03d}.jpg", "anchor", r) for i, r in enumerate(sets.anchors, 1)]
    stems: dict[str, int] = {}
    for r in sets.coverage:
        stem = r.candidate.bucket.stem
        stems[stem] = stems.get(stem, 0) + 1
        again = f"_{stems[stem]}" if stems[stem] > 1 else ""
        found.append(Shelf(f"coverage/cov_{stem}{again}.jpg", "coverage", r))
    reasons: dict[str, int] = {}
    for r in sets.challenges:
        why = reason(r.candidate) or "hard"
        reasons[why] = reasons.get(why, 0) + 1
        found.append(Shelf(f"challenge/chal_{why}_{reasons[why]:03d}.jpg", "challenge", r))
    return tuple(found)


def write_sets(built: Built, work: Work, into: Path, source: SetSource) -> list[Sets]:
    """The folders `person_0`, `person_1`, ... and `pair` in `into`, which is there and empty. The sets of each."""
    made = []
    for number, person in enumerate(built.main):
        sets = built.gathering.people[person].sets()
        _person(built, number, person, sets, work, into / f"person_{number}", source)
        made.append(sets)
    if built.pairs:
        (into / "pair").mkdir()
    for i, pair in enumerate(built.pairs, 1):
        _copy(work.picture(pair_name(pair.candidates[0].number)), into / "pair" / f"pair_{i:03d}.jpg")
        _json(into / "pair" / f"pair_{i:03d}_meta.json", _pair_meta(built, pair, source))
    return made


def _person(
    built: Built, number: int, person: int, sets: Sets, work: Work, folder: Path, source: SetSource
) -> None:  # fmt: skip
    one, shelf = built.gathering.people[person], shelves(sets)
    for name in ("anchors", "coverage", "challenge"):
        (folder / name).mkdir(parents=True)
    for item in shelf:
        saved = built.saved[item.rated.candidate.number]
        _copy(work.picture(face_name(item.rated.candidate.number)), folder / item.path)
        meta = image_meta(item, number, saved)
        if len(source.videos) > 1:
            meta["video"] = source.videos[saved.video]
        _json(folder / item.path.replace(".jpg", "_meta.json"), meta)
    _json(folder / "meta.json", person_meta(number, built, person, sets))
    _bank(folder, number, one, source)
    _conditioning(folder, sets, shelf)


def person_meta(number: int, built: Built, person: int, sets: Sets) -> dict[str, Any]:
    """As section 2 has it."""
    return {
        "person_id": number,
        "track_score": round(built.gathering.score(person), 4),
        "prototype_type": "medoid",
        "anchor_count": len(sets.anchors),
        "coverage_buckets_filled": sets.covered.words,
        "challenge_count": len(sets.challenges),
        "total_saved": sets.total,
        "stop_reason": built.stopped.value,
    }


def image_meta(shelf: Shelf, number: int, saved: Saved) -> dict[str, Any]:
    """As section 11 has it. Boxes are x0, y0, x1, y1 in pixels of the frame as displayed."""
    one, b = shelf.rated.candidate, shelf.rated.candidate.bucket
    return {
        "type": shelf.kind,
        "person_id": number,
        "frame_idx": saved.frame,
        "timestamp_ms": round(1000 * saved.seconds, 1),
        "yaw_bin": b.yaw,
        "pitch_bin": b.pitch.value,
        "expression_bin": b.expression.value,
        "occlusion_bin": b.occlusion.value,
        "lighting_bin": b.lighting.value,
        "quality_score": round(one.quality, 4),
        "novelty_score": round(shelf.rated.novelty, 4),
        "stable_score": round(shelf.rated.stable, 4),
        "face_bbox": _box(saved.face_box),
        "crop_box": _rect(saved.crop_box),
        "embed_model_version": one.face.model,
        "gate_version": gates.VERSION,
    }


def _pair_meta(built: Built, pair: PairSeen, source: SetSource) -> dict[str, Any]:
    first = built.saved[pair.candidates[0].number]
    order = {person: number for number, person in enumerate(built.main)}
    people = [
        {
            "person_id": order[person],
            "face_bbox": _box(box),
            "quality_score": round(one.quality, 4),
            "stable_score": round(built.gathering.people[person].bank.stable(one.id), 4),
        }
        for person, one, box in zip(pair.people, pair.candidates, pair.boxes, strict=True)
    ]
    meta: dict[str, Any] = {
        "type": "pair",
        "frame_idx": first.frame,
        "timestamp_ms": round(1000 * first.seconds, 1),
        "people": people,
        "mutual_occlusion": round(pair.overlap, 4),
        "second_seen_from_first": pair.relation(),
        "gate_version": gates.VERSION,
    }
    return meta | ({"video": source.videos[first.video]} if len(source.videos) > 1 else {})


def _bank(folder: Path, number: int, person: PersonSet, source: SetSource) -> None:
    looks, bounds = person.bank.looks, person.bounds
    told = {
        "person_id": number,
        "embedder": source.embedder,
        "embedder_sha256": source.digest,
        "k_max": bank.MOST,
        "alpha": bank.ALPHA,
        "merge": bounds.merge,
        "new": bounds.fresh,
        "anchor_weight": bank.ANCHOR,
        "vectors": "memory_bank.npz",
        "looks": [
            {"hits": look.hits, "weight": round(weight, 4)}
            for look, weight in zip(looks, person.bank.weights(), strict=True)
        ],
    }
    _json(folder / "memory_bank.json", told)
    with (folder / "memory_bank.npz").open("wb") as file:
        np.savez(file, vectors=np.stack([look.vector.values for look in looks]))


def _conditioning(folder: Path, sets: Sets, shelf: Sequence[Shelf]) -> None:
    anchors, covers, hard = (
        [item.path for item in shelf if item.kind == kind] for kind in ("anchor", "coverage", "challenge")
    )
    told = {
        "variant": sets.chosen.value,
        "ratio": dict(zip(("anchor", "coverage", "challenge"), SHARES[sets.chosen], strict=True)),
        "images": [
            asdict(one) | {"weight": round(one.weight, 6)} for one in weighted(anchors, covers, hard, sets.chosen)
        ],
    }
    _json(folder / "conditioning.json", told)


def _copy(path: Path, into: Path) -> None:
    into.write_bytes(path.read_bytes())


def _json(path: Path, told: Mapping[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(told, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())


def _box(box: Box) -> list[int]:
    return [round(v) for v in (box.x0, box.y0, box.x1, box.y1)]


def _rect(rect: Rect) -> list[int]:
    return [rect.x, rect.y, rect.x + rect.w, rect.y + rect.h]
