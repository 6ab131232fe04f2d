"""What Chainlit loads by path: importing the callbacks registers them."""

from chat_app.chat import callbacks

__all__ = ["callbacks"]
