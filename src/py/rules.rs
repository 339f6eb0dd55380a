//! Rules: the contract's table, for `wsksim.contract.rules`.

use crate::contract::Rule;
use pyo3::prelude::*;

/// A row of the table, as `Rule::row` gives it.
type Row = [&'static str; 8];

/// Every rule of the contract, in its order: id, binds, statement, advice, pages, mark, note, pending.
#[pyfunction]
pub(crate) fn _rules() -> Vec<Row> {
    Rule::all().iter().map(Rule::row).collect()
}
