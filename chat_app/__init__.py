"""Research Chat: deep research in the browser that a crash cannot lose."""

__version__ = "0.1.0"
