"""Swaps a face in pictures that are numpy arrays, in a loop: python examples/numpy_loop.py FACE.jpg PICTURE.jpg OUT.png

The person in FACE.jpg has to agree; write down who, when and what for.
"""

import sys

import cv2

import understudy_video as understudy


def main(face: str, picture: str, output: str) -> None:
    rgb = cv2.cvtColor(cv2.imread(picture), cv2.COLOR_BGR2RGB)
    with understudy.open(face, consent="self, 2026-11-30, an example") as swap:
        for index in range(25):  # as a video would come: the same picture for a second
            out = swap(rgb, seconds=index / 25)
        print(f"{len(swap.faces)} faces, {sum(face.painted for face in swap.faces)} painted")
    cv2.imwrite(output, cv2.cvtColor(out, cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main(*sys.argv[1:])
