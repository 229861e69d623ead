"""Homes: base consumption, heat pumps, hot water, batteries, and the comfort of the people."""
