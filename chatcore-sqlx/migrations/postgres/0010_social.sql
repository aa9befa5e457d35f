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

-- Conversations that are pinned or put away have lists of their own; the common list is without them.
ALTER TABLE conversations ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE conversations ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
DROP INDEX conversations_by_time;
CREATE INDEX conversations_by_time ON conversations (owner, updated_at DESC, id)
    WHERE state = 'live' AND NOT pinned AND NOT archived;
CREATE INDEX conversations_pinned ON conversations (owner, updated_at DESC, id)
    WHERE state = 'live' AND pinned AND NOT archived;
CREATE INDEX conversations_archived ON conversations (owner, updated_at DESC, id) WHERE state = 'live' AND archived;

-- The index of words. The program makes the words: `words` holds those of a message and a mark of its owner, nothing if it
-- has none, and null until they were made of what was there before.
ALTER TABLE messages ADD COLUMN words TEXT;
CREATE INDEX messages_without_words ON messages (id) WHERE words IS NULL;
CREATE INDEX messages_by_words ON messages USING gin (array_to_tsvector(string_to_array(words, ' ')));

-- Such an index can only be used in a way that the program's sessions have switched off for all other statements. `+ 0` keeps
-- the planner from walking through the messages by number.
CREATE FUNCTION messages_with_words(query TSQUERY, before BIGINT, most BIGINT)
    RETURNS TABLE (id BYTEA, number BIGINT) LANGUAGE sql STABLE SET enable_bitmapscan = on
    AS $$
        SELECT m.id, m.number FROM messages AS m
        WHERE array_to_tsvector(string_to_array(m.words, ' ')) @@ query AND m.number + 0 < before
        ORDER BY m.number + 0 DESC, m.id DESC LIMIT most
    $$;
