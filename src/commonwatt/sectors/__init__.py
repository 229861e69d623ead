"""The services of the city: one folder each, the same few rooms in all of them."""
