"""A clip with a fault, repaired: searched, replaced, marked, signed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from calib.qa.reasons import QaReason
from engines.errors import UnderstudyError
from engines.values import U8
from stream.consent.consent import bare, require_consent
from stream.marks.keys import local_identity
from stream.marks.verdict import Outcome
from stream.marks.verify import verify
from stream.media.marking import Marker, new_payload
from stream.pipeline.spec import SwapSpec
from stream.qa.checking import Checked, CheckJob, check_clip
from stream.qa.repair_job import Repaired, RepairJob, repair
from tests.stream.portraits import needs_models, photo
from tests.stream.qa.files import written
from tests.stream.qa.talking import swapped, talk

pytestmark = [*needs_models, pytest.mark.timeout(300)]
COUNT, FIRST, LAST = 36, 14, 20


def clip(path: Path, pictures: list[U8]) -> Path:
    """In groups of twelve."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"crf": "16", "x264-params": "keyint=12:scenecut=0"})
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv420p"
        for i, rgb in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A swap of which some frames were left unpainted, as its own program marks it."""
    made = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERSTUDY_SIGNING", str(made / "signing"))
        cv2.imwrite(str(made / "face.png"), photo("hopper")[..., ::-1])
        original = talk("astronaut", range(COUNT))
        swap = swapped(original, made / "face.png")
        swap[FIRST : LAST + 1] = original[FIRST : LAST + 1]
        written(made / "in.mp4", original)
        clip(made / "bare.mp4", swap)
        marker = Marker(new_payload(local_identity().producer))
        clip(made / "out.mp4", [marker.mark_rgb(rgb, i) for i, rgb in enumerate(swap)])
        yield made


def check_job(folder: Path, name: str = "out.mp4") -> CheckJob:
    return CheckJob(str(folder / name), ((folder / "face.png",),), str(folder / "in.mp4"))


def job(folder: Path, name: str = "out.mp4") -> RepairJob:
    photos = (folder / "face.png",)
    consent = require_consent([bare(photos)], True, False, lambda _: False, datetime.now(UTC))
    spec = SwapSpec(source=(photos,))
    return RepairJob(str(folder / name), str(folder / "in.mp4"), str(folder / "repaired.mp4"), spec, consent, tries=2)


@pytest.fixture(scope="module")
def checked(folder: Path) -> Checked:
    return check_clip(check_job(folder))


@pytest.fixture(scope="module")
def repaired(folder: Path, checked: Checked) -> list[Repaired]:
    return repair(job(folder), checked, checked.spans)


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.video[0]) if p.size]


def test_the_faulty_stretch_is_painted_and_the_better_is_kept(checked: Checked, repaired: list[Repaired]) -> None:
    assert [(s.reason, s.first, s.last) for s in checked.spans if s.reason is QaReason.MISSED] == [
        (QaReason.MISSED, FIRST, LAST)
    ]
    [one] = repaired
    assert one.better and len(one.found.tried) == 3
    assert one.found.raw.judgement.fatal and not one.found.best.judgement.fatal
    assert one.found.best.judgement.potential > one.found.raw.judgement.potential


def test_nothing_is_flagged_any_more_and_the_face_is_more_like_the_source(
    folder: Path, checked: Checked, repaired: list[Repaired]
) -> None:
    assert repaired
    after = check_clip(check_job(folder, "repaired.mp4"))
    assert not [s for s in after.spans if s.reason is QaReason.MISSED]
    pairs = zip(checked.watched.figures, after.watched.figures, strict=True)
    raised = [
        now.likeness - was.likeness
        for was, now in pairs
        if FIRST <= was.frame <= LAST and was.likeness is not None and now.likeness is not None
    ]
    assert not raised or np.median(raised) > 0.05


def test_packets_of_groups_without_a_fault_are_the_same_to_the_byte(folder: Path, repaired: list[Repaired]) -> None:
    was, now = packets(folder / "out.mp4"), packets(folder / "repaired.mp4")
    [stretch] = [one.stretch for one in repaired]
    assert stretch.first > 0 and stretch.last < COUNT - 1
    first, last = stretch.first // 12 * 12, stretch.last // 12 * 12 + 11
    assert len(was) == len(now) == COUNT
    assert was[:first] == now[:first] and was[last + 1 :] == now[last + 1 :]
    assert was[first : last + 1] != now[first : last + 1]


def test_the_repaired_clip_is_marked_as_before_and_signed(folder: Path, repaired: list[Repaired]) -> None:
    assert repaired
    before, after = (verify(str(folder / name), thorough=False) for name in ("out.mp4", "repaired.mp4"))
    assert after.verdict.outcome is Outcome.INTACT
    assert before.mark is not None and after.mark is not None
    assert before.mark.payload == after.mark.payload is not None


def test_a_clip_without_a_mark_is_not_repaired(folder: Path, checked: Checked) -> None:
    with pytest.raises(UnderstudyError, match="no invisible mark"):
        repair(job(folder, "bare.mp4"), checked, checked.spans)


def test_where_nothing_is_flagged_nothing_is_written(folder: Path, checked: Checked) -> None:
    other = replace(job(folder), output=str(folder / "none.mp4"))
    assert repair(other, checked, []) == [] and not (folder / "none.mp4").exists()
