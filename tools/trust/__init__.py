"""Consent, identities, signing and verifying, as people meet them."""
