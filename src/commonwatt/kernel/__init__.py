"""The ground floor: units, time, money, flexibility and the ports. No I/O, no solver, no sector."""
