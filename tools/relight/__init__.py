"""`understudy relight`: pictures of people in new light, as data for training."""
