"""Looking at finished swaps: frames in, figures of faces out. What they mean is decided in `calib.qa`."""
