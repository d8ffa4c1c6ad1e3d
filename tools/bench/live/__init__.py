"""`understudy bench live`: glass-to-glass delay between processes."""
