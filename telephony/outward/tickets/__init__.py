"""Ticket systems of others: told of our tickets through the outbox, asked for what was done to them there."""
