"""`understudy bench routing`."""
