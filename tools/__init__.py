"""What people touch: the command line, benchmarks, offline training stages. Nothing stands above this floor."""
