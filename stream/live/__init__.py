"""Live: what keeps delay bounded and no face bare."""
