CREATE TABLE orders (id bigserial PRIMARY KEY, reference text NOT NULL, booked_by text NOT NULL);
CREATE TABLE outbox (id bigserial PRIMARY KEY, reference text NOT NULL);
CREATE TABLE sent (id bigserial PRIMARY KEY, reference text NOT NULL, sent_by text NOT NULL);
CREATE INDEX ON orders (reference text_pattern_ops);
CREATE INDEX ON sent (reference text_pattern_ops);
