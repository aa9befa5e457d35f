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

-- Conversations that are pinned or put away have lists of their own; the common list is without them.
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
DROP INDEX conversations_by_time;
CREATE INDEX conversations_by_time ON conversations (owner, updated_at DESC, id)
    WHERE state = 'live' AND pinned = 0 AND archived = 0;
CREATE INDEX conversations_pinned ON conversations (owner, updated_at DESC, id)
    WHERE state = 'live' AND pinned = 1 AND archived = 0;
CREATE INDEX conversations_archived ON conversations (owner, updated_at DESC, id) WHERE state = 'live' AND archived = 1;

-- The index of words. The program makes the words: `words` holds those of a message and a mark of its owner, nothing if it
-- has none, and null until they were made of what was there before. `message_rows` gives each message with words a number
-- that stays, as rowids without a column of their own do not.
ALTER TABLE messages ADD COLUMN words TEXT;
CREATE INDEX messages_without_words ON messages (id) WHERE words IS NULL;
CREATE TABLE message_rows (
    n       INTEGER NOT NULL PRIMARY KEY,
    message BLOB    NOT NULL UNIQUE
) STRICT;
CREATE VIEW message_texts AS SELECT r.n AS n, m.words AS words FROM message_rows AS r JOIN messages AS m ON m.id = r.message;
CREATE VIRTUAL TABLE message_words USING fts5(
    words, content='message_texts', content_rowid='n', tokenize="ascii tokenchars '@'", detail=none, columnsize=0
);
CREATE TRIGGER message_words_added AFTER INSERT ON messages WHEN new.words <> '' BEGIN
    INSERT INTO message_rows (message) VALUES (new.id);
    INSERT INTO message_words (rowid, words) SELECT n, new.words FROM message_rows WHERE message = new.id;
END;
CREATE TRIGGER message_words_removed AFTER DELETE ON messages WHEN old.words <> '' BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', n, old.words FROM message_rows WHERE message = old.id;
    DELETE FROM message_rows WHERE message = old.id;
END;
CREATE TRIGGER message_words_changed AFTER UPDATE OF words ON messages WHEN new.words IS NOT old.words BEGIN
    INSERT INTO message_words (message_words, rowid, words)
        SELECT 'delete', n, old.words FROM message_rows WHERE message = old.id AND old.words <> '';
    INSERT INTO message_rows (message)
        SELECT new.id WHERE new.words <> '' AND NOT EXISTS (SELECT 1 FROM message_rows WHERE message = new.id);
    INSERT INTO message_words (rowid, words)
        SELECT n, new.words FROM message_rows WHERE message = new.id AND new.words <> '';
    DELETE FROM message_rows WHERE message = new.id AND new.words = '';
END;
