"""Searching for the best of many candidates by scores. Pure."""
