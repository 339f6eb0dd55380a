//! Numbers: what gives them, and the sockets by the numbers of their core sockets.

/// Gives numbers, each once.
#[derive(Debug, Default)]
pub(crate) struct Counter(u64);

impl Counter {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// The sockets by the index of their core sockets, which are few numbers that are given again.
#[derive(Debug, Default)]
pub(crate) struct ByIndex(Vec<u64>);

impl ByIndex {
    pub(crate) fn set(&mut self, index: u32, id: u64) {
        let index = index as usize;
        if index >= self.0.len() {
            self.0.resize(index + 1, 0);
        }
        self.0[index] = id;
    }

    pub(crate) fn get(&self, index: u32) -> Option<u64> {
        self.0.get(index as usize).copied().filter(|&id| id != 0)
    }

    pub(crate) fn remove(&mut self, index: u32) {
        if let Some(id) = self.0.get_mut(index as usize) {
            *id = 0;
        }
    }
}
