"""One idea each."""
