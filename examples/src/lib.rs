//! Examples of chatcore; each is a program of its own.
