//! Levels: how a driver raises and lowers the level of its own thread.

use crate::core::irql::Irql;
use crate::provider::processor::here;

/// Why a level cannot be set: the lowest and the highest that it could have been. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfRange {
    /// The lowest.
    pub lowest: Irql,
    /// The highest.
    pub highest: Irql,
}

fn change(to: Option<Irql>, lowest: Irql, highest: Irql) -> Result<Irql, OutOfRange> {
    let processor = here();
    let before = processor.level();
    let fits = to.filter(|to| (lowest..=highest).contains(to));
    processor.set_level(fits.ok_or(OutOfRange { lowest, highest })?);
    Ok(before)
}

/// `KeRaiseIrql`: the level before. `to`: `None` if it is none that is simulated.
///
/// # Errors
///
/// [`OutOfRange`]: it is below the present one.
pub fn raise(to: Option<Irql>) -> Result<Irql, OutOfRange> {
    change(to, here().level(), Irql::Dispatch)
}

/// `KeLowerIrql`: the level before.
///
/// # Errors
///
/// [`OutOfRange`]: it is above the present one.
pub fn lower(to: Option<Irql>) -> Result<Irql, OutOfRange> {
    change(to, Irql::Passive, here().level())
}
