"""Turns labelled or collected arrays into artefacts: thresholds, temperatures, ranges. Knows nothing of video or users."""
