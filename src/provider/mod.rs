//! Provider: what stands between the contract machine and its applications, whatever language these are
//! written in.

pub mod processor;
