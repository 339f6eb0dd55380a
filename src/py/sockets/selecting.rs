//! Selecting: one of many things by its position, or some of them by a slice, positions or a mask.

use crate::py::values::arguments::{self, OFTEN};
use crate::py::values::passing::PassOver;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyList, PySlice};

/// What there is many of, for messages.
pub(crate) struct Many {
    pub(crate) name: &'static str,
    pub(crate) one: &'static str,
}

/// What an index chose.
pub(crate) enum Chosen<T> {
    One(usize),
    Some(Vec<T>),
}

impl Many {
    /// What an index chooses of `items`.
    pub(crate) fn chosen<T: Copy>(
        &self,
        key: &Bound<'_, PyAny>,
        items: &[T],
    ) -> PyResult<Chosen<T>> {
        let (Self { name, one }, len) = (self, items.len());
        if key.is_instance_of::<PyBool>() {
            return Err(PyTypeError::new_err(format!(
                "{name}[…]: asked for a bool; give a position or a mask"
            )));
        }
        if key.is_instance_of::<PyInt>()
            || (key.hasattr("__index__")? && key.len().pass_over(key.py()).is_none())
        {
            let index = key.call_method0("__index__");
            let Some(number) =
                index.pass_over(key.py()).and_then(|index| index.extract::<i64>().ok())
            else {
                return Err(PyIndexError::new_err(format!(
                    "asked for {one} {} of a {name} of {len}; give a position in it, a slice, or an array of them",
                    arguments::shown(key)
                )));
            };
            return self.position(number, len).map(Chosen::One);
        }
        self.some(key, items).map(Chosen::Some)
    }

    fn position(&self, value: i64, len: usize) -> PyResult<usize> {
        arguments::position(value, len).ok_or_else(|| {
            PyIndexError::new_err(format!(
                "asked for {} {value} of a {} of {len}; positions are 0 to {}",
                self.one,
                self.name,
                len.saturating_sub(1)
            ))
        })
    }

    fn some<T: Copy>(&self, key: &Bound<'_, PyAny>, items: &[T]) -> PyResult<Vec<T>> {
        let (Self { name, one }, len) = (self, items.len());
        if let Ok(slice) = key.cast::<PySlice>() {
            let range = slice.indices(len as isize)?;
            let at = |number: usize| (range.start + number as isize * range.step) as usize;
            let mut chosen = arguments::room(&format!("{name}[…]"), range.slicelength)?;
            chosen.extend((0..range.slicelength).map(|number| items[at(number)]));
            return Ok(chosen);
        }
        let asked = format!("{name}[…]");
        // Looked at twice, so an iterator has to become a list first.
        let key = &match key.hasattr("__next__")? {
            true => self.listed(key, len)?.into_any(),
            false => key.clone(),
        };
        if is_mask(&asked, key)? {
            let wrong = |found| {
                PyIndexError::new_err(format!(
                    "{name}[mask]: asked with {found} bools; the {name} has {len} {one}s; give one each"
                ))
            };
            let mask = arguments::integers(&asked, key, (len, &wrong))?;
            let chosen = mask.iter().zip(items).filter(|(mask, _)| **mask != 0);
            let mut items =
                arguments::room(&asked, mask.iter().filter(|mask| **mask != 0).count())?;
            items.extend(chosen.map(|(_, item)| *item));
            return Ok(items);
        }
        let mut chosen = Vec::new();
        arguments::each_integer(
            &asked,
            key,
            |_| Ok(()),
            |number| {
                let item = items[self.position(number, len)?];
                arguments::room_for_one(&asked, &mut chosen)?;
                chosen.push(item);
                Ok(())
            },
        )?;
        Ok(chosen)
    }

    /// The items of an iterator, up to the first that cannot be meant.
    fn listed<'py>(&self, key: &Bound<'py, PyAny>, len: usize) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(key.py());
        for item in key.try_iter()? {
            let item = item?;
            let is_bool = item.is_instance_of::<PyBool>();
            if let Ok(number) = item.extract::<i64>()
                && !is_bool
            {
                self.position(number, len)?;
            }
            list.append(item)?;
            if is_bool && list.len() > len {
                break;
            }
            if list.len() % OFTEN == 0 {
                key.py().check_signals()?;
            }
        }
        Ok(list)
    }
}

/// Whether an index is an array or sequence of bools.
fn is_mask(asked: &str, key: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = key.py();
    if let Ok(view) = py.import("builtins")?.getattr("memoryview")?.call1((key,)) {
        return Ok(view.getattr("format")?.extract::<String>()?.ends_with('?'));
    }
    let mut items = key.try_iter().map_err(|_| arguments::wrong_array(asked, key))?;
    match items.next() {
        Some(first) => Ok(first?.is_instance_of::<PyBool>()),
        None => Ok(false),
    }
}
