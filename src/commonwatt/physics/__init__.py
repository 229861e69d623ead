"""Pure array models of the physical world, shared by sectors. No I/O, no clock, no randomness."""
