-- Tickets go to another system and come back: what it is to be told, where each ticket is there, and what came from there.

ALTER TABLE outbox ADD COLUMN about text NOT NULL DEFAULT '';  -- of one matter nothing overtakes anything
ALTER TABLE outbox ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX outbox_about ON outbox (target, about, sequence) WHERE sent_at IS NULL AND about <> '';
CREATE INDEX outbox_waiting ON outbox (target, sequence) WHERE sent_at IS NULL AND dead_at IS NULL AND about <> '';

CREATE TABLE ticket_system (
    name text PRIMARY KEY,
    told boolean NOT NULL,  -- what happens to tickets from now on
    mark text NOT NULL DEFAULT ''  -- how far its changes have been read, in its own words
);

CREATE TABLE ticket_there (
    ticket bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    system text NOT NULL,
    there  text NOT NULL,  -- its number in that system
    status text NOT NULL,  -- that both know
    PRIMARY KEY (system, ticket),
    UNIQUE (system, there)
);
CREATE INDEX ticket_there_ticket ON ticket_there (ticket);

CREATE TABLE ticket_change (
    system text NOT NULL,
    change text NOT NULL,  -- its name there: the same never counts twice
    ticket bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    at     double precision NOT NULL,
    actor  text NOT NULL,  -- who, as that system calls them
    status text,
    comment text NOT NULL,
    PRIMARY KEY (system, change)
);
CREATE INDEX ticket_change_ticket ON ticket_change (ticket, at);
