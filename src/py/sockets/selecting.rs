//! Selecting: one of many things by its position, or some of them by a slice, positions or a mask.

use crate::core::limits::MAX_SOCKETS;
use crate::py::sharing::holding::Holding;
use crate::py::values::arguments::{self, OFTEN};
use crate::py::values::exits;
use crate::py::values::passing::PassOver;
use pyo3::exceptions::{PyIndexError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PySlice};

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
        exits::stay();
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
        let (name, len) = (self.name, items.len());
        if let Ok(slice) = key.cast::<PySlice>() {
            let range = slice.indices(len as isize)?;
            let at = |number: usize| (range.start + number as isize * range.step) as usize;
            let mut chosen = arguments::room(&format!("{name}[…]"), range.slicelength)?;
            chosen.extend((0..range.slicelength).map(|number| items[at(number)]));
            return Ok(chosen);
        }
        let asked = format!("{name}[…]");
        if key.hasattr("__next__")? {
            return self.iterated(&asked, key, items);
        }
        if is_mask(&asked, key)? {
            let wrong = |found| self.wrong_mask(found, len);
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
            |number| self.add(&asked, &mut chosen, items, number),
        )?;
        Ok(chosen)
    }

    /// One more that was chosen. There is no end to what an iterator may say, but to how many can be open.
    fn add<T: Copy>(
        &self,
        asked: &str,
        chosen: &mut Vec<T>,
        items: &[T],
        position: i64,
    ) -> PyResult<()> {
        let item = items[self.position(position, items.len())?];
        if chosen.len() == MAX_SOCKETS as usize {
            return Err(PyIndexError::new_err(format!(
                "{asked}: asked for more than {MAX_SOCKETS} {}s; a {} has no more; give fewer positions",
                self.one, self.name
            )));
        }
        arguments::room_for_one(asked, chosen)?;
        chosen.push(item);
        Ok(())
    }

    fn wrong_mask(&self, found: usize, len: usize) -> PyErr {
        let Self { name, one } = self;
        PyIndexError::new_err(format!(
            "{name}[mask]: asked with {found} bools; the {name} has {len} {one}s; give one each"
        ))
    }

    /// What an iterator chooses, whose items can be looked at once only: the first says whether it is a mask.
    fn iterated<T: Copy>(
        &self,
        asked: &str,
        key: &Bound<'_, PyAny>,
        items: &[T],
    ) -> PyResult<Vec<T>> {
        let (mut chosen, mut holding) = (Vec::new(), Holding::begin());
        let (mut is_mask, mut found) = (false, 0);
        for item in key.try_iter()? {
            let item = item?;
            if found == 0 {
                is_mask = item.is_instance_of::<PyBool>();
            }
            let number = arguments::element(asked, &item)?;
            if !is_mask {
                self.add(asked, &mut chosen, items, number)?;
            } else if found == items.len() {
                return Err(self.wrong_mask(found + 1, items.len()));
            } else if number != 0 {
                self.add(asked, &mut chosen, items, found as i64)?;
            }
            found += 1;
            if found % OFTEN == 0 {
                holding.pass(key.py())?;
            }
        }
        if is_mask && found != items.len() {
            return Err(self.wrong_mask(found, items.len()));
        }
        Ok(chosen)
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
