-- What people think of answers, and links to conversations.

CREATE TABLE feedback (
    message      BLOB    NOT NULL,
    author       BLOB    NOT NULL,
    conversation BLOB    NOT NULL,
    model        TEXT,
    rating       TEXT    NOT NULL,
    comment      TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (message, author)
) STRICT, WITHOUT ROWID;
CREATE INDEX feedback_by_time ON feedback (updated_at DESC, message, author);
CREATE INDEX feedback_by_rating ON feedback (rating, updated_at DESC, message, author);

CREATE TABLE shares (
    hash         BLOB    NOT NULL PRIMARY KEY,
    id           BLOB    NOT NULL,
    conversation BLOB    NOT NULL,
    message      BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_by_conversation ON shares (conversation, id);
CREATE INDEX shares_by_expiry ON shares (expires_at, hash) WHERE expires_at IS NOT NULL;
