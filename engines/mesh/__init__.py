"""The classical one-photo swap over a 468-point face mesh."""
