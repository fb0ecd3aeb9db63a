"""Persons' rights over their data: export, erasure with a receipt, holds, and what is forgotten in time."""
