"""`understudy identity build`: options to a run, its files, and one line a person. Looking at frames is in
`stream/identity`, deciding in `calib/identity`."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engines.errors import InputError, OutputError, UnderstudyError
from engines.extras import install

if TYPE_CHECKING:
    from calib.identity.person_set import Sets
    from stream.consent.embedder import FaceEmbedder
    from stream.identity.building import Built
    from stream.identity.observing import FaceObserver
    from tools.identity.work import Work

WORK = ".work"
FASTEST = 60.0  # frames a second that may be looked at


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """A run's options. people: how many sets, None for one or two as it turns out. fps: frames looked at, a second."""

    videos: tuple[Path, ...]
    into: Path
    people: int | None = None
    fps: float = 5.0
    resume: bool = False

    def check(self) -> None:
        """Raises UnderstudyError, InputError, OutputError for what can be told before anything is opened."""
        if self.people not in (None, 1, 2):
            raise UnderstudyError(f"--people {self.people}: sets are made for 1 or 2 people")
        if not 0 < self.fps <= FASTEST:
            raise UnderstudyError(f"--fps {self.fps:g} is out of range; give more than 0 and up to {FASTEST:g}")
        for video in self.videos:
            if video.is_dir():
                raise InputError(
                    f"{video} is a folder; name the videos in it. Photos of a person need no sets made of them:"
                    f" `understudy identity add {video}/*.jpg --name NAME`"
                )
            if not video.is_file():
                raise InputError(f"there is no file {video}; check the path")
        if self.into.exists() and not self.into.is_dir():
            raise OutputError(f"--to {self.into} is a file; give a folder")
        if (self.into / "sheet.jpg").exists():
            raise OutputError(f"{self.into} holds finished sets already; remove them, or give another --to")
        if self.into.is_dir() and any(self.into.iterdir()) and not self.resume:
            begun = (self.into / WORK).is_dir()
            raise OutputError(
                f"{self.into} holds a run that was stopped; --resume goes on with it"
                if begun
                else f"{self.into} is not empty; give another --to"
            )


def run(wanted: BuildOptions, told: Callable[[int, float], None]) -> tuple["Built", list["Sets"]]:
    """Makes the sets. told: called for each frame that was looked at, with the video's number and the seconds. Raises
    UnderstudyError where there is no embedder, InputError where nobody can be made out, OutputError, ModelError."""
    from engines.store.store import default_store
    from stream.consent.embedder import open_embedder
    from stream.identity.observing import FaceObserver
    from tools.identity.files import SetSource, write_sets
    from tools.identity.sheet import write_sheet
    from tools.identity.work import Work

    wanted.check()
    embedder = open_embedder()
    if embedder is None:
        raise UnderstudyError(f"who is who can be told only with a network; `{install('identity')}` first")
    observer = FaceObserver(embedder, default_store())
    try:
        work = Work(wanted.into / WORK, _plan(wanted, embedder, observer.looks))
        built = _built(wanted, observer, work, embedder, told)
    finally:
        observer.close()
    out = work.folder / "out"
    shutil.rmtree(out, ignore_errors=True)  # of a run that was killed while it wrote
    out.mkdir()
    names = tuple(video.name for video in wanted.videos)
    sets = write_sets(built, work, out, SetSource(names, embedder.model.name, embedder.digest))
    write_sheet(sets, out)
    _land(out, wanted.into)
    return built, sets


def _built(
    wanted: BuildOptions,
    observer: "FaceObserver",
    work: "Work",
    embedder: "FaceEmbedder",
    told: Callable[[int, float], None],
) -> "Built":
    from calib.identity.bounds import bounds_of
    from stream.identity.building import SetBuilding

    bounds = bounds_of(embedder.model.name)
    building = SetBuilding(observer, observer.restart, work, bounds, wanted.fps, wanted.people)
    built = building.run([str(video) for video in wanted.videos], told)
    if not any(built.gathering.people[person].bank.looks for person in built.main):
        shutil.rmtree(work.folder)
        names = ", ".join(video.name for video in wanted.videos)
        raise InputError(
            f"nobody can be made out in {names}: {built.looked} frames were looked at, and none or too few show one"
            " face clearly; sets need three clear frames of a person at least"
        )
    return built


def _plan(wanted: BuildOptions, embedder: "FaceEmbedder", looks: str) -> dict[str, object]:
    """What a resumed run must have in common with the one before it."""
    stats = [(video.name, video.stat().st_size, video.stat().st_mtime_ns) for video in wanted.videos]
    return {
        "version": 1,
        "videos": [list(one) for one in stats],
        "people": wanted.people,
        "fps": wanted.fps,
        "embedder": embedder.digest,
        "looks": looks,
    }


def _land(out: Path, into: Path) -> None:
    """The finished sets get their places; the sheet comes last: where it is, all is."""
    names = sorted((path.name for path in out.iterdir()), key=lambda name: (name == "sheet.jpg", name))
    for name in names:
        if (into / name).is_dir():  # of a run that was killed at this very place
            shutil.rmtree(into / name)
        (out / name).rename(into / name)
    shutil.rmtree(into / WORK)


def lines(built: "Built", sets: Sequence["Sets"]) -> list[str]:
    """One line a person."""
    told = []
    for number, (person, one) in enumerate(zip(built.main, sets, strict=True)):
        filled = ", ".join(f"{name} {value}" for name, value in one.covered.words.items())
        told.append(
            f"person_{number}: {len(one.anchors)} anchors, {len(one.coverage)} coverage ({filled}),"
            f" {len(one.challenges)} challenge; track score {built.gathering.score(person):.2f}; {built.stopped.value}"
        )
    return told
