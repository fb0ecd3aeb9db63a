-- How far the log files of each Asterisk have been read, so that what happened without us is taken in once.

CREATE TABLE log_position (
    node  text NOT NULL,
    log   text NOT NULL,  -- cel, queue_log
    file  text NOT NULL,  -- which file it was: the fingerprint of its first line, which outlives a rotation
    bytes bigint NOT NULL CHECK (bytes >= 0),
    PRIMARY KEY (node, log)
);

CREATE INDEX interaction_uniqueid ON interaction (uniqueid);
