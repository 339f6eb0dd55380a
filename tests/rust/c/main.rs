//! A driver in C, called through its tables without the interpreter: what is called, with what, and what is found.

mod answers;
mod driver;
mod echo;
mod lists;
mod surface;
