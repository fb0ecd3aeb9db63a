-- An interaction's outcome is set once and for all, whoever writes; and customers are found by a piece of their name.

CREATE FUNCTION keep_the_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'interaction % has ended: its outcome stays', OLD.interaction USING ERRCODE = 'check_violation';
END
$$;

CREATE TRIGGER outcome_is_final BEFORE UPDATE ON interaction FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL AND (NEW.outcome, NEW.ended_at) IS DISTINCT FROM (OLD.outcome, OLD.ended_at))
    EXECUTE FUNCTION keep_the_outcome();

ALTER TABLE interaction ADD CONSTRAINT an_outcome_is_an_end CHECK ((state = 'ended') = (outcome IS NOT NULL));

ALTER TABLE ticket ADD CONSTRAINT known_status CHECK (status IN ('open', 'pending', 'closed'));

ALTER TABLE customer ADD COLUMN folded text NOT NULL DEFAULT '';  -- the name in small letters without their marks
UPDATE customer SET folded = ' ' || translate(lower(name), 'ąćęłńóśźżĄĆĘŁŃÓŚŹŻ', 'acelnoszzacelnoszz');
