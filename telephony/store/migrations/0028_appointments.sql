-- Visits that customers are called about; `id` is the interaction of their ticket.
CREATE TABLE appointment (
    id        text PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    number    text NOT NULL,
    day       date NOT NULL,
    begins    time NOT NULL,
    place     text NOT NULL,
    language  text NOT NULL,
    loaded_at double precision NOT NULL,
    state     text NOT NULL CHECK (state IN ('open', 'confirmed', 'move', 'talked', 'not_reached', 'withdrawn')),
    attempts  integer NOT NULL,
    next_at   double precision NOT NULL,
    call      text,  -- the interaction of the last try
    done_at   double precision,
    CHECK ((state = 'open') = (done_at IS NULL))
);
CREATE INDEX appointment_due ON appointment (next_at) WHERE state = 'open';
CREATE UNIQUE INDEX appointment_call ON appointment (call);
