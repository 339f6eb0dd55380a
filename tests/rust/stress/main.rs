//! Many threads at once, and the history checker over what they did; the checker has its own tests.

mod checker;
mod crowd;
mod storm;
