"""`python -m tests.tools.fuzz`: the whole campaign, or one case again."""

import argparse
import tempfile
import time
from pathlib import Path

import cv2

from tests.tools.commands import portrait
from tests.tools.fuzz.campaign import case, runner
from tests.tools.fuzz.inputs import wholes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tools.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs of cases that are found")
    parser.add_argument("--each", action="store_true", help="print every case, not only those that are found")
    asked = parser.parse_args()
    begun, codes, found, slowest = time.monotonic(), dict[int, int](), 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        made = wholes(Path(folder) / "wholes")
        face = Path(folder) / "face.png"
        cv2.imwrite(str(face), portrait()[..., ::-1])
        with runner(face, Path(folder) / "work") as program:
            number = asked.first
            for number in range(asked.first, asked.first + asked.count):
                if time.monotonic() - begun > asked.minutes * 60:
                    break
                outcome = program.run(case(made, asked.seed, number))
                codes[outcome.code] = codes.get(outcome.code, 0) + 1
                slowest = max(slowest, outcome.spent)
                if asked.each or outcome.complaints:
                    last = outcome.said.strip().splitlines()[-1:] or [""]
                    print(f"{outcome.case}: {outcome.code}, {outcome.spent} s: {last[0][:200]}", flush=True)
                for complaint in outcome.complaints:
                    print(f"  FOUND {complaint}", flush=True)
                found += bool(outcome.complaints)
                if outcome.complaints and asked.keep:
                    asked.keep.mkdir(exist_ok=True)
                    name = f"{asked.seed}_{number}{Path(outcome.case.whole).suffix}"
                    (asked.keep / name).write_bytes(outcome.case.data)
                    (asked.keep / f"{name}.txt").write_text(outcome.said)
            else:
                number += 1
    took = (time.monotonic() - begun) / 60
    print(f"{number - asked.first} cases in {took:.1f} min: {found} found; codes {codes}; slowest {slowest} s")


if __name__ == "__main__":
    main()
