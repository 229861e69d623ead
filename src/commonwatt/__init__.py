"""commonwatt: a city's grid and the services that hang off it, run as one system."""
