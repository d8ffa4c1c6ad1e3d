"""Consent: identity packages, whom a source means, and who is refused."""
