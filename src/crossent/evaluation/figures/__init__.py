"""Any one figure of an evaluation: by its name, at every threshold, along a curve, between groups."""
