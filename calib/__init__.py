"""Labelled or collected arrays become artefacts: thresholds, temperatures, ranges. Knows nothing of video or users."""
