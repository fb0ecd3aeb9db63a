-- The line calls back by itself: who has begun a call, what it came of, and where each request stands.

ALTER TABLE interaction ADD COLUMN direction text NOT NULL DEFAULT 'in';
ALTER TABLE interaction ADD COLUMN follows text;

ALTER TABLE callback_request ADD COLUMN call_back text;
ALTER TABLE callback_request ADD COLUMN purpose text NOT NULL DEFAULT 'talk';
ALTER TABLE callback_request ADD COLUMN state text NOT NULL DEFAULT 'open';
ALTER TABLE callback_request ADD COLUMN attempts integer NOT NULL DEFAULT 0;
ALTER TABLE callback_request ADD COLUMN next_at double precision NOT NULL DEFAULT 0;
-- Consultants have called these from their tickets: nobody is called twice.
UPDATE callback_request SET state = 'by_hand', done_at = coalesce(done_at, requested_at), call_back = interaction;
ALTER TABLE callback_request ALTER COLUMN call_back SET NOT NULL;
CREATE UNIQUE INDEX callback_request_call ON callback_request (call_back) WHERE state <> 'by_hand';
