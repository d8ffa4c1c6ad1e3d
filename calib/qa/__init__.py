"""Judging finished swaps: figures of faces to flagged spans. Pure."""
