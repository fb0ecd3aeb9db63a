-- What has become of a complaint, step by step: nothing is ever changed, where it stands follows from the steps.
ALTER TABLE complaint ADD COLUMN over_at double precision;  -- nothing is owed any more
CREATE INDEX complaint_open ON complaint (filed_at) WHERE over_at IS NULL;

CREATE TABLE complaint_step (
    interaction text NOT NULL REFERENCES complaint ON DELETE CASCADE,
    number      integer NOT NULL,  -- two people who act at once: the second is refused
    act         text NOT NULL,
    at          double precision NOT NULL,
    taken_on    date NOT NULL,  -- Polish time
    actor       text NOT NULL,  -- empty: the hotline itself
    facts       jsonb NOT NULL,
    PRIMARY KEY (interaction, number)
);
