//! Strings: counted strings in the driver's memory, of 16-bit and of 8-bit characters.

use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, bytes, put, read, wide, wide_text, write};
use std::cmp::Ordering;

const BUFFER_TOO_SMALL: i32 = 0xC000_0023_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
/// A string is no longer.
const LONGEST: usize = 65_532;

/// `Length`, `MaximumLength` and `Buffer` of a string.
fn set(string: usize, length: usize, room: usize, buffer: usize) {
    write(string, [length as u16, room as u16]);
    write(string + 8, buffer);
}

fn room(string: usize) -> usize {
    usize::from(read::<u16>(string + 2))
}

fn put_wide(string: usize, units: &[u16]) {
    let buffer = read::<usize>(string + 8);
    for (place, unit) in units.iter().enumerate() {
        write(buffer + 2 * place, *unit);
    }
    let length = 2 * units.len();
    write(string, length as u16);
    if length + 2 <= room(string) {
        write(buffer + length, 0_u16);
    }
}

/// As `RtlUpcaseUnicodeChar`, for characters of one unit.
fn upper(unit: u16) -> u16 {
    let Some(letter) = char::from_u32(unit.into()) else { return unit };
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => u16::try_from(u32::from(one)).unwrap_or(unit),
        _ => unit,
    }
}

fn compare(one: usize, other: usize, folded: bool) -> Ordering {
    let letters =
        |string| wide(string).into_iter().map(move |unit| if folded { upper(unit) } else { unit });
    letters(one).cmp(letters(other))
}

fn append(to: usize, units: &[u16]) -> i32 {
    let mut all = wide(to);
    all.extend(units);
    if 2 * all.len() > room(to) {
        return BUFFER_TOO_SMALL;
    }
    put_wide(to, &all);
    0
}

pub(crate) unsafe extern "C" fn init_unicode(string: usize, text: usize) {
    border(place::RtlInitUnicodeString, |_| {
        let length = (2 * wide_text(text).len()).min(LONGEST);
        set(string, length, if text == 0 { 0 } else { length + 2 }, text);
    });
}

fn init(string: usize, text: usize) {
    let mut length = 0;
    while text != 0 && length < LONGEST && read::<u8>(text + length) != 0 {
        length += 1;
    }
    set(string, length, if text == 0 { 0 } else { length + 1 }, text);
}

pub(crate) unsafe extern "C" fn init_ansi(string: usize, text: usize) {
    border(place::RtlInitAnsiString, |_| init(string, text));
}

pub(crate) unsafe extern "C" fn init_string(string: usize, text: usize) {
    border(place::RtlInitString, |_| init(string, text));
}

pub(crate) unsafe extern "C" fn copy_unicode(to: usize, from: usize) {
    border(place::RtlCopyUnicodeString, |_| {
        let units = if from == 0 { Vec::new() } else { wide(from) };
        put_wide(to, &units[..units.len().min(room(to) / 2)]);
    });
}

pub(crate) unsafe extern "C" fn compare_unicode(one: usize, other: usize, folded: u8) -> i32 {
    border(place::RtlCompareUnicodeString, |_| compare(one, other, folded != 0) as i32)
}

pub(crate) unsafe extern "C" fn equal_unicode(one: usize, other: usize, folded: u8) -> u8 {
    border(place::RtlEqualUnicodeString, |_| {
        u8::from(compare(one, other, folded != 0) == Ordering::Equal)
    })
}

pub(crate) unsafe extern "C" fn append_text(to: usize, text: usize) -> i32 {
    border(place::RtlAppendUnicodeToString, |_| append(to, &wide_text(text)))
}

pub(crate) unsafe extern "C" fn append_unicode(to: usize, from: usize) -> i32 {
    border(place::RtlAppendUnicodeStringToString, |_| append(to, &wide(from)))
}

pub(crate) unsafe extern "C" fn integer_to_unicode(value: u32, base: u32, string: usize) -> i32 {
    border(place::RtlIntegerToUnicodeString, |_| {
        let text = match base {
            0 | 10 => value.to_string(),
            2 => format!("{value:b}"),
            8 => format!("{value:o}"),
            16 => format!("{value:X}"),
            _ => return INVALID_PARAMETER,
        };
        let units: Vec<u16> = text.encode_utf16().collect();
        if 2 * units.len() > room(string) {
            return BUFFER_TOO_SMALL;
        }
        put_wide(string, &units);
        0
    })
}

pub(crate) unsafe extern "C" fn unicode_to_integer(string: usize, base: u32, value: usize) -> i32 {
    border(place::RtlUnicodeStringToInteger, |_| {
        let text = String::from_utf16_lossy(&wide(string));
        let text = text.trim_start();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
        let prefix = prefixes.iter().find(|(prefix, _)| base == 0 && digits.starts_with(prefix));
        let (digits, base) = match (prefix, base) {
            (Some((prefix, base)), _) => (&digits[prefix.len()..], *base),
            (None, 0 | 10) => (digits, 10),
            (None, 2 | 8 | 16) => (digits, base),
            _ => return INVALID_PARAMETER,
        };
        let numbers = digits.chars().map_while(|digit| digit.to_digit(base));
        let found = numbers.fold(0_u32, |sum, digit| sum.wrapping_mul(base).wrapping_add(digit));
        write(value, if negative { found.wrapping_neg() } else { found });
        0
    })
}

/// Characters of the two kinds of strings are each other's in ASCII; what is not becomes a question mark.
pub(crate) unsafe extern "C" fn unicode_to_ansi(to: usize, from: usize, allocate: u8) -> i32 {
    border(place::RtlUnicodeStringToAnsiString, |kernel| {
        let one = |unit: &u16| u8::try_from(*unit).ok().filter(u8::is_ascii).unwrap_or(b'?');
        let mut text: Vec<u8> = wide(from).iter().map(one).collect();
        let length = text.len();
        text.push(0);
        if allocate != 0 {
            set(to, length, text.len(), kernel.allocate_string(text.len()));
        } else if length > room(to) {
            return BUFFER_TOO_SMALL;
        }
        let fits = text.len().min(room(to));
        put(read::<usize>(to + 8), &text[..fits]);
        write(to, length as u16);
        0
    })
}

pub(crate) unsafe extern "C" fn ansi_to_unicode(to: usize, from: usize, allocate: u8) -> i32 {
    border(place::RtlAnsiStringToUnicodeString, |kernel| {
        let length = usize::from(read::<u16>(from));
        let text = bytes(read::<usize>(from + 8), length);
        let units: Vec<u16> = text.iter().map(|byte| u16::from(*byte)).collect();
        if allocate != 0 {
            let room = 2 * length + 2;
            set(to, 0, room, kernel.allocate_string(room));
        } else if 2 * length > room(to) {
            return BUFFER_TOO_SMALL;
        }
        put_wide(to, &units);
        0
    })
}

pub(crate) unsafe extern "C" fn free_unicode(string: usize) {
    border(place::RtlFreeUnicodeString, |kernel| {
        kernel.free_string(read::<usize>(string + 8), "RtlFreeUnicodeString");
        memory::fill(string, 16, 0);
    });
}

pub(crate) unsafe extern "C" fn free_ansi(string: usize) {
    border(place::RtlFreeAnsiString, |kernel| {
        kernel.free_string(read::<usize>(string + 8), "RtlFreeAnsiString");
        memory::fill(string, 16, 0);
    });
}
