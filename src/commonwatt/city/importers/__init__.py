"""Cities from elsewhere: pandapower nets, SimBench codes, and assets dealt over homes."""
