-- What other systems are still to be told, and what became of it.
CREATE TABLE outbox (
    id         text PRIMARY KEY,
    target     text NOT NULL,
    body       text NOT NULL,
    created_at double precision NOT NULL,
    attempts   integer NOT NULL DEFAULT 0,
    next_at    double precision NOT NULL,
    sent_at    double precision,
    dead_at    double precision,
    why        text NOT NULL DEFAULT ''  -- of the last failure
);
CREATE INDEX outbox_due ON outbox (target, created_at, id) WHERE sent_at IS NULL AND dead_at IS NULL;
