//! Tables: which client table belongs with which socket. In C a table is a bare address, and any compiles; a language
//! tells of which kind one is, as far as it can.

use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::functions::function;
use crate::provider::request::Refusal;
use crate::wsk::{Category, Table};

/// Of which kind a client table is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TableKind {
    /// NULL: no event will be enabled (O-7).
    #[default]
    Null,
    /// `WSK_CLIENT_LISTEN_DISPATCH`.
    Listen,
    /// `WSK_CLIENT_CONNECTION_DISPATCH`.
    Connection,
    /// `WSK_CLIENT_DATAGRAM_DISPATCH`.
    Datagram,
    /// `WSK_CLIENT_STREAM_DISPATCH`.
    Stream,
    /// An address that its language knows nothing of.
    Unknown,
    /// What is no table at all, described.
    Other(String),
}

impl TableKind {
    /// With its article.
    fn called(&self) -> &str {
        match self {
            Self::Null => "NULL",
            Self::Listen => "a WSK_CLIENT_LISTEN_DISPATCH",
            Self::Connection => "a WSK_CLIENT_CONNECTION_DISPATCH",
            Self::Datagram => "a WSK_CLIENT_DATAGRAM_DISPATCH",
            Self::Stream => "a WSK_CLIENT_STREAM_DISPATCH",
            Self::Unknown => "a table",
            Self::Other(text) => text,
        }
    }
}

/// Where an application hands over the table of a new socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover {
    /// `WskSocket` with these `Flags` (L-3).
    Socket(u32),
    /// `WskSocketConnect` (L-4).
    SocketConnect,
    /// `WskAccept` (L-5).
    Accept,
    /// The out parameter of `WskAcceptEvent` (L-6).
    AcceptEvent,
}

/// What belongs somewhere.
enum Wanted {
    /// Any table: the machine refuses the `Flags`.
    Any,
    /// No table.
    None,
    One(TableKind),
}

impl Handover {
    const fn wanted(self) -> Wanted {
        let Self::Socket(flags) = self else { return Wanted::One(TableKind::Connection) };
        match Category::from_flags(flags) {
            None => Wanted::Any,
            Some(Category::Basic) => Wanted::None,
            Some(Category::Listen) => Wanted::One(TableKind::Listen),
            Some(Category::Connection) => Wanted::One(TableKind::Connection),
            Some(Category::Datagram) => Wanted::One(TableKind::Datagram),
            Some(Category::Stream) => Wanted::One(TableKind::Stream),
        }
    }

    const fn rule(self) -> &'static str {
        match self {
            Self::Socket(_) => "L-3",
            Self::SocketConnect => "L-4",
            Self::Accept => "L-5",
            Self::AcceptEvent => "L-6",
        }
    }

    /// The rule that a table of this kind breaks here, and what was found; `None` if it belongs, or nobody can tell.
    #[must_use]
    pub fn breach(self, table: &TableKind) -> Option<(&'static str, String)> {
        let belongs = match self.wanted() {
            Wanted::Any => return None,
            Wanted::None if *table == TableKind::Null => return None,
            Wanted::One(wanted) if *table == wanted => return None,
            Wanted::One(_) if matches!(table, TableKind::Null | TableKind::Unknown) => return None,
            Wanted::None => "no table belongs".to_owned(),
            Wanted::One(wanted) => format!("{} belongs", wanted.called()),
        };
        let (name, does) = match self {
            Self::Socket(_) => (function::SOCKET.name, "was given"),
            Self::SocketConnect => (function::SOCKET_CONNECT.name, "was given"),
            Self::Accept => (function::ACCEPT.name, "was given"),
            Self::AcceptEvent => ("WskAcceptEvent", "wrote"),
        };
        let (given, parameter) = (table.called(), self.parameter());
        Some((self.rule(), format!("{name} {does} {given} as {parameter}, where {belongs}")))
    }

    /// Why a call is refused that is given such a table, or a context where none belongs (O-4).
    #[must_use]
    pub fn refusal(self, table: &TableKind, has_context: bool) -> Option<Refusal> {
        let breach = self.breach(table);
        let bare = matches!(self.wanted(), Wanted::None);
        let advice = breach.is_some().then(|| self.advice());
        (breach.is_some() || bare && has_context).then_some(Refusal {
            status: NtStatus::INVALID_PARAMETER,
            breach,
            advice,
            before: None,
        })
    }

    fn advice(self) -> String {
        let parameter = self.parameter();
        match self.wanted() {
            Wanted::Any => {
                format!("Pass the table of the category that Flags name as {parameter}, or NULL.")
            }
            Wanted::None => format!(
                "Pass NULL as {parameter}: a basic socket has no callbacks. Flags name the category for a table."
            ),
            Wanted::One(wanted) => format!("Pass {} as {parameter}, or NULL.", wanted.called()),
        }
    }

    const fn parameter(self) -> &'static str {
        match self {
            Self::Socket(_) | Self::SocketConnect => "Dispatch",
            Self::Accept | Self::AcceptEvent => "AcceptSocketDispatch",
        }
    }
}

impl Door<'_> {
    /// Takes what `WskAcceptEvent` has written for the socket that it is shown, when it has returned or when it uses the
    /// socket (L-7); whether the machine keeps it. `None`: the table does not belong there, and is left; if it still stands
    /// there when the callback returns, that is judged (L-6).
    #[must_use]
    pub fn accept_written(&self, accepted: u64, kind: &TableKind, table: Table) -> Option<bool> {
        let breach = Handover::AcceptEvent.breach(kind);
        breach.is_none().then(|| self.turn(|turn| turn.accept_written(accepted, table)))
    }
}
