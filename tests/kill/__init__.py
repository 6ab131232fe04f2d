"""Turns that survive kill -9."""
