"""HTTP around the chat page: who may come in, under which policy, and the pages of our own. Knows no chat framework."""
