-- How somebody wants the console's pages to look, as the console writes it (telephony/console/look.py).
CREATE TABLE account_look (
    login text PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    look  text NOT NULL
);
