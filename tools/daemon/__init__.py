"""`understudy daemon`: jobs that survive a crash."""
