"""Studies: the same rules as live, on a virtual clock, against an honest baseline."""
