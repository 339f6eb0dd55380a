//! Options: the words that users give for a subsystem's options, and back.

use crate::core::chooser::Schedule;
use crate::core::irql::IrqlPolicy;
use crate::core::limits::MAX_CHANGES;
use crate::core::limits::MAX_CHOICES;
use crate::core::subsystem::Check;
use crate::core::sync::{AtomicBool, Ordering};
use crate::py::values::arguments::{self, cut};
use crate::wsk::Completions;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::convert::Infallible;

/// Bytes in flight per direction of a connection, unless asked otherwise.
const WINDOW: u64 = 65_536;
/// Connections that may wait at a listening socket, unless asked otherwise.
const BACKLOG: u64 = 200;
/// The largest backlog.
const MAX_BACKLOG: u64 = 1 << 20;
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

/// Words of `completions`.
pub(crate) const COMPLETIONS: [(&str, Completions); 4] = [
    ("inline", Completions::Inline),
    ("windows", Completions::Windows),
    ("later", Completions::Later),
    ("drawn", Completions::Drawn),
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

/// How requests are answered and completed; `always_pend` is the older word for "later".
pub(crate) fn completions(given: &Given<'_>, always_pend: &Given<'_>) -> PyResult<Completions> {
    let way = given.word("completions", &COMPLETIONS)?;
    if !always_pend.switch("always_pend", false)? {
        return Ok(way);
    }
    if given.0.is_some() && way != Completions::Later {
        let word = name_of(&COMPLETIONS, way);
        return Err(PyValueError::new_err(format!(
            "completions: asked for \"{word}\" with always_pend=True, which is \"later\"; leave always_pend out"
        )));
    }
    Ok(Completions::Later)
}

/// How many connections may wait at a listening socket.
pub(crate) fn backlog(given: &Given<'_>) -> PyResult<usize> {
    match given.count("backlog", BACKLOG, MAX_BACKLOG)? {
        0 => Err(PyValueError::new_err(
            "backlog: asked for 0; no connection could ever be accepted; give 1 or more [A-1]",
        )),
        waiting => Ok(waiting as usize),
    }
}

/// Characters that a schedule's name has at most, and more.
const LONGEST: usize = 80;

/// What comes next: "fifo", "explore", or "pct:N" with N changes of priority.
pub(crate) fn schedule(given: &Given<'_>) -> PyResult<Schedule> {
    let Some(value) = &given.0 else { return Ok(Schedule::Fifo) };
    let word = value.cast::<PyString>().ok().and_then(|word| cut(word, LONGEST));
    let found = word.and_then(|word| match word.as_str() {
        "fifo" => Some(Schedule::Fifo),
        "explore" => Some(Schedule::Explore),
        _ => {
            let digits = word.strip_prefix("pct:")?;
            let is_number =
                !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
            let changes =
                digits.parse().ok().filter(|changes| is_number && *changes <= MAX_CHANGES);
            changes.map(Schedule::Pct)
        }
    });
    found.ok_or_else(|| {
        PyValueError::new_err(format!(
            "schedule: asked for {}; give \"fifo\", \"explore\", or \"pct:N\" with N changes of \
             priority, 0 to {MAX_CHANGES}",
            arguments::shown(value)
        ))
    })
}

/// The word for a schedule.
pub(crate) fn schedule_word(schedule: Schedule) -> String {
    match schedule {
        Schedule::Fifo => "fifo".to_owned(),
        Schedule::Explore => "explore".to_owned(),
        Schedule::Pct(changes) => format!("pct:{changes}"),
    }
}

/// Choices to be made again, if any were given.
pub(crate) fn choices(given: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<u32>>> {
    let Some(given) = given else { return Ok(None) };
    let few_enough = |found: usize| match found as u64 {
        0..=MAX_CHOICES => Ok(()),
        _ => Err(PyValueError::new_err(format!(
            "choices: asked for at most {MAX_CHOICES} numbers; found {found}; give what subsystem.choices listed"
        ))),
    };
    let mut choices = Vec::new();
    arguments::each_integer("choices", given, few_enough, |number| {
        few_enough(choices.len() + 1)?;
        arguments::room_for_one("choices", &mut choices)?;
        choices.push(u32::try_from(number).map_err(|_| {
            PyValueError::new_err(format!(
                "choices: asked for numbers from 0 to 4294967295; found {number}; give what \
                 subsystem.choices listed"
            ))
        })?);
        Ok(())
    })?;
    Ok(Some(choices))
}

/// Whether subsystems are made plain; see [`_use_plain_paths`].
static PLAIN: AtomicBool = AtomicBool::new(false);

/// For tests: subsystems that are made from now on take the plain way wherever a quick one was added beside it. What they do
/// must be the same.
#[pyfunction]
pub(crate) fn _use_plain_paths(plain: bool) {
    // Relaxed: whoever makes a subsystem knows what was asked for before.
    PLAIN.store(plain, Ordering::Relaxed);
}

/// Whether a subsystem that is made now is plain.
pub(crate) fn plain() -> bool {
    PLAIN.load(Ordering::Relaxed)
}

/// The word for a value.
pub(crate) fn name_of<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, meaning)| *meaning == value).map_or("", |(word, _)| word)
}
