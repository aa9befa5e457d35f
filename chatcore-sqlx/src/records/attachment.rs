//! Attachments, and the bytes that they have.

use chatcore::attachment::{Attachment, Blob};

use super::flat::flat;

flat! {
    Attachment in "attachments" by id: key {
        owner: key,
        hash: key,
        name: text,
        media_type: text,
        size: number,
        state: word,
        links: number,
        idle_since: time_opt,
        scopes: json,
        created_at: time,
    }
}

flat! {
    Blob in "blobs" by hash: key {
        upload: key,
        size: number,
        state: word,
        links: number,
        idle_since: time_opt,
    }
}
