"""The schema's history, from empty to head, the same on both engines."""
