-- What persons ask about their data, whose data must stay, and what was erased. Who is meant is a pseudonym.
CREATE TABLE privacy_request (
    id           text PRIMARY KEY,
    kind         text NOT NULL,
    subject      text NOT NULL,
    number       text NOT NULL,  -- as given; empty once the person is erased
    note         text NOT NULL,
    received_on  date NOT NULL,  -- Polish time
    due_on       date NOT NULL,
    entered_by   text NOT NULL,
    extended_why text NOT NULL DEFAULT '',
    answer       text,
    answered_on  date,
    answered_by  text NOT NULL DEFAULT '',
    CHECK ((answer IS NULL) = (answered_on IS NULL))
);
CREATE INDEX privacy_request_open ON privacy_request (due_on) WHERE answer IS NULL;

CREATE TABLE privacy_hold (
    id          text PRIMARY KEY,
    subject     text NOT NULL,
    numbers     text[] NOT NULL,  -- none once it is released
    reason      text NOT NULL,
    placed_at   double precision NOT NULL,
    placed_by   text NOT NULL,
    until       double precision,
    released_at double precision,
    released_by text NOT NULL DEFAULT ''
);

-- An erasure that was begun is carried on, by whoever comes next: `wanted` tells who is meant until it is done.
CREATE TABLE privacy_erasure (
    id         text PRIMARY KEY,
    subjects   text[] NOT NULL,
    actor      text NOT NULL,
    begun_at   double precision NOT NULL,
    wanted     jsonb,  -- {customers, phones, calls, tickets, names}
    counts     jsonb NOT NULL DEFAULT '{}',  -- place → rows or files, so far
    kept_calls text[] NOT NULL DEFAULT '{}',  -- whose records the law still wants: forgotten when it does not
    done_at    double precision,
    receipt    text,  -- signed
    CHECK (done_at IS NULL OR (wanted IS NULL AND receipt IS NOT NULL))
);
CREATE INDEX privacy_erasure_kept ON privacy_erasure (id) WHERE done_at IS NULL OR kept_calls <> '{}';
