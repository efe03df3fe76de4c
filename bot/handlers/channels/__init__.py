"""Where clients write."""
