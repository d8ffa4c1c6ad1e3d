"""What a job's own process is made of: its inputs, its pieces, their joining, and what it says of itself."""
