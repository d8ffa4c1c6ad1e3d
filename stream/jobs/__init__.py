"""Jobs: one clip or picture from target to output, swapped, marked and reported. Returns what came of it; prints
nothing."""
