"""Frames, time, order, queues, decoding, encoding, transports. Knows nothing of argument parsing or training."""
