//! Sources: what all sources of edges outside this process have in common.
//!
//! A source tells events: a connection was opened, its remote end disconnected, it is over. A feed opens the sockets
//! of a subsystem for them, posts the edges and closes what is over. `capture` is the one source so far.
#![forbid(unsafe_code)]

mod endpoint;
mod event;
mod feed;

pub use endpoint::Endpoint;
pub use event::Event;
pub use feed::{Connector, Feed, Origin};
