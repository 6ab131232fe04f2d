"""What a client of the chat sees, over the wire."""
