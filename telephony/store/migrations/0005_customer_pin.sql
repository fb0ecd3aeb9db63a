-- What proves on the keypad who somebody is: the PIN of a customer, as an argon2id hash.

CREATE TABLE customer_pin (
    customer text PRIMARY KEY REFERENCES customer (number) ON DELETE CASCADE,
    pin_hash text NOT NULL,
    set_at   double precision NOT NULL
);
