"""Labelled spectacles: shapes, drawing, bands, shards."""
