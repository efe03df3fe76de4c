"""What can be done: every change of state, named by the verb of who asks for it."""
