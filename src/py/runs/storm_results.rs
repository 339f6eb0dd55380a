//! What a storm measured, as Python's dictionaries.

use crate::storm::generator::LATE;
use crate::storm::series::Series;
use crate::storm::{Arrivals, Generator, Timing};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// The percentiles of a report, and the names that they have there.
const PERCENTILES: [(&str, f64); 4] =
    [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9)];
const NANOSECONDS: f64 = 1e9;

/// "plan", "pace", "service_ns", "response_ns", as reports document them, and "histograms", the encoded series by name.
pub(crate) fn to_python<'py>(
    py: Python<'py>,
    generator: &Generator,
    pace: Option<(f64, Arrivals)>,
    timing: Option<&Timing>,
) -> PyResult<Bound<'py, PyDict>> {
    let results = PyDict::new(py);
    results.set_item("plan", format!("{:016x}", generator.digest().value()))?;
    let paced = pace.map(|(rate, _)| pace_to_python(py, generator, rate)).transpose()?;
    results.set_item("pace", paced)?;
    let series = timing.map(Timing::series);
    let (service, response) = series.as_ref().map_or((None, None), |(service, response)| {
        (Some(service), pace.is_some().then_some(response))
    });
    let histograms = PyDict::new(py);
    for (name, series) in [("service", service), ("response", response)] {
        let measured = series.map(|series| times(py, series)).transpose()?;
        results.set_item(format!("{name}_ns"), measured)?;
        if let Some(series) = series {
            histograms.set_item(name, PyBytes::new(py, &series.encoded()?))?;
        }
    }
    results.set_item("histograms", histograms)?;
    Ok(results)
}

fn times<'py>(py: Python<'py>, series: &Series) -> PyResult<Bound<'py, PyDict>> {
    let times = PyDict::new(py);
    times.set_item("count", series.count())?;
    times.set_item("mean", series.mean())?;
    for (name, percent) in PERCENTILES {
        times.set_item(name, series.percentile(percent))?;
    }
    times.set_item("max", series.longest())?;
    Ok(times)
}

fn pace_to_python<'py>(
    py: Python<'py>,
    generator: &Generator,
    rate: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let (lag, posted) = (generator.lag(), generator.posted());
    let pace = PyDict::new(py);
    pace.set_item("planned_rate", rate)?;
    // The same edges over the time that posting them took; nothing to compare before the second one.
    let stretched =
        if lag.planned == 0 { 1.0 } else { lag.posted.max(1) as f64 / lag.planned as f64 };
    pace.set_item("posted_rate", rate / stretched.max(1.0))?;
    pace.set_item("planned_s", lag.planned as f64 / NANOSECONDS)?;
    pace.set_item("posted_s", lag.posted as f64 / NANOSECONDS)?;
    pace.set_item("worst_lag_ns", lag.worst)?;
    pace.set_item("late_after_ns", LATE)?;
    pace.set_item("late", lag.late)?;
    pace.set_item("stalled_s", lag.stalled as f64 / NANOSECONDS)?;
    // At most one edge in a hundred.
    pace.set_item("kept", u128::from(lag.late) * 100 <= u128::from(posted))?;
    Ok(pace)
}
