"""Citizens, equity, finance, resilience: they read measures and never import a sector."""
