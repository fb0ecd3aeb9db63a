-- Each save of a note is counted by the page, so that a late one never takes the place of a newer one.
ALTER TABLE note ADD COLUMN revision integer NOT NULL DEFAULT 0;
