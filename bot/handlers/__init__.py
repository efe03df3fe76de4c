"""How each platform talks."""
