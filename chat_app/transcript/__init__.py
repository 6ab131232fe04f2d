"""A turn's view as rows of the thread's history: chat steps, messages and the elements that draw them."""
