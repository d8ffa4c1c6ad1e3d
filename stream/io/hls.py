"""HLS output: names, numbers and the end of its list. FFmpeg's muxer begins again at number 0 over what is still being
watched, and calls a list ended that only changes its picture size; both are settled here.
"""

import contextlib
import re
from pathlib import Path

LENGTH, KEPT = 2, 8  # seconds of a segment; segments in the list


def options(playlist: Path, fresh: bool) -> dict[str, str]:
    """For the muxer, opened now: numbers go on after those that are there. fresh: another stream begins, so that all
    segments of earlier ones are removed, and the list that names them; else only those that no list names any more."""
    numbers = sorted(int(m[1]) for p in playlist.parent.iterdir() if (m := _name(playlist).fullmatch(p.name)))
    begin = numbers[-1] + 1 if numbers else 0
    _remove(playlist, set(numbers) if fresh else set(numbers[: -KEPT - 1]))
    if fresh:
        with contextlib.suppress(OSError):
            playlist.unlink(missing_ok=True)
    return {
        "hls_segment_type": "fmp4",
        "hls_time": str(LENGTH),
        "hls_list_size": str(KEPT),
        "hls_flags": "delete_segments+independent_segments+program_date_time+temp_file+omit_endlist",
        "start_number": str(begin),
        "hls_fmp4_init_filename": f"{playlist.stem}.{begin:06d}.init.mp4",
        "hls_segment_filename": str(playlist.with_name(f"{playlist.stem.replace('%', '%%')}.%06d.m4s")),
    }


def finish(playlist: Path) -> None:
    """Nothing comes any more: players may stop asking."""
    with contextlib.suppress(OSError), playlist.open("a") as file:
        file.write("#EXT-X-ENDLIST\n")


def _remove(playlist: Path, numbers: set[int]) -> None:
    """Removes the segments of these numbers, and their headers."""
    for path in list(playlist.parent.iterdir()):
        match = _name(playlist).fullmatch(path.name)
        if match is not None and int(match[1]) in numbers:
            with contextlib.suppress(OSError):
                path.unlink()


def _name(playlist: Path) -> re.Pattern[str]:
    return re.compile(re.escape(playlist.stem) + r"\.(\d{6,})\.(?:m4s|init\.mp4)(?:\.tmp)?")
