//! Contract: the rules that the provider keeps and that it finds an application breaking.
//!
//! The leftmost room: whoever names a rule takes it from here, in Rust and, through the extension, in Python.

mod rules;

pub use rules::{Binds, Mark, Rule};
