//! Tests of `wsksim::capture`: real captures against their truth.

mod build;
mod truth;
