//! Print: what a driver prints, and how it ends the run by itself: bug checks and assertions.

use crate::c::kernel::Ended;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory;
use std::collections::VecDeque;

/// So many lines are kept, the last ones, each so long at most.
const LINES: usize = 1_000;
const LENGTH: usize = 1_024;
/// So many bytes are told a witness.
const WITNESSED: usize = 1 << 16;

/// What a driver printed.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    lines: VecDeque<String>,
    /// A line that has not ended.
    open: String,
    /// How many lines have.
    ended: u64,
    witnessed: usize,
}

impl Printed {
    /// The lines that are kept, the open one last, and how many there were.
    pub(crate) fn lines(&self) -> (Vec<String>, u64) {
        let open = Some(&self.open).filter(|open| !open.is_empty());
        let count = self.ended + u64::from(open.is_some());
        (self.lines.iter().chain(open).cloned().collect(), count)
    }

    /// Whether a witness is to be told of so many bytes more.
    fn is_witnessed(&mut self, length: usize) -> bool {
        self.witnessed = self.witnessed.saturating_add(length);
        self.witnessed <= WITNESSED
    }

    fn add(&mut self, text: &str) {
        for part in text.split_inclusive('\n') {
            if self.open.len() < LENGTH {
                let room = LENGTH - self.open.len();
                let end = part.floor_char_boundary(room.min(part.len()));
                self.open.push_str(&part[..end]);
            }
            if part.ends_with('\n') {
                let line = std::mem::take(&mut self.open);
                self.lines.push_back(line.trim_end().to_owned());
                self.ended += 1;
                if self.lines.len() > LINES {
                    self.lines.pop_front();
                }
            }
        }
    }
}

pub(crate) unsafe extern "C" fn print(_component: u32, _level: u32, text: usize, length: usize) {
    border(place::wsksim_print_text, |kernel| {
        let text = memory::bytes(text, length);
        let text = String::from_utf8_lossy(&text);
        kernel.printed.borrow_mut().add(&text);
        if kernel.options.witness.is_some() && kernel.printed.borrow_mut().is_witnessed(text.len())
        {
            kernel.bear_witness("print", &text);
        }
    });
}

pub(crate) unsafe extern "C" fn bug_check(code: u32) {
    border(place::KeBugCheck, |kernel| kernel.stop(Ended::BugCheck(code, [0; 4])))
}

pub(crate) unsafe extern "C" fn bug_check_ex(
    code: u32,
    one: usize,
    two: usize,
    three: usize,
    four: usize,
) {
    border(place::KeBugCheckEx, |kernel| {
        kernel.stop(Ended::BugCheck(code, [one, two, three, four]))
    })
}

pub(crate) unsafe extern "C" fn assertion_failed(condition: usize, file: usize, line: u32) {
    border(place::wsksim_assertion_failed, |kernel| {
        let (condition, file) = (memory::text(condition), memory::text(file));
        kernel.stop(Ended::Assertion(format!("{condition} at {file}:{line}")))
    })
}
