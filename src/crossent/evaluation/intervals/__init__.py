"""How far a figure could be off because other rows might have come."""
