-- Who proves a log-in with an app's codes, too. The secret is encrypted with a key that is not in this database, and of
-- the codes on paper only a MAC with that key is here: a copy of the database lets nobody in.
CREATE TABLE second_factor (
    login       text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    secret      bytea NOT NULL,
    last_step   bigint NOT NULL,  -- of the code used last: no code counts twice [RFC 6238 §5.2]
    enrolled_at double precision NOT NULL
);

CREATE TABLE recovery_code (
    login   text NOT NULL REFERENCES second_factor ON DELETE CASCADE,
    mac     text NOT NULL,
    used_at double precision,
    PRIMARY KEY (login, mac)
);
