-- Letters of complaints, as they were sent; when each complaint is to be looked at next, for the hotline to remind and escalate.
CREATE TABLE complaint_letter (
    id          text PRIMARY KEY,  -- that of its message in the outbox, too
    interaction text NOT NULL REFERENCES complaint ON DELETE CASCADE,
    act         text NOT NULL,
    way         text NOT NULL,
    recipient   text NOT NULL,     -- a pseudonym of the address; empty: sent by hand
    text        text NOT NULL,
    actor       text NOT NULL,     -- empty: the hotline itself
    made_at     double precision NOT NULL,
    entered_at  double precision   -- sent at that time, and among the steps
);
CREATE INDEX complaint_letter_of ON complaint_letter (interaction, made_at);
CREATE INDEX complaint_letter_waiting ON complaint_letter (made_at) WHERE entered_at IS NULL;

ALTER TABLE complaint ADD COLUMN look_on date NOT NULL DEFAULT '-infinity';
ALTER TABLE complaint ADD COLUMN look_rules text NOT NULL DEFAULT '';  -- by which it was reckoned
CREATE INDEX complaint_look ON complaint (look_on, interaction) WHERE over_at IS NULL;
CREATE INDEX complaint_open_first ON complaint (filed_at, interaction) WHERE over_at IS NULL;
DROP INDEX complaint_open;
