-- Recordings that are sealed, by their name in the vault: a row for each file there, and none once it is removed.
CREATE TABLE recording (
    name        text PRIMARY KEY,
    interaction text NOT NULL,
    kind        text NOT NULL,
    begun_at    double precision NOT NULL,
    duration_s  double precision NOT NULL,
    sealed_at   double precision NOT NULL
);
CREATE INDEX recording_interaction ON recording (interaction);
CREATE INDEX recording_begun ON recording (begun_at, name);
CREATE INDEX interaction_follows ON interaction (follows) WHERE follows IS NOT NULL;
