//! Rules: the contract's table, for `wsksim.contract.rules`.

use crate::contract::Rule;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A row of the table, as `Rule::row` returns it.
type Row = [&'static str; 8];

/// Every rule of the contract, in its order: id, binds, statement, advice, pages, mark, note, pending.
#[pyfunction]
pub(crate) fn _rules() -> Vec<Row> {
    Rule::all().iter().map(Rule::row).collect()
}

/// The rule that Python names.
pub(crate) fn named(id: &str) -> PyResult<&'static Rule> {
    Rule::find(id).ok_or_else(|| {
        PyValueError::new_err(format!(
            "finding: asked for rule {id:?}; the contract has none of that id; name one of its rules"
        ))
    })
}
