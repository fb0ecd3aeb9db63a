-- Who was asked by a link how the hotline has done, and what was answered. What is decided about a ticket is decided once;
-- of a link's token only the SHA-256 is here.
CREATE TABLE survey_invitation (
    ticket      bigint PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    person      text NOT NULL,  -- the customer number, else the number that called
    queue       text,
    why         text NOT NULL CHECK (why IN ('asked', 'nobody', 'objected', 'quiet', 'share')),
    decided_at  double precision NOT NULL,
    key         text UNIQUE,
    expires_at  double precision,
    answered_at double precision,
    nps         integer CHECK (nps BETWEEN 0 AND 10),
    csat        integer CHECK (csat BETWEEN 1 AND 5),
    comment     text NOT NULL DEFAULT '',
    CHECK ((why = 'asked') = (key IS NOT NULL) AND (key IS NULL) = (expires_at IS NULL))
);
CREATE INDEX survey_invitation_person ON survey_invitation (person, decided_at) WHERE why = 'asked';
CREATE INDEX survey_invitation_answered ON survey_invitation (answered_at) WHERE answered_at IS NOT NULL;

-- Who does not want to be asked.
CREATE TABLE survey_objection (
    person text PRIMARY KEY,
    at     double precision NOT NULL
);

CREATE INDEX survey_answer_at ON survey_answer (answered_at);
