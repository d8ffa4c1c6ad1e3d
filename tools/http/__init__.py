"""What every HTTP server here shares: limits, tokens, uploads."""
