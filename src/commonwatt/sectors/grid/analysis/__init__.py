"""What the wires carry: power flow, what "overloaded" means, and the account of it."""
