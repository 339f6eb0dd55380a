//! Packet captures to edges.
