//! Every back end passes the suite for models. Those that talk to a server have the mock behind them, which plays each
//! scene in the bytes of its wire.

#[cfg(test)]
mod offline;
#[cfg(test)]
mod remote;
#[cfg(test)]
mod scenes;
