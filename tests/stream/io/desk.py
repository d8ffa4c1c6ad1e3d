"""A virtual camera's device of the library's own interface, which keeps what it gets, in place of this machine's."""

import time
from dataclasses import dataclass, field

import pytest

from engines.values import U8


@dataclass
class Desk:
    """What the device got: each picture's time and first luma; the pictures, flat I420. opened: sizes. wait: seconds
    that it takes for one."""

    opened: list[tuple[int, int]] = field(default_factory=list)
    got: list[tuple[float, int]] = field(default_factory=list)
    pictures: list[U8] = field(default_factory=list)
    closed: int = 0
    wait: float = 0.0


def installed(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The one device that there is from now on: the first, or `/dev/video10`."""
    camera = pytest.importorskip("pyvirtualcam.camera")
    made = Desk()

    class Backend:
        def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: str | None) -> None:
            if device not in (None, "/dev/video10"):
                raise RuntimeError(f"no such device: {device}. See also the documentation")
            made.opened.append((width, height))

        def send(self, frame: U8) -> None:
            time.sleep(made.wait)
            made.got.append((time.perf_counter(), int(frame[0])))
            made.pictures.append(frame.copy())

        def device(self) -> str:
            return "/dev/video10"

        def native_fourcc(self) -> None:
            return None

        def close(self) -> None:
            made.closed += 1

    monkeypatch.setattr(camera, "BACKENDS", {"ours": Backend})
    return made
