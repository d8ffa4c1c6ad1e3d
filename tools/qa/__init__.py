"""`understudy qa`: what is wrong in a finished swap, when, and why."""
