"""`understudy swap` and `demo`: from the options to the finished file."""
