"""`understudy stream` and `serve`."""
