-- When a consultant has paused the recording of a talk, and why. `to_at` NULL: until resumed, or to the end of the call.
CREATE TABLE recording_pause (
    interaction text NOT NULL,
    agent       text NOT NULL,
    reason      text NOT NULL,
    from_at     double precision NOT NULL,
    to_at       double precision,
    PRIMARY KEY (interaction, from_at)
);
