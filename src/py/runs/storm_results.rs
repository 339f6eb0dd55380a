//! What a storm measured, as Python's dictionaries.

use crate::py::runs::living::LISTEN;
use crate::storm::course::{Course, Stretch};
use crate::storm::generator::{LATE, Lag};
use crate::storm::series::Series;
use crate::storm::{Generator, Plan, Timing};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

/// The percentiles of a report, and the names that they have there.
const PERCENTILES: [(&str, f64); 4] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9)];
const NANOSECONDS: f64 = 1e9;

/// Of a plan, or of the shard of it that a generator has: "plan", "pace", "service_ns", "response_ns", as reports document them, and "histograms", the encoded series by name.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    generator: &Generator,
    &Plan { pace, disconnects, .. }: &Plan,
    timing: Option<&Timing>,
) -> PyResult<Bound<'py, PyDict>> {
    let results = PyDict::new(py);
    let digest = match generator.sum() {
        None => format!("{:016x}", generator.digest().value()),
        Some(sum) => format!("{:032x}", sum.value()),
    };
    results.set_item("plan", digest)?;
    let part = generator.total() as f64 / disconnects.max(1) as f64;
    let paced = pace.map(|(rate, _)| {
        self::pace(py, &generator.lag(), generator.posted(), ("edges", Some(rate * part)))
    });
    results.set_item("pace", paced.transpose()?)?;
    let measured = timing.map(Timing::series);
    let (service, response) = measured.as_ref().map_or((None, None), |(service, response)| {
        (Some(service), pace.is_some().then_some(response))
    });
    for (name, series) in [("service_ns", service), ("response_ns", response)] {
        let measured = series.map(|series| times(py, series)).transpose()?;
        results.set_item(name, measured)?;
    }
    results
        .set_item("histograms", histograms(py, [("service", service), ("response", response)])?)?;
    let clocked = timing.filter(|_| pace.is_some());
    let course = clocked.map(|_| series(py, generator.course())).transpose()?;
    results.set_item("series", course)?;
    let heard = clocked.map(|timing| noise(py, timing)).transpose()?;
    results.set_item("noise", heard)?;
    Ok(results)
}

/// The encoding of each series that there is, by name.
pub(crate) fn histograms<'py, 's>(
    py: Python<'py>,
    measured: impl IntoIterator<Item = (&'s str, Option<&'s Series>)>,
) -> PyResult<Bound<'py, PyDict>> {
    let made = PyDict::new(py);
    for (name, series) in measured {
        if let Some(series) = series {
            made.set_item(name, PyBytes::new(py, &series.encoded()?))?;
        }
    }
    Ok(made)
}

/// Percentiles of a series.
pub(crate) fn times<'py>(py: Python<'py>, series: &Series) -> PyResult<Bound<'py, PyDict>> {
    let times = PyDict::new(py);
    times.set_item("count", series.count())?;
    times.set_item("mean", series.mean())?;
    for (name, percent) in PERCENTILES {
        times.set_item(name, series.percentile(percent))?;
    }
    times.set_item("max", series.longest())?;
    Ok(times)
}

/// How a storm went: the length of a step in seconds, and what happened in each.
pub(crate) fn series<'py>(py: Python<'py>, course: &Course) -> PyResult<Bound<'py, PyDict>> {
    let (step, stretches) = course.steps();
    let made = PyDict::new(py);
    made.set_item("step_s", step as f64 / NANOSECONDS)?;
    let column = |of: fn(&Stretch) -> u64| PyList::new(py, stretches.iter().map(of));
    made.set_item("begun", column(|one| one.begun)?)?;
    made.set_item("ended", column(|one| one.ended)?)?;
    made.set_item("accepted", column(|one| one.accepted)?)?;
    made.set_item("edges", column(|one| one.edges)?)?;
    let open = stretches.iter().scan(0, |open: &mut u64, one| {
        *open = (*open + one.begun).saturating_sub(one.ended);
        Some(*open)
    });
    made.set_item("open", PyList::new(py, open.collect::<Vec<_>>())?)?;
    Ok(made)
}

/// What was heard of the host's noise.
pub(crate) fn noise<'py>(py: Python<'py>, timing: &Timing) -> PyResult<Option<Bound<'py, PyDict>>> {
    py.detach(|| timing.listen(LISTEN));
    let noise = timing.noise();
    let Some(level) = noise.level() else { return Ok(None) };
    let made = PyDict::new(py);
    made.set_item("level", level)?;
    made.set_item("gaps", noise.gaps)?;
    made.set_item("largest_gap_ns", noise.largest)?;
    made.set_item("lost_share", noise.lost as f64 / noise.listened as f64)?;
    made.set_item("listened_s", noise.listened as f64 / NANOSECONDS)?;
    Ok(Some(made))
}

/// Whether planned instants were kept, of so many things; their rate, if it was given as such.
pub(crate) fn pace<'py>(
    py: Python<'py>,
    lag: &Lag,
    posted: u64,
    (things, rate): (&str, Option<f64>),
) -> PyResult<Bound<'py, PyDict>> {
    let pace = PyDict::new(py);
    // The first one is planned for instant 0, or soon after.
    let planned_s = lag.planned as f64 / NANOSECONDS;
    let measured = if lag.planned == 0 { 0.0 } else { posted as f64 / planned_s };
    let rate = rate.unwrap_or(measured);
    let stretched =
        if lag.planned == 0 { 1.0 } else { lag.posted.max(1) as f64 / lag.planned as f64 };
    pace.set_item("things", things)?;
    pace.set_item("planned_rate", rate)?;
    pace.set_item("posted_rate", rate / stretched.max(1.0))?;
    pace.set_item("planned_s", planned_s)?;
    pace.set_item("posted_s", lag.posted as f64 / NANOSECONDS)?;
    pace.set_item("worst_lag_ns", lag.worst)?;
    pace.set_item("late_after_ns", LATE)?;
    pace.set_item("late", lag.late)?;
    pace.set_item("of", posted)?;
    pace.set_item("stalled_s", lag.stalled as f64 / NANOSECONDS)?;
    // At most one in a hundred.
    pace.set_item("kept", u128::from(lag.late) * 100 <= u128::from(posted))?;
    Ok(pace)
}
