-- Who was asked by a link how the hotline has done, and what was answered. What is decided about a ticket is decided once;
-- of a link's token only the SHA-256 is here.
CREATE TABLE survey_invitation (
    ticket      bigint PRIMARY KEY REFERENCES ticket ON DELETE CASCADE,
    customer    text NOT NULL,  -- empty: not known
    phone       text NOT NULL,  -- that called, or that the link went to; empty: not known
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
CREATE INDEX survey_invitation_customer ON survey_invitation (customer) WHERE why = 'asked';
CREATE INDEX survey_invitation_phone ON survey_invitation (phone) WHERE why = 'asked';
CREATE INDEX survey_invitation_answered ON survey_invitation (answered_at) WHERE answered_at IS NOT NULL;

-- Who does not want to be asked.
CREATE TABLE survey_objection (
    customer text NOT NULL,  -- empty: not known
    phone    text NOT NULL,
    at       double precision NOT NULL,
    PRIMARY KEY (customer, phone)
);

CREATE INDEX survey_answer_at ON survey_answer (answered_at);
