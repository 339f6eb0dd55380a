//! The provider's door, with an application in Rust: what each rule is broken by and found, and one table of calls.

mod callbacks;
mod calls;
mod connections;
mod driver;
mod driving;
mod functions;
mod irps;
mod registrations;
mod script;
mod sockets;
mod stage;
mod table;
mod text;
mod verbs;
mod waits;
mod walk;
mod words;
