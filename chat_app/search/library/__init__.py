"""The user's own documents: found in a folder, read, indexed, and searched for passages that answer a question."""
