"""What pages ask for: one router and its schemas a file."""
