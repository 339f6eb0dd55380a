//! Tests of `wsksim::capture`: real captures against their truth, built files, damaged files, random bytes.

mod build;
mod containers;
mod damage;
mod explaining;
mod feeding;
mod flows;
mod links;
mod midstream;
mod odd;
mod patience;
mod properties;
mod sets;
mod slow;
mod truth;
mod tunnels;
mod unpacking;
mod unreadable;
mod wrap;
