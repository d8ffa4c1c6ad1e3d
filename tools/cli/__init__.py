"""What commands share: options, progress, tables, times, configuration files."""
