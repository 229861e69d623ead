"""What each family does at given prices: exact best responses, compiled, one row at a time."""
