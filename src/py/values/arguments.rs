//! Arguments: what users pass, turned into what the core takes, or refused with a clear text.

use crate::core::limits::MAX_SOCKETS;
use crate::core::random::Share;
use crate::py::sharing::holding::Holding;
use crate::py::values::exits;
use crate::py::values::passing::PassOver;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PySlice, PyString};

/// Items between two looks at signals and at the time, where nothing else looks.
pub(crate) const OFTEN: usize = 1 << 16;

/// A count between 0 and `most`.
pub(crate) fn count(asked: &str, value: &Bound<'_, PyAny>, most: u64) -> PyResult<u64> {
    let number = integer(asked, value)?;
    match number.extract::<i128>() {
        Ok(number) if number < 0 => Err(PyValueError::new_err(format!(
            "{asked}: asked for {number}; give a count of 0 or more"
        ))),
        Ok(number) if number <= i128::from(most) => Ok(number as u64),
        _ => Err(PyValueError::new_err(format!(
            "{asked}: asked for {}; at most {most} are possible; give a smaller count",
            shown(&number)
        ))),
    }
}

/// The value as an int: anything with `__index__` but a bool.
fn integer<'py>(asked: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if !value.is_instance_of::<PyBool>() {
        if value.is_instance_of::<PyInt>() {
            return Ok(value.clone());
        }
        exits::stay();
        if let Ok(number) = value.call_method0("__index__") {
            return Ok(number);
        }
    }
    Err(PyTypeError::new_err(format!(
        "{asked}: asked for {} of type {}; give a whole number",
        shown(value),
        value.get_type().name()?
    )))
}

/// A value as text of bounded length; a huge int by its size.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    // Python refuses to print integers of thousands of digits, and a `__repr__` may raise.
    if let Some(bits) = bits(value)
        && bits > 128
    {
        return format!("an int of {bits} bits");
    }
    exits::stay();
    let text = value.repr().pass_over(value.py());
    let text = text.and_then(|text| cut(&text, SHOWN));
    text.unwrap_or_else(|| "a value that cannot be printed".to_owned())
}

/// How many bits an int has; none if it is none.
fn bits(value: &Bound<'_, PyAny>) -> Option<u64> {
    let py = value.py();
    let int = value.cast::<PyInt>().ok()?;
    // The type's own, whatever a subclass makes of it.
    let bits = py.get_type::<PyInt>().call_method1("bit_length", (int,)).pass_over(py)?;
    bits.extract().ok()
}

/// A number in hexadecimal; a huge one by its size.
pub(crate) fn in_hex(number: &Bound<'_, PyAny>) -> String {
    match number.extract::<i128>() {
        Ok(number) if number < 0 => format!("-{:#x}", number.unsigned_abs()),
        Ok(number) => format!("{number:#x}"),
        Err(_) => shown(number),
    }
}

/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// A text's first characters, and a sign that there were more. Only they are copied: the text may be as large as
/// memory is.
pub(crate) fn cut(text: &Bound<'_, PyString>, most: usize) -> Option<String> {
    if text.len().pass_over(text.py())? <= most {
        return Some(text.to_string_lossy().into_owned());
    }
    let first = text.as_any().get_item(PySlice::new(text.py(), 0, most as isize, 1));
    let first = first.pass_over(text.py())?.cast_into::<PyString>().ok()?;
    Some(first.to_string_lossy().chars().chain("…".chars()).collect())
}

/// Which edges are abortive.
pub(crate) enum Abortive {
    /// Each with this probability.
    Share(Share),
    /// Those whose element is true or `WSK_FLAG_ABORTIVE`.
    Each(Vec<bool>),
}

/// A share, a mask, or an array of flags, for `count` sockets.
pub(crate) fn abortive(value: &Bound<'_, PyAny>, count: usize) -> PyResult<Abortive> {
    if let Ok(all) = value.cast::<PyBool>() {
        return Ok(Abortive::Share(if all.is_true() { Share::ALL } else { Share::NONE }));
    }
    exits::stay();
    // NumPy's scalars are neither, but have no length.
    let scalar = value.hasattr("__float__")? && !value.hasattr("__len__")?;
    if scalar || value.is_instance_of::<PyFloat>() || value.is_instance_of::<PyInt>() {
        let share = value.extract::<f64>().pass_over(value.py()).and_then(Share::new).ok_or_else(|| {
            PyValueError::new_err(format!(
                "disconnect: asked for an abortive share of {}; give a share between 0.0 and 1.0",
                shown(value)
            ))
        })?;
        return Ok(Abortive::Share(share));
    }
    let wrong = |found| {
        PyValueError::new_err(format!(
            "disconnect: asked for {found} flags; the fleet has {count} connections; give one flag each"
        ))
    };
    let flags = integers("disconnect(abortive=…)", value, (count, &wrong))?;
    let mut each = room("disconnect(abortive=…)", flags.len())?;
    for (position, flag) in flags.into_iter().enumerate() {
        each.push(match flag {
            0 => false,
            1 => true,
            other => {
                return Err(PyValueError::new_err(format!(
                    "disconnect: asked for flag {other} at position {position}; a remote disconnect is 0 \
                     (graceful) or 1 (WSK_FLAG_ABORTIVE) [D-5]"
                )));
            }
        });
    }
    Ok(Abortive::Each(each))
}

/// How many items there have to be, and the refusal of another number.
pub(crate) type Wanted<'w> = (usize, &'w dyn Fn(usize) -> PyErr);

/// Memory for a number of items that a user decides.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn room<T>(asked: &str, count: usize) -> PyResult<Vec<T>> {
    let mut items = Vec::new();
    items.try_reserve_exact(count).map_err(|_| {
        PyMemoryError::new_err(format!(
            "{asked}: asked for {count}; there is no memory for them; ask for fewer"
        ))
    })?;
    Ok(items)
}

/// Memory for one item more, of which a user decides how many there are.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn room_for_one<T>(asked: &str, items: &mut Vec<T>) -> PyResult<()> {
    items.try_reserve(1).map_err(|_| {
        PyMemoryError::new_err(format!(
            "{asked}: asked for more than {}; there is no memory for them; ask for fewer",
            items.len()
        ))
    })
}

/// The bytes of a user's, copied.
///
/// # Errors
///
/// `MemoryError`.
pub(crate) fn copied(asked: &str, bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len()).map_err(|_| {
        PyMemoryError::new_err(format!(
            "{asked}: asked for {} bytes; there is no memory for them; give fewer at once",
            bytes.len()
        ))
    })?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// The integers or bools of a buffer or a sequence. What is too long is not read to its end.
pub(crate) fn integers(
    asked: &str,
    value: &Bound<'_, PyAny>,
    wanted: Wanted<'_>,
) -> PyResult<Vec<i64>> {
    let (count, wrong) = wanted;
    let mut integers = room(asked, count)?;
    let known = |found| if found == count { Ok(()) } else { Err(wrong(found)) };
    each_integer(asked, value, known, |number| {
        if integers.len() == count {
            return Err(wrong(count + 1));
        }
        integers.push(number);
        Ok(())
    })?;
    known(integers.len()).map(|()| integers)
}

/// Looks at one integer or bool after the other; before, at how many there are, if that is known.
pub(crate) fn each_integer(
    asked: &str,
    value: &Bound<'_, PyAny>,
    known: impl Fn(usize) -> PyResult<()>,
    mut each: impl FnMut(i64) -> PyResult<()>,
) -> PyResult<()> {
    exits::stay();
    if buffer_integers(asked, value, &known, &mut each)? {
        return Ok(());
    }
    if value.is_instance_of::<PyString>() {
        return Err(wrong_array(asked, value));
    }
    let items = value.try_iter().pass_over(value.py());
    let items = items.ok_or_else(|| wrong_array(asked, value))?;
    let mut holding = Holding::begin();
    if let Some(count) = value.len().pass_over(value.py()) {
        known(count)?;
    }
    for (position, item) in items.enumerate() {
        if position % OFTEN == OFTEN - 1 {
            holding.pass(value.py())?;
        }
        each(element(asked, &item?)?)?;
    }
    Ok(())
}

/// An integer of 64 bits, or a bool.
pub(crate) fn element(asked: &str, item: &Bound<'_, PyAny>) -> PyResult<i64> {
    match item.cast::<PyBool>() {
        Ok(flag) => Ok(i64::from(flag.is_true())),
        Err(_) => {
            integer(asked, item)?.extract::<i64>().map_err(|_| too_large(asked, &shown(item)))
        }
    }
}

fn too_large(asked: &str, found: &str) -> PyErr {
    PyValueError::new_err(format!(
        "{asked}: asked for integers from -2**63 to 2**63-1; found {found}; give numbers in that range"
    ))
}

pub(crate) fn wrong_array(asked: &str, value: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "{asked}: asked for bools or integers; found {}; give a sequence of them, or a one-dimensional array",
        shown(value)
    ))
}

/// The elements of a one-dimensional buffer of integers; false if the value offers no buffer.
fn buffer_integers(
    asked: &str,
    value: &Bound<'_, PyAny>,
    known: &impl Fn(usize) -> PyResult<()>,
    each: &mut impl FnMut(i64) -> PyResult<()>,
) -> PyResult<bool> {
    let py = value.py();
    let Ok(view) = py.import("builtins")?.getattr("memoryview")?.call1((value,)) else {
        return Ok(false);
    };
    let format: String = view.getattr("format")?.extract()?;
    let dimensions: usize = view.getattr("ndim")?.extract()?;
    let size: usize = view.getattr("itemsize")?.extract()?;
    let kind = format.trim_start_matches([
        '@',
        '=',
        if cfg!(target_endian = "little") { '<' } else { '>' },
    ]);
    if dimensions != 1 || !"?bBhHiIlLqQnN".contains(kind) || kind.len() != 1 || size > 8 {
        return Err(PyTypeError::new_err(format!(
            "{asked}: asked for one dimension of bools or integers in this machine's byte order; found an array of \
             {dimensions} dimensions and format {format:?}; give such an array"
        )));
    }
    known(view.len()?)?;
    let bytes = view.call_method0("tobytes")?.cast_into::<PyBytes>()?;
    let signed = kind.chars().all(char::is_lowercase);
    for item in bytes.as_bytes().chunks_exact(size) {
        let number = widen(item, signed);
        if !signed && number < 0 {
            return Err(too_large(asked, &number.cast_unsigned().to_string()));
        }
        each(number)?;
    }
    Ok(true)
}

fn widen(item: &[u8], signed: bool) -> i64 {
    let mut wide = [0u8; 8];
    let (first, sign) = if cfg!(target_endian = "little") {
        (0, item[item.len() - 1])
    } else {
        (8 - item.len(), item[0])
    };
    if signed && sign & 0x80 != 0 {
        wide = [0xFF; 8];
    }
    wide[first..first + item.len()].copy_from_slice(item);
    i64::from_ne_bytes(wide)
}

/// A bool, and nothing else that Python would take for one.
pub(crate) fn switch(
    asked: &str,
    value: Option<&Bound<'_, PyAny>>,
    otherwise: bool,
) -> PyResult<bool> {
    let Some(value) = value else { return Ok(otherwise) };
    let switch = value.cast::<PyBool>().map(|switch| switch.is_true());
    switch.map_err(|_| {
        PyTypeError::new_err(format!("{asked}: asked for {}; give True or False", shown(value)))
    })
}

/// Which word was meant, as `wsksim.wording` guesses it.
fn hint(given: &Bound<'_, PyAny>, known: Vec<&str>) -> PyResult<String> {
    given.py().import("wsksim.wording")?.call_method1("hint", (given, known))?.extract()
}

/// A word out of a few.
pub(crate) fn word<T: Copy>(
    asked: &str,
    value: Option<&Bound<'_, PyAny>>,
    words: &[(&str, T)],
) -> PyResult<T> {
    let Some(value) = value else { return Ok(words[0].1) };
    let given = value.cast::<PyString>().ok().and_then(|given| cut(given, SHOWN));
    let found = given.and_then(|given| words.iter().find(|(word, _)| *word == given));
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        PyValueError::new_err(format!(
            "{asked}: asked for {}; give one of {}{}",
            shown(value),
            known.join(", "),
            hint(value, words).unwrap_or_default()
        ))
    })
}

/// A position in something of length `len`, counted from the end when negative.
pub(crate) fn position(value: i64, len: usize) -> Option<usize> {
    let wrapped = if value < 0 { value.saturating_add(len as i64) } else { value };
    usize::try_from(wrapped).ok().filter(|&position| position < len)
}

/// A number of sockets.
pub(crate) fn socket_count(asked: &str, value: &Bound<'_, PyAny>) -> PyResult<usize> {
    Ok(count(asked, value, u64::from(MAX_SOCKETS))? as usize)
}
