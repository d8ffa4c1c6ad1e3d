"""Inputs and outputs that last: addresses, reconnection, encoders for live outputs, the relay between them."""
