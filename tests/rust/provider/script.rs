//! Script: the table of calls as text. `tests/vectors/calls/README.md` says how a line is written.

use std::fs;
use std::path::PathBuf;

/// One script of a file.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) file: String,
    pub(crate) name: String,
    /// `name=value`, or a bare name.
    pub(crate) options: Vec<String>,
    /// Languages that cannot run it, and why.
    pub(crate) left_out: Vec<(String, String)>,
    pub(crate) lines: Vec<Line>,
}

/// One call, and what it is expected to come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) number: usize,
    pub(crate) call: String,
    pub(crate) expected: Outcome,
}

/// What comes of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What it returns; nothing where a call returns nothing.
    pub(crate) status: Option<String>,
    /// Completions and callbacks, in order.
    pub(crate) events: Vec<String>,
    /// Findings, in order.
    pub(crate) findings: Vec<String>,
}

impl Outcome {
    /// As a line of the table has it, behind the call.
    pub(crate) fn shown(&self) -> String {
        let status = self.status.iter().map(|status| format!(" -> {status}"));
        let events = self.events.iter().map(|event| format!(" ; {event}"));
        let findings = self.findings.iter().map(|finding| format!(" ! {finding}"));
        status.chain(events).chain(findings).collect()
    }
}

fn line(number: usize, text: &str) -> Line {
    let mut findings = text.split(" ! ").map(str::trim);
    let mut events = findings.next().unwrap_or_default().split(" ; ").map(str::trim);
    let (call, status) = match events.next().unwrap_or_default().split_once(" -> ") {
        Some((call, status)) => (call.trim(), Some(status.trim().to_owned())),
        None => (text.split(" ; ").next().unwrap_or(text), None),
    };
    let call = call.split(" ! ").next().unwrap_or(call).trim().to_owned();
    let events = events.map(ToOwned::to_owned).collect();
    let findings = findings.map(ToOwned::to_owned).collect();
    Line { number, call, expected: Outcome { status, events, findings } }
}

/// Every script of every file of the table.
pub(crate) fn all() -> Vec<Script> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/calls");
    let entries = fs::read_dir(&folder).expect("the table is there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "calls"));
    files.sort();
    let mut scripts: Vec<Script> = Vec::new();
    for path in files {
        let file = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a text");
        for (place, text) in text.lines().enumerate() {
            let (number, text) = (place + 1, text.trim());
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            if let Some(name) = text.strip_prefix("script: ") {
                let (file, name) = (file.clone(), name.to_owned());
                scripts.push(Script { file, name, ..Script::default() });
                continue;
            }
            let script = scripts.last_mut().filter(|script| script.file == file);
            let script =
                script.unwrap_or_else(|| panic!("{file}:{number}: no script begins above"));
            if let Some(options) = text.strip_prefix("options: ") {
                script.options = options.split_whitespace().map(ToOwned::to_owned).collect();
            } else if let Some(rest) = text.strip_prefix("not in ") {
                let (language, why) = rest.split_once(": ").expect("a language and a reason");
                script.left_out.push((language.to_owned(), why.to_owned()));
            } else {
                script.lines.push(line(number, text));
            }
        }
    }
    scripts
}
