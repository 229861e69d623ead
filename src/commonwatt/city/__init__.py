"""The only place that wires: the city's model, its field, its loop."""
