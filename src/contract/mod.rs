//! Contract: the rules that the provider keeps, and those whose breach by an application it finds; the statuses.
//!
//! The leftmost room: every other room takes a rule from here, and so does Python, through the extension.

mod rules;
mod statuses;

pub use rules::{Binds, Mark, Rule};
pub use statuses::Status;
