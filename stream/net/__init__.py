"""Listening sockets: who may connect, how many at once, and what happens when descriptors run out."""
