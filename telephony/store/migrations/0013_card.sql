-- What the consultant sees of a customer beside the name: contracts, devices, invoices; and whom the caller has proven to be.

ALTER TABLE interaction ADD COLUMN verified text;  -- the customer number whose PIN was given on the keypad

CREATE TABLE contract (
    number   text PRIMARY KEY,
    customer text NOT NULL REFERENCES customer (number) ON DELETE CASCADE,
    services text[] NOT NULL,
    since    date NOT NULL,
    until    date,
    monthly  bigint  -- grosze
);
CREATE INDEX contract_customer ON contract (customer);

CREATE TABLE device (
    serial   text NOT NULL,
    customer text NOT NULL REFERENCES customer (number) ON DELETE CASCADE,
    kind     text NOT NULL,
    model    text NOT NULL,
    PRIMARY KEY (customer, serial)
);

CREATE TABLE invoice (
    number   text PRIMARY KEY,
    customer text NOT NULL REFERENCES customer (number) ON DELETE CASCADE,
    amount   bigint NOT NULL,  -- grosze
    due      date,
    paid     boolean
);
CREATE INDEX invoice_customer ON invoice (customer);

CREATE INDEX customer_phone_customer ON customer_phone (customer);

-- A search by the beginning of a word in the name, without an extension.
CREATE TABLE customer_word (
    word     text NOT NULL,  -- in small letters without marks
    customer text NOT NULL REFERENCES customer (number) ON DELETE CASCADE,
    PRIMARY KEY (customer, word)
);
CREATE INDEX customer_word_begins ON customer_word (word text_pattern_ops);
INSERT INTO customer_word (word, customer)
SELECT DISTINCT word, number FROM customer, regexp_split_to_table(btrim(folded), ' ') AS word WHERE word <> '';
