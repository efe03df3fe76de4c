"""What is true: pure, sync, no I/O."""
