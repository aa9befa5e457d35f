//! The objects of the API: how each is made, and what may be changed about it.

pub(crate) mod catalog;
pub(crate) mod checkout;
pub(crate) mod customer;
pub(crate) mod invoice;
pub(crate) mod list;
pub(crate) mod portal;
pub(crate) mod subscription;
