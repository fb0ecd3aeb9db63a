-- What a consultant has written down of a call; the last text of each consultant.
CREATE TABLE note (
    interaction text NOT NULL,
    agent       text NOT NULL,
    text        text NOT NULL,
    saved_at    double precision NOT NULL,
    PRIMARY KEY (interaction, agent)
);
