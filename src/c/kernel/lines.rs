//! Lines: which function and line of a driver an address is, from its DWARF.

use crate::c::driver::Lines;
use crate::c::kernel::elf::Elf;
use crate::c::kernel::image::Object;
use crate::c::kernel::threads::callers;
use crate::c::site::Site;
use crate::core::findings::Place;
use crate::core::sync::Mutex;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use addr2line::{Context, Frame};
use foldhash::HashMap;

/// So many bytes before a call are looked at for its line.
const REACH: u64 = 32;

/// What was asked before, by the file's addresses: all runs of an object share it.
pub(crate) type Known = Mutex<HashMap<u64, Place>>;

/// A driver's object, and where it was loaded.
#[derive(Debug)]
pub(crate) struct ObjectLines {
    object: Object,
    base: u64,
}

/// Reads lines out of the DWARF of an object.
type Reader<'f> = Context<EndianSlice<'f, LittleEndian>>;

impl ObjectLines {
    pub(crate) fn new(object: &Object, base: u64) -> Self {
        Self { object: object.clone(), base }
    }

    /// The line at an address of the file's, one behind a call.
    pub(crate) fn place_in_file(&self, at: u64) -> Place {
        self.place(at.wrapping_add(self.base))
    }

    fn reader(&self) -> Option<Reader<'_>> {
        let elf = Elf::read(&self.object.file).ok()?;
        let section = |id: SectionId| {
            Ok::<_, addr2line::gimli::Error>(EndianSlice::new(elf.section(id.name()), LittleEndian))
        };
        Context::from_dwarf(Dwarf::load(section).ok()?).ok()
    }

    fn find(reader: &Reader<'_>, at: u64) -> Option<Place> {
        let mut frames = reader.find_frames(at).skip_all_loads().ok()?;
        let mut found: Option<Place> = None;
        // The innermost frame has the line; what was inlined belongs to the function around it.
        while let Ok(Some(Frame { function, location, .. })) = frames.next() {
            let function = function
                .and_then(|function| function.demangle().map(|name| name.into_owned()).ok())
                .unwrap_or_default();
            match &mut found {
                Some(place) => place.function = function,
                None => {
                    let location = location?;
                    let (file, line) = (location.file?.to_owned(), location.line.unwrap_or(0));
                    found = Some(Place { function, file, line });
                }
            }
        }
        found
    }
}

impl Lines for ObjectLines {
    fn callers(&self, site: Site) -> Vec<Place> {
        let size = Elf::read(&self.object.file).map_or(0, |elf| elf.size());
        let own = callers(site.at, site.frame);
        let own = own.filter(|at| (self.base..self.base + size).contains(at));
        own.map(|at| self.place(at)).filter(|place| place.line > 0).collect()
    }

    fn place(&self, address: u64) -> Place {
        let at = address.wrapping_sub(self.base);
        if let Some(known) = self.object.places.lock().get(&at) {
            return known.clone();
        }
        let reader = self.reader();
        let find = |at| Self::find(reader.as_ref()?, at);
        // An address behind a call belongs to the call; one of a function is its first. Of a call that a compiler made of
        // several, the line is that of what comes before.
        let lined = |back: u64| find(at.checked_sub(back)?).filter(|place| place.line > 0);
        let place = (1..=REACH).find_map(lined).or_else(|| find(at));
        let place = place.unwrap_or_else(|| Place {
            function: format!("{}+0x{at:x}", self.object.name),
            file: String::new(),
            line: 0,
        });
        self.object.places.lock().insert(at, place.clone());
        place
    }
}
