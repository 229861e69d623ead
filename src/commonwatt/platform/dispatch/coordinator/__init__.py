"""The coordinator: dispatch for many assets by prices and exact responses, with a certificate."""
