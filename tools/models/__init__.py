"""`understudy models ...` and `doctor`."""
