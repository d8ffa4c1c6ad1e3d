"""Threads and the bounded queues between them; order restored behind them."""
