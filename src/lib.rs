//! Winsock Kernel (WSK) disconnect events in user space.
#![deny(unsafe_code)]

pub mod capture;
