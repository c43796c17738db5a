CREATE TABLE orders (request_id text);
