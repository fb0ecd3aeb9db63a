-- Test calls that the server has made; which number was called is not kept.
CREATE TABLE probe (
    node               text NOT NULL,
    trunk              text,
    placed_at          double precision NOT NULL,
    phone              text NOT NULL,
    outcome            text NOT NULL,
    verdict            text NOT NULL,
    code               integer NOT NULL,
    post_dial_delay_s  double precision,
    answered_s         double precision,
    codec              text,
    sent_loss_ratio    double precision,
    sent_jitter_ms     double precision,
    sent_mos           double precision,
    received_loss_ratio double precision,
    received_jitter_ms double precision,
    received_mos       double precision,
    rtt_ms             double precision,
    scale              text,
    heard_ratio        double precision,
    digits_right       boolean,
    problems           text[] NOT NULL
);
CREATE INDEX probe_placed ON probe (placed_at);
