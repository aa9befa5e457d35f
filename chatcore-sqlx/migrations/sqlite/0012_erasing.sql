-- Words of messages that were deleted go from the index at once, not with its next merge. What earlier versions left goes now.
INSERT INTO message_words (message_words, rank) VALUES ('secure-delete', 1);
INSERT INTO message_words (message_words) VALUES ('optimize');
