//! Storm: a plan of remote disconnects, and who posts them when they are due.
//!
//! `plan` says which socket disconnects, how and when, from nothing but options and a seed; `arrivals`
//! and `order` are its two streams. `generator` posts what the plan holds; `timing` wraps a host and
//! times its calls; `pacing` is the loop that posts at planned instants; `series` turns what was timed into
//! percentiles and HdrHistogram's encoding. `portion` says what a shard of a plan has and when it is due, `sharding` draws
//! the edges of one, `digest` is the sum that tells plans apart. `lives` draws what the remote ends of an application's storm do,
//! `living` carries that out (`stepping`) by a clock (`calendar`) at remote ends (`ends`), `kills` ends some from the other
//! side, `script` tells of lives that were recorded, `fates` counts what becomes of them, `course` when, and `half_open` tells what is left.
//! Where the application has a scheduler of its own, as a driver in C has, that one says when a life acts (`turning`). `noise`
//! listens to what else the host does.
//!
//! A planned instant never moves. An edge that is posted late, because the generator or a socket was not
//! ready, still counts from its planned instant, so that no measured time leaves out a delay that the
//! measured handler caused (coordinated omission).

pub mod arrivals;
pub mod calendar;
pub mod course;
pub mod digest;
pub mod ends;
pub mod fates;
pub mod generator;
pub mod half_open;
pub mod kills;
pub mod lives;
pub mod living;
pub mod noise;
mod noting;
pub mod order;
pub mod pacing;
pub mod plan;
pub mod portion;
pub mod script;
pub mod series;
pub mod sharding;
mod slots;
mod stepping;
pub mod timing;
mod turning;

pub use crate::storm::arrivals::Arrivals;
pub use crate::storm::generator::{Due, Generator, Lag, Opener};
pub use crate::storm::lives::Lives;
pub use crate::storm::order::Order;
pub use crate::storm::plan::{Digest, Edges, Plan, PlannedEdge};
pub use crate::storm::series::Series;
pub use crate::storm::timing::{Timed, Timing};
