"""`understudy bench engines`."""
