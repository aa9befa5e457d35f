-- What the answers of a conversation used, by model.

ALTER TABLE conversations ADD COLUMN usage TEXT;
