"""Where evidence comes from: the web, and the documents of this installation."""
