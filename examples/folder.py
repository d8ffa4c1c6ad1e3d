"""Swaps a face in every video and picture of a folder: python examples/folder.py FACE.jpg FOLDER OUTPUT_FOLDER"""

import sys

import understudy_video as understudy


def main(face: str, folder: str, output: str) -> int:
    try:
        done = understudy.swap_files(face, folder, output, consent="self, 2026-11-30, an example", skip_done=True)
    except understudy.UnderstudyError as error:
        print(error)
        return 2
    for file in done.files:
        if file.result is None:
            print(f"{file.item.target.name}: {file.state}: {file.why}")
            continue
        made = file.result
        print(f"{file.item.target.name}: {made.frames} frames, {made.painted} painted", *made.warnings, sep="\n  ")
    return done.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
