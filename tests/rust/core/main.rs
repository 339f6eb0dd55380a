//! The core from outside: sockets, edges, drives and their books, without Python.

mod calls;
mod findings;
mod properties;
mod recorder;
mod reference;
mod tables;
