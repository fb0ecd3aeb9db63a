-- Who has seen what of whom. Lines are added and nothing else; each is sealed with the one before it, so that what
-- somebody with more rights does to them is found (hotline audit verify).
CREATE TABLE audit (
    sequence bigint PRIMARY KEY,
    id       text NOT NULL UNIQUE,
    at       double precision NOT NULL,
    actor    text NOT NULL,
    act      text NOT NULL,
    subject  text NOT NULL,  -- a pseudonym
    fields   text[] NOT NULL,
    why      text NOT NULL,
    seal     text NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, sequence) WHERE subject <> '';
CREATE INDEX audit_actor ON audit (actor, sequence);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lines of the audit are neither changed nor removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_all_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
