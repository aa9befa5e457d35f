//! The client against a server.

#[cfg(test)]
mod cancel;
#[cfg(test)]
mod exchanges;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
