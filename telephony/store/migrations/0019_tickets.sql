-- Several interactions may be one matter: the ticket that is open about it takes them in.

ALTER TABLE ticket ADD COLUMN about text;  -- person and topic; null: nothing else is ever taken in
CREATE UNIQUE INDEX ticket_about ON ticket (about) WHERE status <> 'closed';

CREATE TABLE ticket_interaction (
    interaction text PRIMARY KEY,
    ticket      bigint NOT NULL REFERENCES ticket ON DELETE CASCADE,
    subject     text NOT NULL,
    body        text NOT NULL,
    entered_at  double precision NOT NULL
);
CREATE INDEX ticket_interaction_ticket ON ticket_interaction (ticket);
INSERT INTO ticket_interaction SELECT interaction, sequence, subject, body, opened_at FROM ticket;
