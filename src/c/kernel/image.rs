//! Image: a private copy of a driver's object, loaded, with its table filled.

use crate::c::kernel::elf::{Elf, Refused};
use crate::c::kernel::imports::{KERNEL, PROVIDED};
use crate::c::kernel::lines::{Known, ObjectLines};
use crate::c::kernel::memory;
use crate::c::site::Site;
use crate::c::surface;
use crate::core::findings::Place;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the words of an object begin with.
const WORDS: &[u8] = b"wsksim-driver 1\n";

/// An object's file, read and judged once; each run loads a copy of its own.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it is called.
    pub(crate) name: String,
    path: PathBuf,
    pub(crate) file: Arc<[u8]>,
    /// Where `wsksim_driver` lies in the file.
    marker: u64,
    /// How far it reaches.
    size: u64,
    /// Lines that were looked for.
    pub(crate) places: Arc<Known>,
}

impl Object {
    /// Reads a driver's object.
    ///
    /// # Errors
    ///
    /// Why it cannot be loaded, in words.
    pub fn read(path: &Path) -> Result<Self, Refused> {
        let asked = |found: String| format!("asked for the driver {}; {found}", path.display());
        let file = std::fs::read(path).map_err(|error| asked(format!("found: {error}")))?;
        let elf = Elf::read(&file).map_err(asked)?;
        let built = "build it with `wsksim cc`";
        let marker = elf
            .shown("wsksim_driver")
            .filter(|at| elf.bytes_at(*at, WORDS.len()) == Some(WORDS))
            .ok_or_else(|| asked(format!("it is no driver of this simulator; {built}")))?;
        let layout = elf.shown("wsksim_layout").and_then(|at| elf.bytes_at(at, 8));
        if layout != Some(&surface::layout().to_le_bytes()) {
            let found = "it was built for another version of this simulator";
            return Err(asked(format!("{found}; {built} of this one")));
        }
        if elf.shown("DriverEntry").is_none() {
            return Err(asked("it has no DriverEntry".into()));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let (name, path, size) = (name.unwrap_or_default(), path.into(), elf.size());
        Ok(Self { name, path, file: file.into(), marker, size, places: Arc::default() })
    }

    /// The function, file and line of an address of the file's that stands behind a call.
    #[must_use]
    pub fn place(&self, at: u64) -> Place {
        ObjectLines::new(self, 0).place_in_file(at)
    }

    /// What it says of how it was built, line by line, such as `sanitizer=address`.
    #[must_use]
    pub fn words(&self) -> String {
        let end = |from: &[u8]| from.iter().position(|byte| *byte == 0).unwrap_or(from.len());
        let elf = Elf::read(&self.file).ok();
        let words = elf.and_then(|elf| {
            let longest = (1..=4_096).rev().find_map(|count| elf.bytes_at(self.marker, count))?;
            Some(String::from_utf8_lossy(&longest[..end(longest)]).into_owned())
        });
        words.unwrap_or_default()
    }

    /// Where it was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A copy of an object's file that no other run loads.
#[derive(Debug)]
struct Copy {
    path: PathBuf,
    /// In memory, where the system has such files.
    file: Option<File>,
}

impl Copy {
    fn of(object: &Object) -> std::io::Result<Self> {
        if let Some(mut file) = in_memory() {
            file.write_all(&object.file)?;
            let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
            return Ok(Self { path, file: Some(file) });
        }
        static COPY: AtomicU64 = AtomicU64::new(0);
        let number = COPY.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "wsksim-{}-{number}-{}",
            std::process::id(),
            object.name
        ));
        std::fs::write(&path, &object.file)?;
        Ok(Self { path, file: None })
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if self.file.is_none() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A file that has no place on a disk.
#[cfg(target_os = "linux")]
fn in_memory() -> Option<File> {
    // SAFETY: the name is text that ends with NUL.
    let number = unsafe { libc::memfd_create(c"wsksim-driver".as_ptr(), libc::MFD_CLOEXEC) };
    // SAFETY: it was just made, and nobody else has it.
    (number >= 0).then(|| unsafe { File::from_raw_fd(number) })
}

#[cfg(not(target_os = "linux"))]
fn in_memory() -> Option<File> {
    None
}

/// A loaded object.
#[derive(Debug)]
pub(crate) struct Image {
    _library: Library,
    /// Behind the library, which the system's loader knows by this name as long as it is there.
    _copy: Copy,
    /// Where `wsksim_imports` lies.
    imports: usize,
    pub(crate) entry: usize,
    /// What is to be added to an address of the file's.
    pub(crate) base: u64,
    size: u64,
}

impl Image {
    /// Loads a copy of its own, with data as the object has it.
    ///
    /// # Errors
    ///
    /// What the system's loader says.
    pub(crate) fn load(
        object: &Object,
        table: &[usize; KERNEL + PROVIDED],
    ) -> Result<Self, Refused> {
        let told = |error: &dyn std::fmt::Display| {
            format!("asked to load the driver {}; found: {error}", object.path.display())
        };
        let copy = Copy::of(object).map_err(|error| told(&error))?;
        // SAFETY: the object was built by our tool, whose binding has no initialisers; a driver's own run as C++ has them.
        let opened = unsafe { Library::open(Some(&copy.path), RTLD_NOW | RTLD_LOCAL) };
        let library = opened.map_err(|error| told(&error))?;
        let find = |name: &[u8]| {
            // SAFETY: the symbol is only used as an address.
            let found = unsafe { library.get::<*const ()>(name) };
            found.map(|symbol| symbol.into_raw().expose_provenance()).map_err(|error| told(&error))
        };
        let (imports, entry) = (find(b"wsksim_imports\0")?, find(b"DriverEntry\0")?);
        let base = (find(b"wsksim_driver\0")? as u64).wrapping_sub(object.marker);
        for (place, function) in table.iter().enumerate() {
            memory::write(imports + 8 * place, *function);
        }
        Ok(Self { _library: library, _copy: copy, imports, entry, base, size: object.size })
    }

    /// Whether an address lies in it.
    pub(crate) fn holds(&self, address: u64) -> bool {
        (self.base..self.base + self.size).contains(&address)
    }

    /// Where the driver's last call comes from.
    pub(crate) fn site(&self) -> Site {
        let [at, frame] = memory::read::<[u64; 2]>(self.imports + 8 * (KERNEL + PROVIDED));
        Site { at, frame }
    }

    /// The stubs of the provider's functions, which leave word of their callers.
    pub(crate) fn provided(&self) -> [usize; PROVIDED] {
        memory::read(self.imports + 8 * (KERNEL + PROVIDED + 2))
    }
}
