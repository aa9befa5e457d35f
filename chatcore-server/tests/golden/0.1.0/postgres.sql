--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: golden; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA golden;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _chatcore_migrations; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden._chatcore_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: conversations; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.conversations (
    id bytea NOT NULL,
    owner bytea NOT NULL,
    number bigint NOT NULL,
    external_id text COLLATE pg_catalog."C",
    forked_from bytea,
    forked_message bytea,
    created_at bigint NOT NULL,
    title text,
    system_prompt text,
    model text,
    head_message bytea,
    head_lane bigint,
    head_position bigint,
    head_open boolean,
    version bigint NOT NULL,
    next_seq bigint NOT NULL,
    next_lane bigint NOT NULL,
    message_count bigint NOT NULL,
    cuts bigint NOT NULL,
    state text NOT NULL,
    updated_at bigint NOT NULL
);


--
-- Name: forks; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.forks (
    conversation bytea NOT NULL,
    lane bigint NOT NULL,
    "position" bigint NOT NULL,
    active bigint NOT NULL
);


--
-- Name: identities; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.identities (
    key bytea NOT NULL,
    "user" bytea NOT NULL,
    secret text,
    verified_at bigint,
    created_at bigint NOT NULL
);


--
-- Name: jobs; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.jobs (
    id bytea NOT NULL,
    work json NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: lanes; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.lanes (
    conversation bytea NOT NULL,
    lane bigint NOT NULL,
    start bigint NOT NULL,
    parent bigint NOT NULL,
    role text NOT NULL,
    seq bigint NOT NULL,
    message bytea,
    elder text,
    cut_from bigint
);


--
-- Name: messages; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.messages (
    id bytea NOT NULL,
    conversation bytea NOT NULL,
    lane bigint NOT NULL,
    "position" bigint NOT NULL,
    owner bytea NOT NULL,
    number bigint NOT NULL,
    parent bytea,
    seq bigint NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL,
    state text NOT NULL,
    model text,
    usage json,
    run bytea,
    client_ref text,
    edited_at bigint,
    parts json NOT NULL
);


--
-- Name: run_logs; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.run_logs (
    run bytea NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    events json NOT NULL
);


--
-- Name: runs; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.runs (
    id bytea NOT NULL,
    conversation bytea NOT NULL,
    message bytea NOT NULL,
    owner bytea NOT NULL,
    model text NOT NULL,
    state text NOT NULL,
    started_at bigint NOT NULL,
    first_token_at bigint,
    ended_at bigint,
    heartbeat_at bigint NOT NULL,
    stop_requested_at bigint,
    last_seq bigint NOT NULL,
    usage json,
    finish json,
    error json
);


--
-- Name: sequences; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.sequences (
    key bytea NOT NULL,
    next bigint NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.sessions (
    id bytea NOT NULL,
    "user" bytea NOT NULL,
    kind text NOT NULL,
    rotating boolean NOT NULL,
    lifetime_seconds bigint NOT NULL,
    claims text NOT NULL,
    generation bigint NOT NULL,
    token_hash bytea NOT NULL,
    rotated_at bigint NOT NULL,
    epoch bigint NOT NULL,
    label text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);


--
-- Name: users; Type: TABLE; Schema: golden; Owner: -
--

CREATE TABLE golden.users (
    id bytea NOT NULL,
    number bigint NOT NULL,
    username text,
    email text,
    role text NOT NULL,
    state text NOT NULL,
    epoch bigint NOT NULL,
    created_at bigint NOT NULL
);


--
-- Data for Name: _chatcore_migrations; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden._chatcore_migrations VALUES (1, 'records', '2026-11-21 12:59:27.117854+00', true, '\x5fe00d3eb3663b284697a248eafe7595184dbdbe019c225da11ca79d47d1807256d5ef605268adc64ee9ea80f2ff3f55', 14252271);


--
-- Data for Name: conversations; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000001', '\x000000000000000000000000000000004d', 9223372036854775807, NULL, '\x0000000003e870008000000000000003', '\x0000000007d070008000000000000004', 0, '', '', '', '\x0000000007d070008000000000000002', 4294967295, 4294967295, true, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'live', 1);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000005', '\x000000000000000000ffffffffffffffff', 9223372036854775806, ' ', '\x0000000003e870008000000000000007', '\x0000000007d070008000000000000008', 1, ' ', ' ', ' ', '\x0000000007d070008000000000000006', 4294967295, 4294967295, false, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'building', -1);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000009', '\x010000000000000000000000000000004d', 9223372036854775805, 'plain', '\x0000000003e87000800000000000000b', '\x0000000007d07000800000000000000c', -1, 'plain', 'plain', 'plain', '\x0000000007d07000800000000000000a', 4294967295, 4294967295, true, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'deleted', 1767225600123456);
INSERT INTO golden.conversations VALUES ('\x0000000003e87000800000000000000d', '\x000000000000000000000000000000004d', 9223372036854775804, '  spaces around	', '\x0000000003e87000800000000000000f', '\x0000000007d070008000000000000010', 1767225600123456, '  spaces around	', '  spaces around	', '  spaces around	', '\x0000000007d07000800000000000000e', 4294967295, 4294967295, false, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'live', 9223372036854775807);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000011', '\x000000000000000000ffffffffffffffff', 9223372036854775803, 'lines
of
both kinds', '\x0000000003e870008000000000000013', '\x0000000007d070008000000000000014', 9223372036854775807, 'lines
of
both kinds', 'lines
of
both kinds', 'lines
of
both kinds', '\x0000000007d070008000000000000012', 4294967295, 4294967295, true, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'building', 0);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000015', '\x010000000000000000000000000000004d', 9223372036854775802, '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', '\x0000000003e870008000000000000017', '\x0000000007d070008000000000000018', 0, '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', '\x0000000007d070008000000000000016', 4294967295, 4294967295, false, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'deleted', 1);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000019', '\x000000000000000000000000000000004d', 9223372036854775801, 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', '\x0000000003e87000800000000000001b', '\x0000000007d07000800000000000001c', 1, 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', '\x0000000007d07000800000000000001a', 4294967295, 4294967295, true, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'live', -1);
INSERT INTO golden.conversations VALUES ('\x0000000003e87000800000000000001d', '\x000000000000000000ffffffffffffffff', 9223372036854775800, '[0m', '\x0000000003e87000800000000000001f', '\x0000000007d070008000000000000020', -1, '[0m', '[0m', '[0m', '\x0000000007d07000800000000000001e', 4294967295, 4294967295, false, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'building', 1767225600123456);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000021', '\x010000000000000000000000000000004d', 9223372036854775799, 'null', '\x0000000003e870008000000000000023', '\x0000000007d070008000000000000024', 1767225600123456, 'null', 'null', 'null', '\x0000000007d070008000000000000022', 4294967295, 4294967295, true, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'deleted', 9223372036854775807);
INSERT INTO golden.conversations VALUES ('\x0000000003e870008000000000000025', '\x000000000000000000000000000000004d', 9223372036854775798, '{"json": [1, 2.5, null]}', '\x0000000003e870008000000000000027', '\x0000000007d070008000000000000028', 9223372036854775807, '{"json": [1, 2.5, null]}', '{"json": [1, 2.5, null]}', '{"json": [1, 2.5, null]}', '\x0000000007d070008000000000000026', 4294967295, 4294967295, false, 9223372036854775807, 9223372036854775807, 4294967295, 9223372036854775807, 4294967295, 'live', 0);


--
-- Data for Name: forks; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.forks VALUES ('\x0000000003e870008000000000000054', 0, 0, 3);
INSERT INTO golden.forks VALUES ('\x0000000003e870008000000000000054', 4294967295, 4294967295, 4294967295);


--
-- Data for Name: identities; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.identities VALUES ('\x000000', '\x000000000bb870008000000000000068', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x0001071b5b306d7fc2850000', '\x000000000bb870008000000000000099', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x00200000', '\x000000000bb87000800000000000006f', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x0020207370616365732061726f756e64090000', '\x000000000bb87000800000000000007d', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x00273b2044524f50205441424c45206d657373616765733b202d2d202271756f74656422205c2025205f202431203f31203a61207b7d0000', '\x000000000bb87000800000000000008b', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x00323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b0000', '\x000000000bb8700080000000000000ae', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x006c696e65730d0a6f660a626f7468206b696e64730d0000', '\x000000000bb870008000000000000084', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x006e756c6c0000', '\x000000000bb8700080000000000000a0', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x00706c61696e0000', '\x000000000bb870008000000000000076', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x007b226a736f6e223a205b312c20322e352c206e756c6c5d7d0000', '\x000000000bb8700080000000000000a7', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x00c3a420c3b620c3bc20c39f20c3a920c3b12c20d094d0962c20e6bca2e5ad972c20d8b92c20f09f9880f09f91a8e2808df09f91a92c2065cc812c20efbbbf2c20e280ae2c20f48fbfbf0000', '\x000000000bb870008000000000000092', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x010000', '\x000000000bb870008000000000000069', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x0101071b5b306d7fc2850000', '\x000000000bb87000800000000000009a', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x01200000', '\x000000000bb870008000000000000070', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x0120207370616365732061726f756e64090000', '\x000000000bb87000800000000000007e', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x01273b2044524f50205441424c45206d657373616765733b202d2d202271756f74656422205c2025205f202431203f31203a61207b7d0000', '\x000000000bb87000800000000000008c', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x01323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b42206f66207465787420323030206b0000', '\x000000000bb8700080000000000000af', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x016c696e65730d0a6f660a626f7468206b696e64730d0000', '\x000000000bb870008000000000000085', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x016e756c6c0000', '\x000000000bb8700080000000000000a1', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x01706c61696e0000', '\x000000000bb870008000000000000077', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x017b226a736f6e223a205b312c20322e352c206e756c6c5d7d0000', '\x000000000bb8700080000000000000a8', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x01c3a420c3b620c3bc20c39f20c3a920c3b12c20d094d0962c20e6bca2e5ad972c20d8b92c20f09f9880f09f91a8e2808df09f91a92c2065cc812c20efbbbf2c20e280ae2c20f48fbfbf0000', '\x000000000bb870008000000000000093', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x02000000000bb870008000000000000067', '\x000000000bb87000800000000000006a', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x02000000000bb87000800000000000006e', '\x000000000bb870008000000000000071', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x02000000000bb870008000000000000075', '\x000000000bb870008000000000000078', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x02000000000bb87000800000000000007c', '\x000000000bb87000800000000000007f', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x02000000000bb870008000000000000083', '\x000000000bb870008000000000000086', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x02000000000bb87000800000000000008a', '\x000000000bb87000800000000000008d', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);
INSERT INTO golden.identities VALUES ('\x02000000000bb870008000000000000091', '\x000000000bb870008000000000000094', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1);
INSERT INTO golden.identities VALUES ('\x02000000000bb870008000000000000098', '\x000000000bb87000800000000000009b', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, -1);
INSERT INTO golden.identities VALUES ('\x02000000000bb87000800000000000009f', '\x000000000bb8700080000000000000a2', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 1767225600123456);
INSERT INTO golden.identities VALUES ('\x02000000000bb8700080000000000000a6', '\x000000000bb8700080000000000000a9', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 9223372036854775807);
INSERT INTO golden.identities VALUES ('\x02000000000bb8700080000000000000ad', '\x000000000bb8700080000000000000b0', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 0);


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.jobs VALUES ('\x000000001770700080000000000000b5', '{"work":"purge_subtree","conversation":"conv_0000000003e8700080000000000000b3","lane":4294967295,"from":4294967295}', 0);
INSERT INTO golden.jobs VALUES ('\x000000001770700080000000000000b6', '{"work":"purge_conversation","conversation":"conv_0000000003e8700080000000000000b3"}', 1);
INSERT INTO golden.jobs VALUES ('\x000000001770700080000000000000b7', '{"work":"fork","conversation":"conv_0000000003e8700080000000000000b3","message":"msg_0000000007d0700080000000000000b4"}', -1);


--
-- Data for Name: lanes; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.lanes VALUES ('\x0000000003e870008000000000000054', 0, 0, 0, 'user', 0, NULL, NULL, 1);
INSERT INTO golden.lanes VALUES ('\x0000000003e870008000000000000054', 1, 1, 0, 'tool', 2, NULL, 'system', NULL);
INSERT INTO golden.lanes VALUES ('\x0000000003e870008000000000000054', 4294967295, 4294967295, 7, 'tool', 9223372036854775807, '\x0000000007d070008000000000000055', NULL, NULL);


--
-- Data for Name: messages; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.messages VALUES ('\x0000000007d07000800000000000002d', '\x0000000003e87000800000000000002e', 4294967294, 4294967295, '\x000000000000000000000000000000004d', 9223372036854775807, '\x0000000007d07000800000000000002f', 9223372036854775807, 'system', 0, 'open', '', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000030', '', -1, '[{"type":"text","text":""},{"type":"reasoning","text":""},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"","is_error":true},{"type":"image","url":"","media_type":"image/png"},{"type":"file","url":"","name":"a.txt"},{"type":"refusal","text":""},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":""}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000031', '\x0000000003e870008000000000000032', 4294967294, 4294967295, '\x000000000000000000ffffffffffffffff', 9223372036854775806, NULL, 9223372036854775807, 'user', 1, 'complete', ' ', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000033', ' ', 1767225600123456, '[{"type":"text","text":" "},{"type":"reasoning","text":" "},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":" ","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":" ","is_error":true},{"type":"image","url":" ","media_type":"image/png"},{"type":"file","url":" ","name":"a.txt"},{"type":"refusal","text":" "},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":" "}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000034', '\x0000000003e870008000000000000035', 4294967294, 4294967295, '\x010000000000000000000000000000004d', 9223372036854775805, '\x0000000007d070008000000000000036', 9223372036854775807, 'assistant', -1, 'stopped', 'plain', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000037', 'plain', 9223372036854775807, '[{"type":"text","text":"plain"},{"type":"reasoning","text":"plain"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"plain","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"plain","is_error":true},{"type":"image","url":"plain","media_type":"image/png"},{"type":"file","url":"plain","name":"a.txt"},{"type":"refusal","text":"plain"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"plain"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000038', '\x0000000003e870008000000000000039', 4294967294, 4294967295, '\x000000000000000000000000000000004d', 9223372036854775804, NULL, 9223372036854775807, 'tool', 1767225600123456, 'failed', '  spaces around	', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa07000800000000000003a', '  spaces around	', 0, '[{"type":"text","text":"  spaces around\t"},{"type":"reasoning","text":"  spaces around\t"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"  spaces around\t","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"  spaces around\t","is_error":true},{"type":"image","url":"  spaces around\t","media_type":"image/png"},{"type":"file","url":"  spaces around\t","name":"a.txt"},{"type":"refusal","text":"  spaces around\t"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"  spaces around\t"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d07000800000000000003b', '\x0000000003e87000800000000000003c', 4294967294, 4294967295, '\x000000000000000000ffffffffffffffff', 9223372036854775803, '\x0000000007d07000800000000000003d', 9223372036854775807, 'system', 9223372036854775807, 'interrupted', 'lines
of
both kinds', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa07000800000000000003e', 'lines
of
both kinds', 1, '[{"type":"text","text":"lines\r\nof\nboth kinds\r"},{"type":"reasoning","text":"lines\r\nof\nboth kinds\r"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"lines\r\nof\nboth kinds\r","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"lines\r\nof\nboth kinds\r","is_error":true},{"type":"image","url":"lines\r\nof\nboth kinds\r","media_type":"image/png"},{"type":"file","url":"lines\r\nof\nboth kinds\r","name":"a.txt"},{"type":"refusal","text":"lines\r\nof\nboth kinds\r"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"lines\r\nof\nboth kinds\r"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d07000800000000000003f', '\x0000000003e870008000000000000040', 4294967294, 4294967295, '\x010000000000000000000000000000004d', 9223372036854775802, NULL, 9223372036854775807, 'user', 0, 'open', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000041', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', -1, '[{"type":"text","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"type":"reasoning","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}","is_error":true},{"type":"image","url":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}","media_type":"image/png"},{"type":"file","url":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}","name":"a.txt"},{"type":"refusal","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000042', '\x0000000003e870008000000000000043', 4294967294, 4294967295, '\x000000000000000000000000000000004d', 9223372036854775801, '\x0000000007d070008000000000000044', 9223372036854775807, 'assistant', 1, 'complete', 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000045', 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', 1767225600123456, '[{"type":"text","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"type":"reasoning","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿","is_error":true},{"type":"image","url":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿","media_type":"image/png"},{"type":"file","url":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿","name":"a.txt"},{"type":"refusal","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000046', '\x0000000003e870008000000000000047', 4294967294, 4294967295, '\x000000000000000000ffffffffffffffff', 9223372036854775800, NULL, 9223372036854775807, 'tool', -1, 'stopped', '[0m', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa070008000000000000048', '[0m', 9223372036854775807, '[{"type":"text","text":"\u0001\u0007\u001b[0m"},{"type":"reasoning","text":"\u0001\u0007\u001b[0m"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"\u0001\u0007\u001b[0m","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"\u0001\u0007\u001b[0m","is_error":true},{"type":"image","url":"\u0001\u0007\u001b[0m","media_type":"image/png"},{"type":"file","url":"\u0001\u0007\u001b[0m","name":"a.txt"},{"type":"refusal","text":"\u0001\u0007\u001b[0m"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"\u0001\u0007\u001b[0m"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d070008000000000000049', '\x0000000003e87000800000000000004a', 4294967294, 4294967295, '\x010000000000000000000000000000004d', 9223372036854775799, '\x0000000007d07000800000000000004b', 9223372036854775807, 'system', 1767225600123456, 'failed', 'null', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa07000800000000000004c', 'null', 0, '[{"type":"text","text":"null"},{"type":"reasoning","text":"null"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"null","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"null","is_error":true},{"type":"image","url":"null","media_type":"image/png"},{"type":"file","url":"null","name":"a.txt"},{"type":"refusal","text":"null"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"null"}]}}]');
INSERT INTO golden.messages VALUES ('\x0000000007d07000800000000000004d', '\x0000000003e87000800000000000004e', 4294967294, 4294967295, '\x000000000000000000000000000000004d', 9223372036854775798, NULL, 9223372036854775807, 'user', 9223372036854775807, 'interrupted', '{"json": [1, 2.5, null]}', '{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"provider"}', '\x000000000fa07000800000000000004f', '{"json": [1, 2.5, null]}', 1, '[{"type":"text","text":"{\"json\": [1, 2.5, null]}"},{"type":"reasoning","text":"{\"json\": [1, 2.5, null]}"},{"type":"reasoning","text":"","signature":"c2ln"},{"type":"tool_call","id":"{\"json\": [1, 2.5, null]}","name":"look","arguments":"{broken"},{"type":"tool_result","call_id":"1","content":"{\"json\": [1, 2.5, null]}","is_error":true},{"type":"image","url":"{\"json\": [1, 2.5, null]}","media_type":"image/png"},{"type":"file","url":"{\"json\": [1, 2.5, null]}","name":"a.txt"},{"type":"refusal","text":"{\"json\": [1, 2.5, null]}"},{"type":"provider","provider":"testing","raw":{"a":-1,"b":[1,null,{"a":"{\"json\": [1, 2.5, null]}"}]}}]');


--
-- Data for Name: run_logs; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 1, 12, '[{"event":"started"},{"event":"delta","text":""},{"event":"reasoning","text":"","signature":"c2ln"},{"event":"reasoning","text":""},{"event":"refusal","text":""},{"event":"tool_call","id":"1","name":"look","arguments":""},{"event":"provider","provider":"testing","raw":{"a":[""]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":""},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 101, 112, '[{"event":"started"},{"event":"delta","text":" "},{"event":"reasoning","text":" ","signature":"c2ln"},{"event":"reasoning","text":" "},{"event":"refusal","text":" "},{"event":"tool_call","id":"1","name":"look","arguments":" "},{"event":"provider","provider":"testing","raw":{"a":[" "]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":" "},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 201, 212, '[{"event":"started"},{"event":"delta","text":"plain"},{"event":"reasoning","text":"plain","signature":"c2ln"},{"event":"reasoning","text":"plain"},{"event":"refusal","text":"plain"},{"event":"tool_call","id":"1","name":"look","arguments":"plain"},{"event":"provider","provider":"testing","raw":{"a":["plain"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"plain"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 301, 312, '[{"event":"started"},{"event":"delta","text":"  spaces around\t"},{"event":"reasoning","text":"  spaces around\t","signature":"c2ln"},{"event":"reasoning","text":"  spaces around\t"},{"event":"refusal","text":"  spaces around\t"},{"event":"tool_call","id":"1","name":"look","arguments":"  spaces around\t"},{"event":"provider","provider":"testing","raw":{"a":["  spaces around\t"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"  spaces around\t"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 401, 412, '[{"event":"started"},{"event":"delta","text":"lines\r\nof\nboth kinds\r"},{"event":"reasoning","text":"lines\r\nof\nboth kinds\r","signature":"c2ln"},{"event":"reasoning","text":"lines\r\nof\nboth kinds\r"},{"event":"refusal","text":"lines\r\nof\nboth kinds\r"},{"event":"tool_call","id":"1","name":"look","arguments":"lines\r\nof\nboth kinds\r"},{"event":"provider","provider":"testing","raw":{"a":["lines\r\nof\nboth kinds\r"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"lines\r\nof\nboth kinds\r"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 501, 512, '[{"event":"started"},{"event":"delta","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"event":"reasoning","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}","signature":"c2ln"},{"event":"reasoning","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"event":"refusal","text":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"event":"tool_call","id":"1","name":"look","arguments":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"event":"provider","provider":"testing","raw":{"a":["''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"''; DROP TABLE messages; -- \"quoted\" \\ % _ $1 ?1 :a {}"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 601, 612, '[{"event":"started"},{"event":"delta","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"event":"reasoning","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿","signature":"c2ln"},{"event":"reasoning","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"event":"refusal","text":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"event":"tool_call","id":"1","name":"look","arguments":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"event":"provider","provider":"testing","raw":{"a":["ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 701, 712, '[{"event":"started"},{"event":"delta","text":"\u0001\u0007\u001b[0m"},{"event":"reasoning","text":"\u0001\u0007\u001b[0m","signature":"c2ln"},{"event":"reasoning","text":"\u0001\u0007\u001b[0m"},{"event":"refusal","text":"\u0001\u0007\u001b[0m"},{"event":"tool_call","id":"1","name":"look","arguments":"\u0001\u0007\u001b[0m"},{"event":"provider","provider":"testing","raw":{"a":["\u0001\u0007\u001b[0m"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"\u0001\u0007\u001b[0m"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 801, 812, '[{"event":"started"},{"event":"delta","text":"null"},{"event":"reasoning","text":"null","signature":"c2ln"},{"event":"reasoning","text":"null"},{"event":"refusal","text":"null"},{"event":"tool_call","id":"1","name":"look","arguments":"null"},{"event":"provider","provider":"testing","raw":{"a":["null"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"null"},{"event":"interrupted"}]');
INSERT INTO golden.run_logs VALUES ('\x000000000fa070008000000000000065', 901, 912, '[{"event":"started"},{"event":"delta","text":"{\"json\": [1, 2.5, null]}"},{"event":"reasoning","text":"{\"json\": [1, 2.5, null]}","signature":"c2ln"},{"event":"reasoning","text":"{\"json\": [1, 2.5, null]}"},{"event":"refusal","text":"{\"json\": [1, 2.5, null]}"},{"event":"tool_call","id":"1","name":"look","arguments":"{\"json\": [1, 2.5, null]}"},{"event":"provider","provider":"testing","raw":{"a":["{\"json\": [1, 2.5, null]}"]}},{"event":"usage","usage":{"input":9223372036854775807,"output":0,"cache_read":1,"cache_write":9223372036854775807,"reasoning":2,"source":"counted"}},{"event":"completed"},{"event":"stopped"},{"event":"failed","code":"interrupted","message":"{\"json\": [1, 2.5, null]}"},{"event":"interrupted"}]');


--
-- Data for Name: runs; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.runs VALUES ('\x000000000fa070008000000000000056', '\x0000000003e870008000000000000057', '\x0000000007d070008000000000000058', '\x000000000000000000000000000000004d', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 'running', 0, 0, NULL, 1, NULL, 0, NULL, NULL, NULL);
INSERT INTO golden.runs VALUES ('\x000000000fa070008000000000000059', '\x0000000003e87000800000000000005a', '\x0000000007d07000800000000000005b', '\x000000000000000000ffffffffffffffff', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 'completed', 1, 1, NULL, -1, NULL, 0, NULL, NULL, NULL);
INSERT INTO golden.runs VALUES ('\x000000000fa07000800000000000005c', '\x0000000003e87000800000000000005d', '\x0000000007d07000800000000000005e', '\x010000000000000000000000000000004d', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 'stopped', -1, -1, NULL, 1767225600123456, NULL, 0, NULL, NULL, NULL);
INSERT INTO golden.runs VALUES ('\x000000000fa07000800000000000005f', '\x0000000003e870008000000000000060', '\x0000000007d070008000000000000061', '\x000000000000000000000000000000004d', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 'failed', 1767225600123456, 1767225600123456, NULL, 9223372036854775807, NULL, 0, NULL, NULL, NULL);
INSERT INTO golden.runs VALUES ('\x000000000fa070008000000000000062', '\x0000000003e870008000000000000063', '\x0000000007d070008000000000000064', '\x000000000000000000ffffffffffffffff', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 'interrupted', 9223372036854775807, 9223372036854775807, NULL, 0, NULL, 0, NULL, NULL, NULL);


--
-- Data for Name: sequences; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.sequences VALUES ('\x00', 1);
INSERT INTO golden.sequences VALUES ('\x01000000000000000000000000000000004d', 1);
INSERT INTO golden.sequences VALUES ('\x02010000000000000000000000000000004d', 1);


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.sessions VALUES ('\x0000000013887000800000000000006b', '\x000000000bb87000800000000000006c', '', true, 9223372036854775807, '', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 0, 9223372036854775807, '', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x00000000138870008000000000000072', '\x000000000bb870008000000000000073', ' ', false, 9223372036854775807, ' ', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 1, 9223372036854775807, ' ', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x00000000138870008000000000000079', '\x000000000bb87000800000000000007a', 'plain', true, 9223372036854775807, 'plain', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', -1, 9223372036854775807, 'plain', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x00000000138870008000000000000080', '\x000000000bb870008000000000000081', '  spaces around	', false, 9223372036854775807, '  spaces around	', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 1767225600123456, 9223372036854775807, '  spaces around	', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x00000000138870008000000000000087', '\x000000000bb870008000000000000088', 'lines
of
both kinds', true, 9223372036854775807, 'lines
of
both kinds', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 9223372036854775807, 9223372036854775807, 'lines
of
both kinds', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x0000000013887000800000000000008e', '\x000000000bb87000800000000000008f', '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', false, 9223372036854775807, '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 0, 9223372036854775807, '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x00000000138870008000000000000095', '\x000000000bb870008000000000000096', 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', true, 9223372036854775807, 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 1, 9223372036854775807, 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x0000000013887000800000000000009c', '\x000000000bb87000800000000000009d', '[0m', false, 9223372036854775807, '[0m', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', -1, 9223372036854775807, '[0m', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x000000001388700080000000000000a3', '\x000000000bb8700080000000000000a4', 'null', true, 9223372036854775807, 'null', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 1767225600123456, 9223372036854775807, 'null', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x000000001388700080000000000000aa', '\x000000000bb8700080000000000000ab', '{"json": [1, 2.5, null]}', false, 9223372036854775807, '{"json": [1, 2.5, null]}', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 9223372036854775807, 9223372036854775807, '{"json": [1, 2.5, null]}', -9223372036854775808, 9223372036854775807, NULL);
INSERT INTO golden.sessions VALUES ('\x000000001388700080000000000000b1', '\x000000000bb8700080000000000000b2', '200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 k', true, 9223372036854775807, '200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 k', 9223372036854775807, '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', 0, 9223372036854775807, '200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 k', -9223372036854775808, 9223372036854775807, NULL);


--
-- Data for Name: users; Type: TABLE DATA; Schema: golden; Owner: -
--

INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000066', 9223372036854775807, '', NULL, 'user', 'active', 9223372036854775807, 0);
INSERT INTO golden.users VALUES ('\x000000000bb87000800000000000006d', 9223372036854775806, ' ', NULL, 'staff', 'suspended', 9223372036854775807, 1);
INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000074', 9223372036854775805, 'plain', NULL, 'admin', 'deleted', 9223372036854775807, -1);
INSERT INTO golden.users VALUES ('\x000000000bb87000800000000000007b', 9223372036854775804, '  spaces around	', NULL, 'user', 'active', 9223372036854775807, 1767225600123456);
INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000082', 9223372036854775803, 'lines
of
both kinds', NULL, 'staff', 'suspended', 9223372036854775807, 9223372036854775807);
INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000089', 9223372036854775802, '''; DROP TABLE messages; -- "quoted" \ % _ $1 ?1 :a {}', NULL, 'admin', 'deleted', 9223372036854775807, 0);
INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000090', 9223372036854775801, 'ä ö ü ß é ñ, ДЖ, 漢字, ع, 😀👨‍👩, é, ﻿, ‮, 􏿿', NULL, 'user', 'active', 9223372036854775807, 1);
INSERT INTO golden.users VALUES ('\x000000000bb870008000000000000097', 9223372036854775800, '[0m', NULL, 'staff', 'suspended', 9223372036854775807, -1);
INSERT INTO golden.users VALUES ('\x000000000bb87000800000000000009e', 9223372036854775799, 'null', NULL, 'admin', 'deleted', 9223372036854775807, 1767225600123456);
INSERT INTO golden.users VALUES ('\x000000000bb8700080000000000000a5', 9223372036854775798, '{"json": [1, 2.5, null]}', NULL, 'user', 'active', 9223372036854775807, 9223372036854775807);
INSERT INTO golden.users VALUES ('\x000000000bb8700080000000000000ac', 9223372036854775797, '200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 kB of text 200 k', NULL, 'staff', 'suspended', 9223372036854775807, 0);


--
-- Name: _chatcore_migrations _chatcore_migrations_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden._chatcore_migrations
    ADD CONSTRAINT _chatcore_migrations_pkey PRIMARY KEY (version);


--
-- Name: conversations conversations_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);


--
-- Name: forks forks_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.forks
    ADD CONSTRAINT forks_pkey PRIMARY KEY (conversation, lane, "position");


--
-- Name: identities identities_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (key);


--
-- Name: jobs jobs_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (id);


--
-- Name: lanes lanes_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.lanes
    ADD CONSTRAINT lanes_pkey PRIMARY KEY (conversation, lane);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);


--
-- Name: run_logs run_logs_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.run_logs
    ADD CONSTRAINT run_logs_pkey PRIMARY KEY (run, first);


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);


--
-- Name: sequences sequences_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.sequences
    ADD CONSTRAINT sequences_pkey PRIMARY KEY (key);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: golden; Owner: -
--

ALTER TABLE ONLY golden.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: conversations_by_external_id; Type: INDEX; Schema: golden; Owner: -
--

CREATE UNIQUE INDEX conversations_by_external_id ON golden.conversations USING btree (owner, external_id) WHERE (external_id IS NOT NULL);


--
-- Name: conversations_by_number; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX conversations_by_number ON golden.conversations USING btree (owner, number);


--
-- Name: conversations_by_time; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX conversations_by_time ON golden.conversations USING btree (owner, updated_at DESC, id) WHERE (state = 'live'::text);


--
-- Name: forks_that_depart; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX forks_that_depart ON golden.forks USING btree (conversation, lane, "position") WHERE (active <> lane);


--
-- Name: identities_by_user; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX identities_by_user ON golden.identities USING btree ("user", key);


--
-- Name: lanes_by_parent; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX lanes_by_parent ON golden.lanes USING btree (conversation, parent, start, seq) WHERE (lane <> 0);


--
-- Name: messages_by_number; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX messages_by_number ON golden.messages USING btree (owner, number);


--
-- Name: messages_by_place; Type: INDEX; Schema: golden; Owner: -
--

CREATE UNIQUE INDEX messages_by_place ON golden.messages USING btree (conversation, lane, "position");


--
-- Name: runs_by_heartbeat; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX runs_by_heartbeat ON golden.runs USING btree (heartbeat_at, id) WHERE (state = 'running'::text);


--
-- Name: runs_that_run; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX runs_that_run ON golden.runs USING btree (conversation, id) WHERE (state = 'running'::text);


--
-- Name: sessions_by_user; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX sessions_by_user ON golden.sessions USING btree ("user", id);


--
-- Name: users_by_number; Type: INDEX; Schema: golden; Owner: -
--

CREATE INDEX users_by_number ON golden.users USING btree (number, id);


--
-- PostgreSQL database dump complete
--


