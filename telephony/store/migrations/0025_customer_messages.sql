-- Messages to customers: each is due on its own, and only so many by itself to one address. Which tickets were told of.
ALTER TABLE outbox ADD COLUMN recipient text NOT NULL DEFAULT '';  -- a pseudonym; empty: another system
CREATE INDEX outbox_next ON outbox (target, next_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_recipient ON outbox (recipient, created_at) WHERE recipient <> '';
CREATE INDEX outbox_lately ON outbox (target, created_at) WHERE recipient <> '';

ALTER TABLE ticket ADD COLUMN told_at double precision;  -- looked at, whether somebody was told its number
UPDATE ticket SET told_at = opened_at;
CREATE INDEX ticket_untold ON ticket (opened_at) WHERE told_at IS NULL;
