//! Rules: the one table of the contract, `rules.tsv`, read on first use.
//!
//! A row is a rule: its id, who has to keep it, what it says, what an application does to keep it, the pages that
//! speak of it, how far they carry it, and what is seen of a breach. The statements are ours; Microsoft's pages stay
//! the authority. `tests/rust/contract.rs` checks every row.

use std::sync::OnceLock;

const TABLE: &str = include_str!("rules.tsv");
const COLUMNS: usize = 8;

/// Who has to keep a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    /// The provider: what we build.
    Provider,
    /// The application: what is judged.
    Application,
    /// Both sides, each its half.
    Both,
}

/// How far the public sources carry a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A page says so; where no page is named, the header, a sample, or a measurement on Windows.
    Stated,
    /// It follows from what a page says.
    Derived,
    /// The sources are silent, and this is our choice.
    Choice,
}

/// One rule of the contract.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What findings, tests and documents call it.
    pub id: &'static str,
    /// Who has to keep it.
    pub binds: Binds,
    /// The rule in one sentence.
    pub statement: &'static str,
    /// What the application does to keep it; empty if the rule binds the provider alone.
    pub advice: &'static str,
    /// Names of Microsoft's pages, with spaces between them; empty if none speaks of it.
    pub pages: &'static str,
    /// How far those pages carry it.
    pub mark: Mark,
    /// What comes of a breach, or why none can be seen; may be empty.
    pub note: &'static str,
    /// With what else it arrives, if it is not kept yet; else empty.
    pub pending: &'static str,
}

/// The rows, and where each letter's rules begin among them.
struct Table {
    rows: Vec<Rule>,
    first: [usize; 26],
}

impl Rule {
    /// Every rule, in the contract's order.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &table().rows
    }

    /// The rule with this id, such as `D-8`.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        let (letter, number) = id.split_once('-')?;
        let &[letter @ b'A'..=b'Z'] = letter.as_bytes() else { return None };
        let first = table().first[usize::from(letter - b'A')];
        // The ids of one letter are consecutive.
        let place = first.checked_add(number.parse::<usize>().ok()?.checked_sub(1)?)?;
        table().rows.get(place).filter(|rule| rule.id == id)
    }

    /// The rule with this id, which the code names and the table therefore has.
    ///
    /// # Panics
    ///
    /// If the table has no such rule.
    #[must_use]
    pub fn named(id: &str) -> &'static Self {
        Self::find(id).unwrap_or_else(|| panic!("Invariant: the contract has a rule {id}"))
    }

    /// Its row: the columns of the table, as they stand there.
    #[must_use]
    pub fn row(&self) -> [&'static str; COLUMNS] {
        let binds = match self.binds {
            Binds::Provider => "provider",
            Binds::Application => "application",
            Binds::Both => "both",
        };
        let mark = match self.mark {
            Mark::Stated => "stated",
            Mark::Derived => "derived",
            Mark::Choice => "choice",
        };
        [self.id, binds, self.statement, self.advice, self.pages, mark, self.note, self.pending]
    }
}

fn table() -> &'static Table {
    static READ: OnceLock<Table> = OnceLock::new();
    READ.get_or_init(|| {
        let rows: Vec<Rule> = TABLE.lines().skip(1).map(read).collect();
        let mut first = [usize::MAX; 26];
        for (place, rule) in rows.iter().enumerate().rev() {
            first[usize::from(rule.id.as_bytes()[0] - b'A')] = place;
        }
        Table { rows, first }
    })
}

fn read(line: &'static str) -> Rule {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let [id, binds, statement, advice, pages, mark, note, pending] = cells[..] else {
        panic!("Invariant: {line:?} has {COLUMNS} cells")
    };
    let binds = match binds {
        "provider" => Binds::Provider,
        "application" => Binds::Application,
        "both" => Binds::Both,
        other => panic!("Invariant: {id} binds provider, application or both, not {other:?}"),
    };
    let mark = match mark {
        "stated" => Mark::Stated,
        "derived" => Mark::Derived,
        "choice" => Mark::Choice,
        other => panic!("Invariant: {id} is stated, derived or choice, not {other:?}"),
    };
    Rule { id, binds, statement, advice, pages, mark, note, pending }
}
