-- What people think of answers, and links to conversations.

CREATE TABLE feedback (
    message      BYTEA  NOT NULL,
    author       BYTEA  NOT NULL,
    conversation BYTEA  NOT NULL,
    model        TEXT,
    rating       TEXT   NOT NULL,
    comment      TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (message, author)
);
CREATE INDEX feedback_by_time ON feedback (updated_at DESC, message, author);
CREATE INDEX feedback_by_rating ON feedback (rating, updated_at DESC, message, author);

CREATE TABLE shares (
    hash         BYTEA  NOT NULL PRIMARY KEY,
    id           BYTEA  NOT NULL,
    conversation BYTEA  NOT NULL,
    message      BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT
);
CREATE INDEX shares_by_conversation ON shares (conversation, id);
CREATE INDEX shares_by_expiry ON shares (expires_at, hash) WHERE expires_at IS NOT NULL;
