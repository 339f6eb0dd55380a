//! The contract machine from outside: its functions, errands and books, without Python.

mod accept;
mod addresses;
mod both;
mod data;
mod events;
mod lifecycle;
mod network;
mod orders;
mod policies;
mod properties;
mod requests;
mod sharing;
mod shutting;
mod stage;
mod tables;
