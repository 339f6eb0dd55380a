//! Elf: what is read of an object's file: for which machine it is, its sections, and where its symbols lie.

/// Why a file cannot be loaded.
pub(crate) type Refused = String;

/// `EM_X86_64` and `EM_AARCH64`.
const MACHINES: [(u16, &str); 2] = [(62, "x86_64"), (183, "aarch64")];
const SHT_DYNSYM: u32 = 11;
const SHT_NOBITS: u32 = 8;

/// An object's file.
#[derive(Debug)]
pub(crate) struct Elf<'f> {
    file: &'f [u8],
    sections: Vec<Section<'f>>,
}

#[derive(Debug)]
struct Section<'f> {
    name: &'f str,
    kind: u32,
    address: u64,
    bytes: &'f [u8],
    link: u32,
}

fn at<const N: usize>(file: &[u8], offset: usize) -> Option<[u8; N]> {
    file.get(offset..offset.checked_add(N)?)?.try_into().ok()
}

fn half(file: &[u8], offset: usize) -> Option<u16> {
    at(file, offset).map(u16::from_le_bytes)
}

fn word(file: &[u8], offset: usize) -> Option<u32> {
    at(file, offset).map(u32::from_le_bytes)
}

fn long(file: &[u8], offset: usize) -> Option<u64> {
    at(file, offset).map(u64::from_le_bytes)
}

fn name_at(names: &[u8], offset: u32) -> &str {
    let rest = names.get(offset as usize..).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(0);
    std::str::from_utf8(&rest[..end]).unwrap_or_default()
}

impl<'f> Elf<'f> {
    /// Reads the headers.
    ///
    /// # Errors
    ///
    /// It is no object of this machine's, in words.
    pub(crate) fn read(file: &'f [u8]) -> Result<Self, Refused> {
        if file.get(..4) != Some(b"\x7fELF") {
            return Err("it is no ELF object; build it with `wsksim cc`".into());
        }
        let wrong = || "it is cut off or damaged".to_owned();
        if file.get(4..6) != Some(&[2, 1]) {
            return Err("it is not for a 64-bit little-endian machine".into());
        }
        let machine = half(file, 18).ok_or_else(wrong)?;
        let known = MACHINES.iter().find(|(number, _)| *number == machine);
        let known = known.map_or_else(|| format!("machine {machine}"), |(_, name)| (*name).into());
        if known != std::env::consts::ARCH {
            return Err(format!("it is for {known}, and this is {}", std::env::consts::ARCH));
        }
        let sections = Self::sections(file).ok_or_else(wrong)?;
        Ok(Self { file, sections })
    }

    fn sections(file: &'f [u8]) -> Option<Vec<Section<'f>>> {
        let (offset, size) = (long(file, 40)? as usize, usize::from(half(file, 58)?));
        let (count, names) = (usize::from(half(file, 60)?), usize::from(half(file, 62)?));
        let head = |number: usize| offset.checked_add(number.checked_mul(size)?);
        let body = |head: usize| {
            if word(file, head + 4)? == SHT_NOBITS {
                return Some(&[][..]);
            }
            let (from, length) = (long(file, head + 24)? as usize, long(file, head + 32)? as usize);
            file.get(from..from.checked_add(length)?)
        };
        let names = body(head(names)?)?;
        (0..count)
            .map(|number| {
                let head = head(number)?;
                Some(Section {
                    name: name_at(names, word(file, head)?),
                    kind: word(file, head + 4)?,
                    address: long(file, head + 16)?,
                    bytes: body(head)?,
                    link: word(file, head + 40)?,
                })
            })
            .collect()
    }

    /// The bytes of a section; none if there is no such section.
    pub(crate) fn section(&self, name: &str) -> &'f [u8] {
        self.sections.iter().find(|one| one.name == name).map_or(&[], |one| one.bytes)
    }

    /// How far it reaches, from its base.
    pub(crate) fn size(&self) -> u64 {
        let ends = self.sections.iter().map(|one| one.address + one.bytes.len() as u64);
        ends.max().unwrap_or(0)
    }

    /// The address of a name that the object shows.
    pub(crate) fn shown(&self, name: &str) -> Option<u64> {
        let table = self.sections.iter().find(|one| one.kind == SHT_DYNSYM)?;
        let names = self.sections.get(table.link as usize)?.bytes;
        table.bytes.chunks_exact(24).find_map(|symbol| {
            let defined = half(symbol, 6)? != 0;
            (defined && name_at(names, word(symbol, 0)?) == name).then(|| long(symbol, 8))?
        })
    }

    /// So many bytes of what lies at an address, as the file has it.
    pub(crate) fn bytes_at(&self, address: u64, count: usize) -> Option<&'f [u8]> {
        debug_assert!(!self.file.is_empty(), "it was read");
        self.sections.iter().find_map(|one| {
            let from = usize::try_from(address.checked_sub(one.address)?).ok()?;
            (one.address != 0).then(|| one.bytes.get(from..from.checked_add(count)?))?
        })
    }
}
