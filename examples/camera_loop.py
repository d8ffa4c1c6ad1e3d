"""Swaps a face in what a camera (or a video file) shows, with OpenCV: python examples/camera_loop.py FACE.jpg [CAMERA]

CAMERA is a number, 0 by default, or a file. Ends with q, or with the file. `--headless OUT.mp4` writes instead of
showing."""

import sys
import time

import cv2

import understudy_video as understudy


def main(face: str, camera: str = "0", *rest: str) -> None:
    writer = rest[1] if rest[:1] == ("--headless",) else None
    film = cv2.VideoCapture(int(camera) if camera.isdigit() else camera)
    out, began, count = None, time.monotonic(), 0
    with understudy.open(face, consent="self, 2026-11-30, an example", who="all", on_miss="blur") as swap:
        while True:
            there, bgr = film.read()
            if not there:
                break
            seconds = film.get(cv2.CAP_PROP_POS_MSEC) / 1000 if writer else time.monotonic() - began
            shown = cv2.cvtColor(swap(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), seconds), cv2.COLOR_RGB2BGR)
            count += 1
            if writer is None:
                cv2.imshow("understudy", shown)
                if cv2.waitKey(1) == ord("q"):
                    break
                continue
            if out is None:
                out = cv2.VideoWriter(writer, cv2.VideoWriter.fourcc(*"mp4v"), 25, shown.shape[1::-1])
            out.write(shown)
    if out is not None:
        out.release()
    print(f"{count} frames")


if __name__ == "__main__":
    main(*sys.argv[1:])
