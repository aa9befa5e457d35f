//! The client against a server, and a foreign client against the mock.

#[cfg(test)]
mod cancel;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod python;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
