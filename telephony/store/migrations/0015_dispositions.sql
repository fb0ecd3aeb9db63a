-- What came of each agent's part of a call: a code of its queue's list, or none while it is owed.
CREATE TABLE disposition (
    interaction text NOT NULL,
    agent       text NOT NULL,
    queue       text NOT NULL,
    owed_at     double precision NOT NULL,
    code        text,
    given_at    double precision,
    PRIMARY KEY (interaction, agent),
    CHECK ((code IS NULL) = (given_at IS NULL))
);
CREATE INDEX disposition_owed ON disposition (owed_at) WHERE code IS NULL;
