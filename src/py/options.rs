//! Options: the words that users give for a subsystem's options, and back.

use crate::core::irql::IrqlPolicy;
use crate::core::subsystem::Check;
use crate::py::arguments;
use crate::wsk::Schedule;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::convert::Infallible;

/// Words of `schedule`.
pub(crate) const SCHEDULES: [(&str, Schedule); 2] =
    [("fifo", Schedule::Fifo), ("explore", Schedule::Explore)];

/// Bytes in flight per direction of a connection, unless asked otherwise.
const WINDOW: u64 = 65_536;
/// The largest window.
const MAX_WINDOW: u64 = 1 << 30;

/// Words of `check`.
pub(crate) const CHECKS: [(&str, Check); 3] =
    [("report", Check::Report), ("raise", Check::Raise), ("off", Check::Off)];

/// Words of `irql`.
pub(crate) const LEVELS: [(&str, IrqlPolicy); 3] = [
    ("passive", IrqlPolicy::Passive),
    ("dispatch", IrqlPolicy::Dispatch),
    ("mixed", IrqlPolicy::Mixed),
];

/// An option as the user gave it, if at all: None is a value like others, and for most options a wrong one.
#[derive(Default)]
pub(crate) struct Given<'py>(Option<Bound<'py, PyAny>>);

impl<'py> FromPyObject<'_, 'py> for Given<'py> {
    type Error = Infallible;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> Result<Self, Self::Error> {
        Ok(Self(Some(object.to_owned())))
    }
}

impl Given<'_> {
    /// A count between 0 and `most`.
    pub(crate) fn count(&self, asked: &str, otherwise: u64, most: u64) -> PyResult<u64> {
        self.0.as_ref().map_or(Ok(otherwise), |value| arguments::count(asked, value, most))
    }

    /// True or False.
    pub(crate) fn switch(&self, asked: &str, otherwise: bool) -> PyResult<bool> {
        arguments::switch(asked, self.0.as_ref(), otherwise)
    }

    /// A word out of a few, the first unless given.
    pub(crate) fn word<T: Copy>(&self, asked: &str, words: &[(&str, T)]) -> PyResult<T> {
        arguments::word(asked, self.0.as_ref(), words)
    }
}

/// Bytes that may lie unread at one end of a connection.
pub(crate) fn window(given: &Given<'_>) -> PyResult<usize> {
    match given.count("window", WINDOW, MAX_WINDOW)? {
        0 => Err(PyValueError::new_err(
            "window: asked for 0; no byte could ever be sent; give 1 or more [G-15]",
        )),
        bytes => Ok(bytes as usize),
    }
}

/// The word for a value.
pub(crate) fn name_of<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, meaning)| *meaning == value).map_or("", |(word, _)| word)
}
