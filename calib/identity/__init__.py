"""Identity sets: who is the same person, which pictures of a person are worth having, and when there are enough."""
