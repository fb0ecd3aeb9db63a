-- How each direction of a leg sounded, ten seconds at a time; and the worst of them beside the whole.
CREATE TABLE quality_interval (
    interaction      text NOT NULL,
    leg              text NOT NULL,
    direction        text NOT NULL,
    starts_at        double precision NOT NULL,
    seconds          double precision NOT NULL,
    trunk            text,
    codec            text NOT NULL,
    clock_rate_hz    integer,
    scale            text,
    source           text NOT NULL,
    packets_expected bigint NOT NULL,
    packets_lost     bigint NOT NULL,
    loss_ratio       double precision,
    late_ratio       double precision,
    jitter_ms        double precision,
    delay_ms         double precision,
    mos_lq           double precision,
    mos_cq           double precision,
    r_factor         double precision,
    verdict          text NOT NULL,
    verdicts         text[] NOT NULL,
    capture_drops    bigint,
    PRIMARY KEY (interaction, leg, direction, starts_at)
);
CREATE INDEX quality_interval_starts ON quality_interval (starts_at);

ALTER TABLE quality
    ADD COLUMN mos_worst_10s double precision,
    ADD COLUMN worst_at      double precision,
    ADD COLUMN verdict       text NOT NULL DEFAULT 'none',
    ADD COLUMN trunk         text;
