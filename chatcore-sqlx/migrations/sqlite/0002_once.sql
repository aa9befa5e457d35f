-- Requests that are made again; runs that wait, are stopped where their reader was, or go on with an earlier answer.

-- `name` sorts as the names do: 0 and the name of a request, 1, a conversation and a client's name for a message there
-- (both names end with two zero bytes)
CREATE TABLE idempotency_keys (
    owner       BLOB    NOT NULL,
    name        BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    made        TEXT    NOT NULL,
    expires_at  INTEGER,
    PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at, owner, name) WHERE expires_at IS NOT NULL;

ALTER TABLE runs ADD COLUMN seen_len INTEGER;
ALTER TABLE runs ADD COLUMN seeded INTEGER NOT NULL DEFAULT 0;
DROP INDEX runs_that_run;
DROP INDEX runs_by_heartbeat;
CREATE INDEX runs_that_run ON runs (conversation, id) WHERE state IN ('queued', 'running');
CREATE INDEX runs_by_heartbeat ON runs (heartbeat_at, id) WHERE state IN ('queued', 'running');
