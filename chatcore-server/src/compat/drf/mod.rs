//! What clients of Django REST framework expect, whatever the system: how bodies are read, which words refuse a field,
//! what a missing token or a wrong method is answered with.

mod body;
mod dialect;
mod fields;
mod jwt;
mod password;
mod token;

pub(super) use body::{complaint, data};
pub(super) use dialect::{Drf, detail, field, render};
pub(super) use fields::{Form, Text};
pub(super) use jwt::{CHALLENGE as JWT_CHALLENGE, Jwt, Pair, no_active_account};
pub(super) use password::{complaint_about_password, registration};
pub(super) use token::{CHALLENGE as TOKEN_CHALLENGE, by_token};
