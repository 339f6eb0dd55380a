//! Which files of a set are copies of one before them, under the same or another name, compressed or not.
//!
//! Algorithm: files are compared only if their first packets have one time; then, if none of them is compressed, only if
//! they have one length. Of these the beginnings are hashed, of those that agree the whole contents, and only where
//! these agree too the bytes decide. So a file is read a few times at most, however many begin at one time. The keys of
//! the hash are random, so that nobody can make files that agree in nothing else.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, Hasher as _, RandomState};
use std::io::{self, Read};
use std::sync::Arc;

use super::error::CaptureError;
use super::regular::{Reading, Regular};
use super::set::{LeftOut, Member};
use super::source::{PAUSE, PER_FILE};
use super::unpack::{Broken, Compression};
use super::watch::Watch;

/// How much of a file is hashed first.
const BEGINNING: u64 = 1 << 16;
const PART: usize = 1 << 16;

/// What two files have in common if they are copies.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Print {
    hash: u64,
    length: u64,
    /// It cannot be unpacked, so it is a copy only of what has the same bytes.
    is_raw: bool,
}

/// Takes the copies out of files that are sorted by their first times.
pub(super) fn take_out(
    members: &mut Vec<Member>,
    limit: u64,
    watch: &mut Watch<'_>,
) -> Result<Vec<LeftOut>, CaptureError> {
    let mut search = Search { members, limit, watch, keys: RandomState::new() };
    let originals = search.originals()?;
    let mut left_out = Vec::new();
    let mut kept = Vec::with_capacity(members.len());
    let of = |number: usize| originals[number].map(|original| members[original].path.clone());
    let originals: Vec<_> = (0..members.len()).map(of).collect();
    for (member, original) in members.drain(..).zip(originals) {
        match original {
            None => kept.push(member),
            Some(original) => {
                let why = format!("it is the same as {}, which is read", original.display());
                left_out.push(LeftOut { path: member.path, why });
            }
        }
    }
    *members = kept;
    Ok(left_out)
}

struct Search<'a, 'w> {
    members: &'a [Member],
    limit: u64,
    watch: &'a mut Watch<'w>,
    keys: RandomState,
}

impl Search<'_, '_> {
    /// For each file the one of which it is a copy.
    fn originals(&mut self) -> Result<Vec<Option<usize>>, CaptureError> {
        let members = self.members;
        let mut originals = vec![None; members.len()];
        let mut start = 0;
        for group in members.chunk_by(|one, other| one.first_time_ns == other.first_time_ns) {
            let numbers: Vec<_> = (start..start + group.len()).collect();
            start += group.len();
            if group.iter().any(|member| member.compression != Compression::None) {
                self.search(&numbers, &mut originals)?;
                continue;
            }
            for numbers in alike(&numbers, |number| Ok(Some(members[number].length())))? {
                self.search(&numbers, &mut originals)?;
            }
        }
        Ok(originals)
    }

    /// Searches files any of which may be a copy of any.
    fn search(
        &mut self,
        numbers: &[usize],
        originals: &mut [Option<usize>],
    ) -> Result<(), CaptureError> {
        if numbers.len() < 2 {
            return Ok(());
        }
        let mut prints = HashMap::new();
        let begun = alike(numbers, |number| {
            let print = self.print(number, BEGINNING)?;
            prints.insert(number, print);
            Ok(print)
        })?;
        for numbers in begun {
            let whole = alike(&numbers, |number| match prints[&number] {
                Some(print) if print.length == BEGINNING => {
                    let print = self.print(number, u64::MAX)?;
                    prints.insert(number, print);
                    Ok(print)
                }
                print => Ok(print),
            })?;
            for numbers in whole {
                let is_raw = prints[&numbers[0]].is_some_and(|print| print.is_raw);
                self.compare(&numbers, is_raw, originals)?;
            }
        }
        Ok(())
    }

    /// Lets the bytes decide; all of these files are the same but for an accident.
    fn compare(
        &mut self,
        numbers: &[usize],
        is_raw: bool,
        originals: &mut [Option<usize>],
    ) -> Result<(), CaptureError> {
        let mut kept: Vec<usize> = Vec::new();
        for &number in numbers {
            for &other in &kept {
                if self.are_equal(number, other, is_raw)? {
                    originals[number] = Some(other);
                    break;
                }
            }
            if originals[number].is_none() {
                kept.push(number);
            }
        }
        Ok(())
    }

    /// Hashes a file up to so many bytes; nothing for one that cannot be read, which is nobody's copy.
    fn print(&mut self, number: usize, most: u64) -> Result<Option<Print>, CaptureError> {
        self.watch.spend(PER_FILE)?;
        match self.hash(number, most, false)? {
            Err(error) if Broken::of(&error).is_some() => Ok(self.hash(number, most, true)?.ok()),
            print => Ok(print.ok()),
        }
    }

    fn hash(
        &mut self,
        number: usize,
        most: u64,
        is_raw: bool,
    ) -> Result<io::Result<Print>, CaptureError> {
        let mut reader = match self.open(number, is_raw) {
            Ok(reader) => reader.take(most),
            Err(error) => return Ok(Err(error)),
        };
        let (mut hasher, mut length) = (self.keys.build_hasher(), 0);
        let mut part = vec![0; PART];
        loop {
            let count = match fill(&mut reader, &mut part, self.watch)? {
                Ok(count) => count,
                Err(error) => return Ok(Err(error)),
            };
            if count == 0 {
                return Ok(Ok(Print { hash: hasher.finish(), length, is_raw }));
            }
            hasher.write(&part[..count]);
            length += count as u64;
            self.watch.spend(count)?;
        }
    }

    /// Whether two files give the same bytes. What cannot be read is no copy.
    fn are_equal(&mut self, one: usize, other: usize, is_raw: bool) -> Result<bool, CaptureError> {
        let (Ok(mut one), Ok(mut other)) = (self.open(one, is_raw), self.open(other, is_raw))
        else {
            return Ok(false);
        };
        let (mut a, mut b) = (vec![0; PART], vec![0; PART]);
        loop {
            let count = fill(&mut one, &mut a, self.watch)?;
            let again = fill(&mut other, &mut b, self.watch)?;
            let (Ok(count), Ok(again)) = (count, again) else { return Ok(false) };
            if a[..count] != b[..again] {
                return Ok(false);
            }
            if count == 0 {
                return Ok(true);
            }
            self.watch.spend(2 * count)?;
        }
    }

    fn open(&self, number: usize, is_raw: bool) -> io::Result<Box<dyn Read + Send>> {
        let member = &self.members[number];
        if is_raw {
            return Ok(Box::new(Reading::new(Regular::open(&member.path, None)?)));
        }
        member.open(self.limit, Arc::default()).map(|opened| opened.reader)
    }
}

/// The files that have something in common with another one, together with it, in their order.
fn alike<K: Eq + Hash>(
    numbers: &[usize],
    mut key: impl FnMut(usize) -> Result<Option<K>, CaptureError>,
) -> Result<Vec<Vec<usize>>, CaptureError> {
    let mut groups = HashMap::<K, Vec<usize>>::new();
    for &number in numbers {
        if let Some(key) = key(number)? {
            groups.entry(key).or_default().push(number);
        }
    }
    Ok(groups.into_values().filter(|group| group.len() > 1).collect())
}

/// Reads until the part is full or the content ends.
fn fill(
    reader: &mut impl Read,
    part: &mut [u8],
    watch: &mut Watch<'_>,
) -> Result<io::Result<usize>, CaptureError> {
    let mut length = 0;
    while length < part.len() {
        match reader.read(&mut part[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => watch.spend(PAUSE)?,
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(length))
}
