"""Heavier face detectors behind one protocol."""
