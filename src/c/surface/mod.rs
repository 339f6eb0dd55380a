//! Surface: what a driver in C is compiled against, read from the tables of this folder on first use.
//!
//! `functions.tsv` has a row a function, `constants.tsv` one a number, `layouts.tsv` one a size or a place of a structure.
//! `.ci/c_surface.py` makes the headers of `python/wsksim/include/km` and docs/kernel.md from them, so a driver and the
//! kernel that it runs on cannot differ. The functions with a slot are called through a table that the object brings and
//! a loader fills, in the order of their rows; [`layout`] is the word by which the two know that they mean the same table.

use crate::core::irql::Irql;
use std::sync::OnceLock;

const FUNCTIONS: &str = include_str!("functions.tsv");
const CONSTANTS: &str = include_str!("constants.tsv");
const LAYOUTS: &str = include_str!("layouts.tsv");

/// How a driver comes to a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Through its slot of the table.
    Import,
    /// Through its slot, which answers a status; a failure is raised as an exception in the driver.
    Raising,
    /// Through a table that the provider shows with a client or socket.
    Provider,
    /// The driver's own, which the provider calls.
    Callback,
    /// A macro or an inline function of the headers.
    Inline,
    /// A function of the file that each driver is linked with.
    Binding,
    /// A variable there.
    Data,
}

/// One function, or variable, of the kernel.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The header of Microsoft's that declares it, without `.h`; `wsksim` of what only our headers call.
    pub header: &'static str,
    /// What it returns, in C.
    pub returns: &'static str,
    /// Its parameters, in C.
    pub parameters: &'static str,
    /// The highest level that it may be called at; `None`: any.
    pub highest: Option<Irql>,
    /// A to D: how many of the drivers that were read use its like.
    pub set: char,
    /// How a driver comes to it.
    pub how: How,
    /// What else is to be known, such as when another level is the highest; of WSK's, first the type of its pointer.
    pub note: &'static str,
}

/// A size or a place in a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The structure.
    pub structure: &'static str,
    /// Its member, or `sizeof`.
    pub member: &'static str,
    /// In bytes.
    pub bytes: usize,
}

impl Function {
    /// All of them, in the table's order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static READ: OnceLock<Vec<Function>> = OnceLock::new();
        READ.get_or_init(|| FUNCTIONS.lines().skip(1).map(read_function).collect())
    }

    /// The function of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|function| function.name == name)
    }

    /// Those of the provider, whose slots stand behind the others.
    pub fn provided() -> impl Iterator<Item = &'static Self> {
        Self::all().iter().filter(|function| function.how == How::Provider)
    }

    /// Those with a slot in the table that a loader fills, in its order.
    pub fn slots() -> impl Iterator<Item = &'static Self> {
        Self::all().iter().filter(|function| matches!(function.how, How::Import | How::Raising))
    }
}

/// Every size and place of a structure.
pub fn places() -> impl Iterator<Item = Place> {
    LAYOUTS.lines().skip(1).map(read_place)
}

/// Every number of the headers but the statuses, with its name.
pub fn constants() -> impl Iterator<Item = (&'static str, u32)> {
    CONSTANTS.lines().skip(1).map(read_constant)
}

/// The word of the table and of the structures: FNV-1a of their rows. An object with another one was compiled for another
/// kernel.
#[must_use]
pub fn layout() -> u64 {
    let mut word = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes() {
            word = (word ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    };
    for function in Function::slots().chain(Function::provided()) {
        add(&format!("{}\t{}\t{}\n", function.name, function.returns, function.parameters));
    }
    // What lies behind the functions.
    add("Site\tFrame\n");
    for Place { structure, member, bytes } in places() {
        add(&format!("{structure}\t{member}\t{bytes}\n"));
    }
    word
}

fn cells<const COUNT: usize>(line: &'static str) -> [&'static str; COUNT] {
    let cells: Vec<&'static str> = line.split('\t').collect();
    cells.try_into().unwrap_or_else(|_| panic!("Invariant: {line:?} has {COUNT} cells"))
}

fn read_place(line: &'static str) -> Place {
    let [structure, _, member, bytes] = cells(line);
    let bytes = bytes.parse().unwrap_or_else(|_| panic!("Invariant: {line:?} ends with bytes"));
    Place { structure, member, bytes }
}

fn read_constant(line: &'static str) -> (&'static str, u32) {
    let [name, value, _, _] = cells(line);
    let read = match value.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => value.parse::<i64>().ok().map(|number| number as u32),
    };
    (name, read.unwrap_or_else(|| panic!("Invariant: {line:?} has a number")))
}

fn read_function(line: &'static str) -> Function {
    let [name, header, returns, parameters, irql, set, how, note] = cells(line);
    let highest = match irql {
        "PASSIVE" => Some(Irql::Passive),
        "APC" => Some(Irql::Apc),
        "DISPATCH" => Some(Irql::Dispatch),
        "ANY" => None,
        other => panic!("Invariant: {name} has a level, not {other:?}"),
    };
    let how = match how {
        "import" => How::Import,
        "raising" => How::Raising,
        "provider" => How::Provider,
        "callback" => How::Callback,
        "macro" | "inline" => How::Inline,
        "variadic" | "binding" => How::Binding,
        "data" => How::Data,
        other => panic!("Invariant: {name} is found in a known way, not {other:?}"),
    };
    let set = set.chars().next().unwrap_or_else(|| panic!("Invariant: {name} is of a set"));
    Function { name, header, returns, parameters, highest, set, how, note }
}
