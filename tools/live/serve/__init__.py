"""`understudy serve`: WHIP in, WHEP out, a page."""
