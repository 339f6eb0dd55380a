//! Lives: the lives of a plan, drawn from its seed.

use crate::core::random::Share;
use crate::storm::Arrivals;
use crate::storm::lives::{Draw, Group, Lives as Drawn, Step};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A step: what, how it is drawn, and the two numbers of that.
type GivenStep = (String, String, u64, u64);
/// Lives in all, steps, the shares of the four endings, and rate, shape and burst.
type GivenGroup = (u64, Vec<GivenStep>, Option<[f64; 4]>, Option<(f64, String, u64)>);

/// The lives of a plan, drawn in blocks of 65,536 from the seed and the block's number.
#[pyclass(frozen, module = "wsksim._native")]
pub(crate) struct Lives(pub(crate) Drawn);

#[pymethods]
impl Lives {
    #[new]
    fn new(seed: u64, groups: Vec<GivenGroup>) -> PyResult<Self> {
        let groups = groups.into_iter().map(group).collect::<Option<Vec<_>>>();
        let groups = groups.filter(|groups| groups.len() < 1 << 16);
        let groups = groups.ok_or_else(|| {
            PyValueError::new_err(
                "lives: asked for groups as a Plan has them; found others; use wsksim.Plan",
            )
        })?;
        Ok(Self(Drawn { seed, groups: groups.into() }))
    }

    /// The digest of every `shards`-th block from `shard` on.
    fn digest(&self, py: Python<'_>, shard: u64, shards: u64) -> PyResult<String> {
        if shard >= shards {
            let text = format!("digest: asked for shard {shard} of {shards}; shards count from 0");
            return Err(PyValueError::new_err(text));
        }
        Ok(format!("{:032x}", py.detach(|| self.0.digest(shard, shards)).value()))
    }
}

fn group((count, steps, endings, pace): GivenGroup) -> Option<Group> {
    let endings = match endings.map(|shares| shares.map(Share::new)) {
        Some([Some(disconnect), Some(close), Some(abort), Some(vanish)]) => {
            Some([disconnect, close, abort, vanish])
        }
        Some(_) => return None,
        None => None,
    };
    let pace = match pace {
        None => None,
        Some((rate, shape, burst)) => {
            let arrivals = match shape.as_str() {
                "constant" => Arrivals::Constant,
                "poisson" => Arrivals::Poisson,
                "burst" => Arrivals::Burst(burst),
                _ => return None,
            };
            Some((rate, arrivals)).filter(|(rate, _)| rate.is_finite() && *rate > 0.0)
        }
    };
    let steps = steps.iter().map(step).collect::<Option<Vec<_>>>()?;
    Some(Group { count, steps, endings, pace })
}

fn step((what, kind, low, high): &GivenStep) -> Option<Step> {
    let draw = match kind.as_str() {
        "fixed" => Draw::Fixed(*low),
        "uniform" if low <= high => Draw::Uniform(*low, *high),
        "exponential" => Draw::Exponential(*low),
        _ => return None,
    };
    Some(match what.as_str() {
        "send" => Step::Send(draw),
        "wait" => Step::Wait(draw),
        "read" => Step::Read(draw),
        "read_all" => Step::ReadAll,
        "read_end" => Step::ReadEnd,
        _ => return None,
    })
}
