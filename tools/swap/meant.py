"""What a user meant by a `swap` line whose words do not fit: the line to type instead. Pure; looks only at file names
and at what exists.
"""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"))
VIDEOS = frozenset((".mp4", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m4v", ".mpg", ".mpeg"))


MOST = 12  # words of one name


def exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # too long for a name
        return False


def meant(
    line: Sequence[str], words: Sequence[str], has_face: bool = False, there: Callable[[str], bool] = exists
) -> str:
    """The words that were probably meant after `swap`, quoted for a shell; empty where nothing is plain.

    line: what was typed after `swap`. words: those of it that stand for themselves, in order. has_face: an option gave
    one already. there: whether a file of that name exists.
    """
    if joined := _joined(words, there):
        return shlex.join([*_options(line, words), *joined])
    if has_face:
        return ""
    faces, rest = list(words[:-2]), list(words[-2:])
    if not faces and len(rest) == 2:
        face = next((w for w in rest if _is(w, PICTURES) and there(w)), None)
        target = next((w for w in rest if _is(w, VIDEOS) and there(w)), None)
        if face is None or target is None:
            return ""
        faces, rest = [face], [target, str(Path(target).with_stem(f"{Path(target).stem}-swapped"))]
    if not faces or not all(_is(face, PICTURES) or Path(face).is_dir() for face in faces):
        return ""
    sources = [word for face in faces for word in ("--source", face)]
    return shlex.join([*sources, *_options(line, words), *rest])


def _is(name: str, kinds: frozenset[str]) -> bool:
    return Path(name).suffix.lower() in kinds


def _joined(words: Sequence[str], there: Callable[[str], bool]) -> list[str]:
    """The words with two or more neighbours put together that name one file, whose blanks were not quoted."""
    for start in range(len(words)):
        for end in range(min(len(words), start + MOST), start + 1, -1):
            name = " ".join(words[start:end])
            if there(name) and not all(there(word) for word in words[start:end]):
                return [*words[:start], name, *words[end:]]
    return []


def _options(line: Sequence[str], words: Sequence[str]) -> list[str]:
    """The line without those words, taken from its end: an option's value comes before them as a rule."""
    left = list(line)
    for word in reversed(words):
        for place in range(len(left) - 1, -1, -1):
            if left[place] == word:
                del left[place]
                break
    return left
