-- Who is logged in. Of a session's token only the SHA-256 is here, so that nobody can log in with what stands in this table.
ALTER TABLE account
    ADD COLUMN departments text[] NOT NULL DEFAULT '{}',  -- empty: those whose queues are among the skills
    ADD COLUMN disabled_at double precision;

CREATE TABLE session (
    key        text PRIMARY KEY,
    login      text NOT NULL REFERENCES account ON DELETE CASCADE,
    created_at double precision NOT NULL,
    used_at    double precision NOT NULL,
    proven_at  double precision NOT NULL,  -- when the person last showed to be there
    address    text NOT NULL,
    browser    text NOT NULL
);
CREATE INDEX session_login ON session (login);

-- A new password and the end of an account end its sessions, whoever writes it here.
CREATE FUNCTION end_sessions_of_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM session WHERE login = NEW.login;
    RETURN NULL;
END
$$;
CREATE TRIGGER account_ends_sessions AFTER UPDATE ON account FOR EACH ROW
    WHEN (OLD.password_hash <> NEW.password_hash OR NEW.disabled_at IS NOT NULL)
    EXECUTE FUNCTION end_sessions_of_account();

-- Every server that listens hears at once whose account or sessions are different now.
CREATE FUNCTION tell_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM pg_notify('hotline_account', OLD.login);
    ELSE
        PERFORM pg_notify('hotline_account', NEW.login);
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER account_is_told AFTER INSERT OR UPDATE OR DELETE ON account FOR EACH ROW EXECUTE FUNCTION tell_account();
CREATE TRIGGER session_is_told AFTER INSERT OR DELETE ON session FOR EACH ROW EXECUTE FUNCTION tell_account();
