"""Pairs that the light network learns from: lamps, scenes, shards."""
