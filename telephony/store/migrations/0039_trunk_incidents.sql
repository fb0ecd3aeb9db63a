-- Trunks that stay bad; `id` is the interaction of the ticket, where it has one.
CREATE TABLE trunk_incident (
    id        text PRIMARY KEY,
    node      text NOT NULL,
    trunk     text NOT NULL,
    carrier   text NOT NULL,
    reason    text NOT NULL,
    began_at  double precision NOT NULL,
    well_at   double precision,
    ticket_at double precision,
    steps     integer NOT NULL,
    ended_at  double precision
);
CREATE UNIQUE INDEX trunk_incident_open ON trunk_incident (node, trunk) WHERE ended_at IS NULL;
