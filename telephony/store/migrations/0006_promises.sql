-- What a caller asks of a flow, and leaves with it.

-- What a flow may tell a customer who has proven to be one. Amounts in whole grosze.
CREATE TABLE customer_account (
    customer       text PRIMARY KEY REFERENCES customer (number) ON DELETE CASCADE,
    balance        bigint NOT NULL DEFAULT 0,
    balance_due    date,
    invoice        text,
    invoice_amount bigint,
    invoice_due    date,
    invoice_paid   boolean,
    line_state     text NOT NULL DEFAULT 'unknown' CHECK (line_state IN ('ok', 'fault', 'unknown')),
    line_since     date,
    line_repair    date
);

CREATE TABLE callback_request (
    interaction   text NOT NULL,
    queue         text NOT NULL,
    lane          text NOT NULL,
    number        text NOT NULL,
    shown         text NOT NULL,
    first_arrival double precision NOT NULL,
    requested_at  double precision NOT NULL,
    done_at       double precision,
    PRIMARY KEY (interaction, number)
);
CREATE UNIQUE INDEX callback_request_open ON callback_request (number) WHERE done_at IS NULL;

CREATE TABLE complaint (
    interaction text PRIMARY KEY,
    kind        text NOT NULL,
    customer    text REFERENCES customer (number) ON DELETE SET NULL,
    elements    jsonb NOT NULL DEFAULT '{}',
    filed_at    double precision NOT NULL
);

CREATE TABLE survey_answer (
    interaction text NOT NULL,
    survey      text NOT NULL CHECK (survey IN ('csat', 'nps')),
    value       integer NOT NULL CHECK (value BETWEEN 0 AND 10),
    answered_at double precision NOT NULL,
    PRIMARY KEY (interaction, survey)
);
