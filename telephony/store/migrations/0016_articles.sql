-- The knowledge base as read from its files; `search` holds stems made by telephony/guidance/polish.py.
CREATE TABLE article (
    id       text PRIMARY KEY,
    title    text NOT NULL,
    language text NOT NULL,
    queues   text[] NOT NULL,
    nodes    text[] NOT NULL,
    keywords text[] NOT NULL,
    body     text NOT NULL,
    revision text NOT NULL,
    search   tsvector NOT NULL
);
CREATE INDEX article_search ON article USING gin (search);

-- What consultants did with articles, and in which call (empty: in none).
CREATE TABLE article_use (
    article     text NOT NULL,
    agent       text NOT NULL,
    interaction text NOT NULL,
    use         text NOT NULL CHECK (use IN ('opened', 'helped', 'did_not_help')),
    at          double precision NOT NULL,
    PRIMARY KEY (article, agent, interaction, use)
);
CREATE INDEX article_use_at ON article_use (at);

-- Where a caller has been in the menu, as `flow.node`, in order.
ALTER TABLE interaction ADD COLUMN path text[] NOT NULL DEFAULT '{}';
