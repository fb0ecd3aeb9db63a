"""Recordings at rest: sealed files, their keys, and the program that makes one of what Asterisk has left."""
