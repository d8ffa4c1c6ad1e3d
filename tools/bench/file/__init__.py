"""`understudy bench file`."""
