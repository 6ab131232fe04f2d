"""Chainlit callbacks and the followers that show turns in its sessions."""
