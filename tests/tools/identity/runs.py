"""A run over a video without anybody, with observations that are made up: two people, one of them hard to see."""

from pathlib import Path

from calib.identity.bounds import bounds_of
from stream.frame import Frame
from stream.identity.building import Built, SetBuilding
from stream.identity.observing import Observation
from tests.calib.identity.candidates import CLEAR, OPEN, SMILING
from tests.stream.identity.rides import grey, observed
from tools.identity.work import Work


def couple(frame: Frame) -> list[Observation]:
    i = frame.index
    signs = (CLEAR, SMILING, OPEN)[i // 10 % 3]
    yaw = (i * 5) % 80 - 40.0
    first = observed(frame, 0, seen=7.0 * i, yaw=0 if i < 5 else yaw, signs=signs)
    second = observed(frame, 1, person=90, seen=3.0 * i, x=8, occlusion=0.6 if i % 4 == 3 else 0)
    return [first, second]


def built(folder: Path, videos: int = 1) -> tuple[Built, Work]:
    work = Work(folder / ".work", {})
    paths = [str(grey(folder / f"{i}.mkv", 60)) for i in range(videos)]
    building = SetBuilding(couple, lambda: None, work, bounds_of("arcface_w600k_r50"), 5, 2)
    return building.run(paths, lambda video, seconds: None), work
