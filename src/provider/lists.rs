//! Lists: what `WskRelease` gives back of an indicated list, however the application chained it since.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::application::{Application, Held, Moment, Stopped};
use crate::provider::findings::Report;
use crate::provider::functions::function;

/// One item of a list, as the application hands it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The socket whose callback got it; 0 if it is no indicated item.
    pub socket: u64,
    /// The list.
    pub list: u64,
    /// Its place, if the list is of datagrams.
    pub item: Option<usize>,
    /// How many items the list has.
    pub count: usize,
}

impl Door<'_> {
    /// `WskRelease` of the items that are chained to the first, in that order (C-20, C-21, C-23, U-27): a whole list, or
    /// items of one list of datagrams; all or none. `None`: NULL. At most one item more than the list has needs to be given.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised.
    pub fn release<A: Application>(
        &self,
        app: &mut A,
        socket: u64,
        chain: Option<&[Part]>,
    ) -> Result<NtStatus, Stopped> {
        let name = function::RELEASE.name;
        if !self.level_allowed(app, name, Irql::Dispatch, socket)? {
            return Ok(NtStatus::INVALID_PARAMETER);
        }
        let Some(chain) = chain else { return Ok(NtStatus::INVALID_PARAMETER) };
        let (list, items) = named(socket, chain);
        let ((status, rule), rest) = self.turn(|turn| {
            let released = turn.release(socket, list, items.as_deref());
            (released, turn.is_retained(socket, list))
        });
        if status == NtStatus::SUCCESS {
            app.remember(Moment::Released(socket, list));
            if !rest {
                self.end_list(app, socket, list);
            }
        }
        match rule {
            Some("C-20") if list == 0 => self.report(app, of_no_list(socket, chain))?,
            Some("C-20") => {
                let event = match chain.first() {
                    Some(Part { item: Some(_), .. }) => "WskReceiveFromEvent",
                    _ => "WskReceiveEvent",
                };
                self.report(app, not_retained(app, (socket, list), event))?;
            }
            rule => self.report_machine(app, rule, name, socket)?,
        }
        Ok(status)
    }

    /// A list is the provider's again: its callback did not keep it, or it was released (C-24).
    pub(crate) fn end_list<A: Application>(&self, app: &mut A, socket: u64, list: u64) {
        self.provider().custody.lock().end_loan(socket, list);
        app.let_go(Held::List(list));
    }
}

/// A list was given back that the application does not have (C-20).
fn not_retained<A: Application>(
    app: &A,
    (socket, list): (u64, u64),
    event: &'static str,
) -> Report {
    if app.remembers(Moment::Released(socket, list)) {
        return Report::of(
            "C-20",
            "WskRelease: the list, or a part of it, was released before",
            socket,
        )
        .advising("Release a list once: forget it when WskRelease was called.")
        .after(Moment::Released(socket, list));
    }
    let found = format!(
        "WskRelease: the list is not retained, so {event} had not answered STATUS_PENDING for it"
    );
    Report::of("C-20", found, socket)
        .advising(format!("Answer STATUS_PENDING from {event} to keep a list; without that there is nothing to release."))
        .against(event)
}

/// What was given back is no list of the socket's (C-20, C-23).
fn of_no_list(socket: u64, chain: &[Part]) -> Report {
    let own = |part: &Part| part.socket == socket;
    let (found, advice) = if chain.first().is_some_and(own) {
        (
            "WskRelease: the items that are chained are not of one list, each once",
            "Chain items of one list, each once, or give back the whole list as it was indicated.",
        )
    } else {
        (
            "WskRelease: a callback of this socket was not shown what is given back",
            "Give a list back to the socket whose callback was shown it.",
        )
    };
    Report::of("C-20", found, socket).advising(advice)
}

/// The list that a chain names, and its items, if it is not the whole list; list 0, which is none, if the chain is of no
/// one list of the socket.
fn named(socket: u64, chain: &[Part]) -> (u64, Option<Vec<usize>>) {
    let Some(&first) = chain.first().filter(|first| first.socket == socket) else {
        return (0, None);
    };
    if first.item.is_none() || first.item == Some(0) && chain.len() == first.count {
        return (first.list, None);
    }
    let mut items = Vec::with_capacity(chain.len());
    for part in chain {
        match part.item {
            Some(item)
                if (part.socket, part.list) == (socket, first.list) && !items.contains(&item) =>
            {
                items.push(item);
            }
            _ => return (0, None),
        }
    }
    (first.list, Some(items))
}
