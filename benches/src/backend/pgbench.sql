\set position :position + 2
\set answer :position + 1
\set at :at + 1000
BEGIN;
UPDATE sequences SET next = next + 2 WHERE key = decode(md5('owner' || :client_id), 'hex');
INSERT INTO messages (id, conversation, lane, position, owner, number, parent, seq, role, state, created_at, parts) VALUES (uuid_send(gen_random_uuid()), decode(md5('chat' || :client_id), 'hex'), 0, :position, decode(md5('owner' || :client_id), 'hex'), :position, uuid_send(gen_random_uuid()), :position, 'user', 'complete', :at, :parts);
INSERT INTO messages (id, conversation, lane, position, owner, number, parent, seq, role, state, created_at, parts) VALUES (uuid_send(gen_random_uuid()), decode(md5('chat' || :client_id), 'hex'), 0, :answer, decode(md5('owner' || :client_id), 'hex'), :answer, uuid_send(gen_random_uuid()), :answer, 'assistant', 'complete', :at, :parts);
UPDATE conversations SET head_position = :answer, version = version + 1, next_seq = :answer + 1, message_count = message_count + 2, updated_at = :at WHERE id = decode(md5('chat' || :client_id), 'hex');
COMMIT;
