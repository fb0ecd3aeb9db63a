-- Stretches of a call: on hold, or of which nothing is known; and when a server was last alive, from which on the latter.

ALTER TABLE interaction ADD COLUMN spans jsonb NOT NULL DEFAULT '[]';  -- [{kind, from_at, to_at}]

CREATE TABLE last_alive (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at  double precision NOT NULL
);
