"""Samples of decoded frames: where they lie, what colour they mean, how regions are read and pasted."""
