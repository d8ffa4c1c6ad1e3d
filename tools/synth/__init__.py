"""Labelled pictures that the project makes itself: occluders as layers, laid over faces, for training and for
measuring."""
