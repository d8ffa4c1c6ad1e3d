"""How the command line's process begins. Light: nothing is imported that would load numpy."""

import os

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def limit_math_threads() -> None:
    """One thread for numpy's matrix products. To be called before numpy is imported; what the user set is kept."""
    for name in _THREADS:
        os.environ.setdefault(name, "1")


def quiet_opencv() -> None:
    """OpenCV's own words on damaged pictures are left out: ours say it. To be called before OpenCV is imported; what
    the user set is kept."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
