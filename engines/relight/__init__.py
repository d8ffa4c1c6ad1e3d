"""Relighting pictures of people: who is where, the surface without its light, where it faces, and a new light on it."""
