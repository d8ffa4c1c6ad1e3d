"""Swaps a face in every video and picture of a folder: python examples/folder.py FACE.jpg FOLDER OUTPUT_FOLDER"""

import sys
from pathlib import Path

import understudy_video as understudy


def main(face: str, folder: str, output: str) -> int:
    Path(output).mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in sorted(p for p in Path(folder).iterdir() if p.is_file() and not p.name.startswith(".")):
        try:
            made = understudy.swap_file(
                face, path, Path(output) / path.name, consent="self, 2026-11-30, an example", overwrite=True
            )
        except understudy.UnderstudyError as error:
            failed += 1
            print(f"{path.name}: {error}")
            continue
        print(f"{path.name}: {made.frames} frames, {made.painted} painted", *made.warnings, sep="\n  ")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
