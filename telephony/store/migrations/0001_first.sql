-- What the hotline keeps. No extensions, so that any PostgreSQL from 14 will do.

CREATE TABLE customer (
    number        text PRIMARY KEY,
    name          text NOT NULL,
    address       text NOT NULL,
    services      text[] NOT NULL DEFAULT '{}',
    since         date NOT NULL,
    accessibility boolean NOT NULL DEFAULT false  -- the remembered preference, kept only with consent
);

CREATE TABLE customer_phone (
    e164     text PRIMARY KEY,
    reversed text NOT NULL,  -- digits backwards: a search by the last digits is a search by prefix
    customer text NOT NULL REFERENCES customer ON DELETE CASCADE
);
CREATE INDEX customer_phone_reversed ON customer_phone (reversed text_pattern_ops);

CREATE TABLE account (
    login         text PRIMARY KEY,
    display_name  text NOT NULL,
    password_hash text NOT NULL,
    endpoint      text NOT NULL DEFAULT '',
    skills        jsonb NOT NULL DEFAULT '{}',
    role          text NOT NULL
);

CREATE TABLE interaction (
    interaction text PRIMARY KEY,
    node        text NOT NULL,
    channel     text NOT NULL,
    uniqueid    text NOT NULL,
    linkedid    text NOT NULL,
    did         text NOT NULL,
    caller      text,
    codec       text NOT NULL,
    state       text NOT NULL,
    lane        text NOT NULL,
    queue       text,
    arrived_at  double precision NOT NULL,  -- seconds since the epoch, as everywhere in the hotline
    queued_at   double precision,
    answered_at double precision,
    ended_at    double precision,
    agent       text,
    attempt     integer NOT NULL,
    outcome     text,
    offered_at  double precision,
    painted_at  double precision,
    rang_at     double precision,
    CONSTRAINT an_end_has_an_outcome CHECK ((outcome IS NULL) = (ended_at IS NULL))
);
CREATE INDEX interaction_arrived ON interaction (arrived_at);
CREATE INDEX interaction_open ON interaction (interaction) WHERE outcome IS NULL;
CREATE INDEX interaction_caller ON interaction (caller);

CREATE TABLE decision (
    interaction text NOT NULL,
    agent       text NOT NULL,
    decided_at  double precision NOT NULL,
    rule        text NOT NULL,
    explanation text NOT NULL,
    waiting     integer NOT NULL,
    PRIMARY KEY (interaction, decided_at)
);

CREATE TABLE ticket (
    sequence    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- its number is this with a check digit
    interaction text NOT NULL UNIQUE,
    queue       text,
    subject     text NOT NULL,
    body        text NOT NULL,
    customer    text REFERENCES customer ON DELETE SET NULL,
    status      text NOT NULL DEFAULT 'open',
    opened_at   double precision NOT NULL
);
CREATE INDEX ticket_open ON ticket (customer) WHERE status <> 'closed';

CREATE TABLE quality (
    interaction       text NOT NULL,
    leg               text NOT NULL,
    direction         text NOT NULL,
    codec             text NOT NULL,
    loss_ratio        double precision,
    jitter_ms         double precision,
    rtt_ms            double precision,
    delay_ms          double precision,
    r_factor          double precision,
    mos_cq            double precision,
    mos_lq            double precision,
    scale             text,
    source            text NOT NULL,
    ungrounded_reason text,
    PRIMARY KEY (interaction, leg, direction)
);
