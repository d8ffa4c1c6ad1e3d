"""Feeds: streams and cameras in, streams and files out, for as long as it takes."""
