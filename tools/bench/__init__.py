"""`understudy bench ...`: what this machine does, measured."""
