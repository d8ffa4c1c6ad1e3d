"""Generative refiners that are not part of this project, each a program of its own in an environment of its own."""
