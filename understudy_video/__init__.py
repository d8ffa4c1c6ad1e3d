"""The Python API: faces in video replaced from any Python program. Knows the floors up to `stream`, nothing of `tools`.

    import understudy_video as understudy

    with understudy.open("face.jpg", consent="Ann Lee, 2026-11-30, our demo") as swap:
        out = swap(rgb)                     # uint8 (h, w, 3) RGB in and out; seconds= for video; av.VideoFrame too
    understudy.swap_file("face.jpg", "clip.mp4", "out.mp4", consent="Ann Lee, 2026-11-30, our demo")
    understudy.swap_files("face.jpg", ["clips/", "photo.png"], "out/", consent="Ann Lee, 2026-11-30, our demo")
    understudy.verify("out.mp4")

Its packages `engines`, `calib` and `stream` have common names. Importing this one fails at once, with a line that names
the file, where another module of such a name would be imported in their place.
"""

from understudy_video.shadowing import refuse_shadowed

__version__ = "0.1.0"

refuse_shadowed()

from collections.abc import Sequence  # noqa: E402 (after the check)

from engines.errors import UnderstudyError  # noqa: E402
from stream.marks.layers import Marking  # noqa: E402
from understudy_video.files import BatchProgress, FileProgress, swap_file, swap_files, verify  # noqa: E402
from understudy_video.people import Source  # noqa: E402
from understudy_video.swap import SeenFace, Swap  # noqa: E402

__all__ = [
    "BatchProgress",
    "FileProgress",
    "Marking",
    "SeenFace",
    "Swap",
    "UnderstudyError",
    "open",
    "swap_file",
    "swap_files",
    "verify",
]


def open(
    source: Source | Sequence[Source],
    *,
    consent: str | None = None,
    marking: Marking | None = None,
    **options: object,
) -> Swap:
    """Opens the networks and reads the source: a photo's path, a kept identity's name, uint8 (h, w, 3) RGB, several of
    one person in a list, or a list of such lists for several people.

    consent: who agreed, when and to what, in words; it goes into records. marking: leaves the invisible mark off, with
    a reason. options: as of `understudy swap`, by their names: who, model, device, routing, strength, on_miss and so
    on. Close what is returned, or use it as a context manager. Raises UnderstudyError."""
    from understudy_video.people import several

    return Swap(several(source), consent, options, marking or Marking())
