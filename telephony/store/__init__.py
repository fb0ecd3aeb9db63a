"""The record: PostgreSQL through asyncpg, and nothing else imports asyncpg."""
