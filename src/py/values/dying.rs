//! Dying: what a process that is watched by another writes down when a signal ends it.

use crate::core::findings::{Finding, Found, Kind};
use crate::core::status::NtStatus;
use crate::core::subsystem::Witness;
use pyo3::prelude::*;

/// Has this process write its last call into the black box, and the functions on its stack to the file of that number,
/// should a signal end it. Whether it can be done on this system.
#[pyfunction]
pub(crate) fn _watch_crashes(black_box: &Bound<'_, PyAny>, file: i32) -> PyResult<bool> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        super::crash::watch(super::export::shared_words(black_box)?, file)?;
        Ok(true)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    {
        let _ = (black_box, file);
        Ok(false)
    }
}

/// Who writes findings down while they are made, if the black box has a file for them: what is kept in memory is gone
/// with the process.
pub(crate) fn witness(black_box: &Bound<'_, PyAny>) -> Option<(Witness, i32)> {
    let file = black_box.getattr("findings_file").ok()?.extract().ok()?;
    Some((tell, file))
}

/// One line: rule, kind, what was found, advice, socket, context, inside, edge, Flags, function, file and line, the
/// same of the other end, and the traceback, with tabs between.
fn tell(finding: &Finding, file: i32) {
    let kind = match finding.kind {
        Kind::Breach => "breach",
        Kind::Choice => "choice",
        Kind::Note => "note",
    };
    let found = match &finding.found {
        Found::Status(status) => format!("it returned {}", NtStatus::from_bits(*status)),
        Found::Nothing => "it returned None".to_owned(),
        Found::Raised(text) => format!("it raised {text}"),
        Found::Text(text) => text.clone(),
    };
    let context = finding.context_text.clone();
    let context = context.unwrap_or_else(|| format!("0x{:x}", finding.context));
    let mut parts = vec![
        finding.rule.id.to_owned(),
        kind.to_owned(),
        found,
        finding.advice.to_string(),
        finding.subject.to_string(),
        context,
        finding.inside.to_string(),
        finding.edge_number.to_string(),
        finding.flags.to_string(),
    ];
    for place in [&finding.place, &finding.other] {
        let place = place.as_deref();
        parts.push(place.map_or_else(String::new, |place| place.function.clone()));
        let site = |place: &crate::core::findings::Place| format!("{}:{}", place.file, place.line);
        parts.push(place.filter(|place| !place.file.is_empty()).map_or_else(String::new, site));
    }
    parts.push(finding.traceback.clone());
    let escaped = |text: String| {
        text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
    };
    let line = parts.into_iter().map(escaped).collect::<Vec<_>>().join("\t") + "\n";
    write_down(file, line.as_bytes());
}

/// Writes to the file of that number, where processes are watched; what does not go through is lost.
pub(crate) fn write_down(file: i32, bytes: &[u8]) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    super::crash::write(file, bytes);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = (file, bytes);
}
