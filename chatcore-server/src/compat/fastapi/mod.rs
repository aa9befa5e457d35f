//! What clients of FastAPI expect, whatever the system: fields that are refused one by one with the place where they stand,
//! and errors with a type.

mod dialect;
mod fields;

pub(super) use dialect::{FastApi, bearer, refusal, render};
pub(super) use fields::{Model, Query, integer_in_path};
