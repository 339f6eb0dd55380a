//! Hashes and random numbers of BCrypt; the random numbers are those of the seed, and fit for no secret.

use crate::c::kernel::Kernel;
use crate::c::kernel::border::border;
use crate::c::kernel::imports::place;
use crate::c::kernel::memory::{self, Block, write};
use crate::c::site;
use sha2::digest::DynDigest;
use std::collections::BTreeMap;
use std::fmt;

/// `BCRYPT_ALG_HANDLE_HMAC_FLAG`, `BCRYPT_HASH_REUSABLE_FLAG`, `BCRYPT_USE_SYSTEM_PREFERRED_RNG`.
const HMAC: u32 = 0x8;
const REUSABLE: u32 = 0x20;
const PREFERRED: u32 = 0x2;
/// `ObjectLength`: what a driver has to bring for one hash.
const OBJECT: usize = 512;
/// The stream of random numbers that drivers are given.
const STREAM: u64 = 0x42_4372_7970_7400;

const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const BUFFER_TOO_SMALL: i32 = 0xC000_0023_u32.cast_signed();
const INSUFFICIENT_RESOURCES: i32 = 0xC000_009A_u32.cast_signed();
const NOT_SUPPORTED: i32 = 0xC000_00BB_u32.cast_signed();
const NOT_FOUND: i32 = 0xC000_0225_u32.cast_signed();

/// What a handle of an algorithm is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Random,
}

impl Algorithm {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "MD5" => Self::Md5,
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            "RNG" => Self::Random,
            _ => return None,
        })
    }

    /// How it begins, and the bytes of its blocks.
    fn begin(self) -> Option<(Box<dyn DynDigest>, usize)> {
        Some(match self {
            Self::Md5 => (Box::new(md5::Md5::default()), 64),
            Self::Sha1 => (Box::new(sha1::Sha1::default()), 64),
            Self::Sha256 => (Box::new(sha2::Sha256::default()), 64),
            Self::Sha384 => (Box::new(sha2::Sha384::default()), 128),
            Self::Sha512 => (Box::new(sha2::Sha512::default()), 128),
            Self::Random => return None,
        })
    }
}

/// A hash under way.
struct Hash {
    inner: Box<dyn DynDigest>,
    /// What an HMAC is finished with (RFC 2104), and what each of its two parts began with.
    outer: Option<Box<dyn DynDigest>>,
    keys: Option<[Vec<u8>; 2]>,
    reusable: bool,
    finished: bool,
}

impl Hash {
    fn new(algorithm: Algorithm, secret: Option<&[u8]>, reusable: bool) -> Option<Self> {
        let (inner, block) = algorithm.begin()?;
        let mut hash = Self { inner, outer: None, keys: None, reusable, finished: false };
        if let Some(secret) = secret {
            let mut key = secret.to_vec();
            if key.len() > block {
                let (mut digest, _) = algorithm.begin()?;
                digest.update(&key);
                key = digest.finalize().into_vec();
            }
            key.resize(block, 0);
            let padded = |pad: u8| key.iter().map(|byte| byte ^ pad).collect();
            hash.outer = Some(algorithm.begin()?.0);
            hash.keys = Some([padded(0x36), padded(0x5C)]);
        }
        hash.restart();
        Some(hash)
    }

    fn restart(&mut self) {
        self.inner.reset();
        if let (Some(outer), Some([inner_key, outer_key])) = (&mut self.outer, &self.keys) {
            self.inner.update(inner_key);
            outer.reset();
            outer.update(outer_key);
        }
    }

    fn finish(&mut self) -> Vec<u8> {
        let inner = self.inner.finalize_reset().into_vec();
        let result = match &mut self.outer {
            None => inner,
            Some(outer) => {
                outer.update(&inner);
                outer.finalize_reset().into_vec()
            }
        };
        self.finished = !self.reusable;
        self.restart();
        result
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hash").field("finished", &self.finished).finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum What {
    Algorithm(Algorithm, bool),
    Hash(Hash),
}

#[derive(Debug)]
struct Open {
    what: What,
    /// The driver's memory for it, or none.
    object: usize,
    site: u64,
    /// What the handle points to.
    _block: Block,
}

/// The handles of BCrypt's that are open.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    open: BTreeMap<usize, Open>,
    random: Option<crate::core::random::Random>,
}

impl Hashes {
    /// A hash whose memory begins in these bytes, and where it was made.
    pub(crate) fn within(&self, from: usize, length: usize) -> Option<(String, u64)> {
        let range = from..from.saturating_add(length);
        let open = self.open.values().find(|open| open.object != 0 && range.contains(&open.object));
        open.map(|open| ("a hash that was not destroyed".to_owned(), open.site))
    }

    /// Handles that were not closed, and where each was opened (K-4).
    pub(crate) fn left(&self) -> Vec<(String, u64)> {
        let told = |open: &Open| match open.what {
            What::Algorithm(..) => ("BCryptCloseAlgorithmProvider was not called", open.site),
            What::Hash(_) => ("BCryptDestroyHash was not called", open.site),
        };
        let mut left: Vec<_> = self.open.values().map(told).collect();
        left.sort_by_key(|(_, site)| *site);
        left.into_iter().map(|(what, at)| (format!("{what} for a handle"), at)).collect()
    }

    fn open(&mut self, what: What, object: usize) -> Result<usize, i32> {
        let block = Block::new(16).ok_or(INSUFFICIENT_RESOURCES)?;
        let handle = block.at();
        self.open.insert(handle, Open { what, object, site: site::here(), _block: block });
        Ok(handle)
    }
}

impl Kernel {
    /// Closes a handle of this kind (K-2).
    fn close_bcrypt(&self, handle: usize, fits: fn(&What) -> bool, name: &'static str) -> i32 {
        let mut hashes = self.hashes.borrow_mut();
        if hashes.open.get(&handle).is_some_and(|open| fits(&open.what)) {
            hashes.open.remove(&handle);
            return 0;
        }
        drop(hashes);
        self.report("K-2", format!("{name} was given what is no open handle"));
        INVALID_HANDLE
    }

    fn with_hash(&self, handle: usize, act: impl FnOnce(&mut Hash) -> i32) -> i32 {
        let mut hashes = self.hashes.borrow_mut();
        match hashes.open.get_mut(&handle).map(|open| &mut open.what) {
            Some(What::Hash(hash)) if !hash.finished => act(hash),
            _ => INVALID_HANDLE,
        }
    }

    /// The next random number that the driver is given.
    pub(crate) fn random(&self) -> u64 {
        let seed = self.driver().core().options().seed;
        let mut hashes = self.hashes.borrow_mut();
        let random =
            hashes.random.get_or_insert_with(|| crate::core::random::Random::new(seed, STREAM));
        random.next()
    }
}

/// Writes a handle, or answers why there is none.
fn told(out: usize, made: Result<usize, i32>) -> i32 {
    match made {
        Ok(handle) => {
            write(out, handle);
            0
        }
        Err(status) => status,
    }
}

pub(crate) unsafe extern "C" fn open(
    out: usize,
    name: usize,
    _implementation: usize,
    flags: u32,
) -> i32 {
    border(place::BCryptOpenAlgorithmProvider, |kernel| {
        if out == 0 || name == 0 {
            return INVALID_PARAMETER;
        }
        let name = String::from_utf16_lossy(&memory::wide_text(name));
        let Some(algorithm) = Algorithm::named(&name) else { return NOT_FOUND };
        let what = What::Algorithm(algorithm, flags & HMAC != 0);
        told(out, kernel.hashes.borrow_mut().open(what, 0))
    })
}

pub(crate) unsafe extern "C" fn close(handle: usize, _flags: u32) -> i32 {
    border(place::BCryptCloseAlgorithmProvider, |kernel| {
        let fits = |what: &What| matches!(what, What::Algorithm(..));
        kernel.close_bcrypt(handle, fits, "BCryptCloseAlgorithmProvider")
    })
}

pub(crate) unsafe extern "C" fn property(
    handle: usize,
    name: usize,
    output: usize,
    room: u32,
    result: usize,
    _flags: u32,
) -> i32 {
    border(place::BCryptGetProperty, |kernel| {
        if name == 0 || result == 0 {
            return INVALID_PARAMETER;
        }
        let hashes = kernel.hashes.borrow();
        let Some(open) = hashes.open.get(&handle) else { return INVALID_HANDLE };
        let length = match &open.what {
            What::Algorithm(algorithm, _) => {
                algorithm.begin().map_or((0, 0), |(digest, block)| (digest.output_size(), block))
            }
            What::Hash(hash) => (hash.inner.output_size(), 0),
        };
        let value = match String::from_utf16_lossy(&memory::wide_text(name)).as_str() {
            "ObjectLength" => OBJECT,
            "HashDigestLength" if length.0 > 0 => length.0,
            "HashBlockLength" if length.1 > 0 => length.1,
            _ => return NOT_SUPPORTED,
        };
        write(result, 4_u32);
        if output == 0 {
            return 0;
        }
        if room < 4 {
            return BUFFER_TOO_SMALL;
        }
        write(output, value as u32);
        0
    })
}

pub(crate) unsafe extern "C" fn create(
    algorithm: usize,
    out: usize,
    object: usize,
    room: u32,
    secret: usize,
    secret_length: u32,
    flags: u32,
) -> i32 {
    border(place::BCryptCreateHash, |kernel| {
        let mut hashes = kernel.hashes.borrow_mut();
        let Some(Open { what: What::Algorithm(algorithm, keyed), .. }) =
            hashes.open.get(&algorithm)
        else {
            return INVALID_HANDLE;
        };
        if object != 0 && (room as usize) < OBJECT {
            return BUFFER_TOO_SMALL;
        }
        let secret = memory::bytes(secret, secret_length as usize);
        let secret = keyed.then_some(secret.as_slice());
        let Some(hash) = Hash::new(*algorithm, secret, flags & REUSABLE != 0) else {
            return INVALID_PARAMETER;
        };
        told(out, hashes.open(What::Hash(hash), object))
    })
}

pub(crate) unsafe extern "C" fn data(handle: usize, input: usize, length: u32, _flags: u32) -> i32 {
    border(place::BCryptHashData, |kernel| {
        kernel.with_hash(handle, |hash| {
            hash.inner.update(&memory::bytes(input, length as usize));
            0
        })
    })
}

pub(crate) unsafe extern "C" fn finish(
    handle: usize,
    output: usize,
    length: u32,
    _flags: u32,
) -> i32 {
    border(place::BCryptFinishHash, |kernel| {
        kernel.with_hash(handle, |hash| {
            if output == 0 || length as usize != hash.inner.output_size() {
                return INVALID_PARAMETER;
            }
            memory::put(output, &hash.finish());
            0
        })
    })
}

pub(crate) unsafe extern "C" fn destroy(handle: usize) -> i32 {
    border(place::BCryptDestroyHash, |kernel| {
        let fits = |what: &What| matches!(what, What::Hash(_));
        kernel.close_bcrypt(handle, fits, "BCryptDestroyHash")
    })
}

pub(crate) unsafe extern "C" fn random(
    handle: usize,
    output: usize,
    length: u32,
    flags: u32,
) -> i32 {
    border(place::BCryptGenRandom, |kernel| {
        let preferred = handle == 0 && flags & PREFERRED != 0;
        let fits = {
            let hashes = kernel.hashes.borrow();
            let what = hashes.open.get(&handle).map(|open| &open.what);
            matches!(what, Some(What::Algorithm(Algorithm::Random, _)))
        };
        if !preferred && !fits {
            return INVALID_HANDLE;
        }
        if output == 0 && length > 0 {
            return INVALID_PARAMETER;
        }
        let length = length as usize;
        for at in (0..length).step_by(8) {
            memory::put(output + at, &kernel.random().to_le_bytes()[..8.min(length - at)]);
        }
        0
    })
}
