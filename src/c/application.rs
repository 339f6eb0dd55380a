//! Application: a driver in C, as the provider sees it.

use crate::c::driver::{Driver, Supplied, Whose, always};
use crate::c::irp::{Called, IRP};
use crate::c::lending::Lending;
use crate::c::sanitizers;
use crate::c::site::{self, Stack};
use crate::c::structures::{Shown, WSK_INSPECT_ID};
use crate::c::tables::{Dispatch, WSK_CLIENT_CONNECTION_DISPATCH};
use crate::core::handlers::HandlerId;
use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::network::stream::Segment;
use crate::provider::{
    Answer, Application, Blame, Callback, Count, Done, Flight, Held, Moment, Report, Returned,
    RoutineAnswer, Stopped, function,
};
use crate::wsk::{Call, Table};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// One stack's work for a driver in C.
#[derive(Debug)]
pub struct CApplication<'d> {
    driver: &'d Arc<Driver>,
    /// What was lent for the call that is about to be made.
    asking: Option<Lending>,
    /// The routine of the request that is being completed, and its IRP.
    completing: Option<(*mut IRP, Called)>,
    /// The address of the function that was called last.
    called: u64,
    /// The callback that was called last, if one was.
    callback: Option<&'static str>,
    /// The other place of what is reported, if that is known here.
    other: u64,
    /// Where it was done what is reported now, if that was before.
    before: Option<Stack>,
}

impl<'d> CApplication<'d> {
    /// A stack of `driver`'s.
    #[must_use]
    pub fn of(driver: &'d Arc<Driver>) -> Self {
        Self {
            driver,
            asking: None,
            completing: None,
            called: 0,
            callback: None,
            other: 0,
            before: None,
        }
    }

    /// With what is lent for a call.
    #[must_use]
    pub fn lending(self, lending: Lending) -> Self {
        Self { asking: Some(lending), ..self }
    }

    /// With the other place of what is reported.
    pub(crate) fn against(self, other: u64) -> Self {
        Self { other, ..self }
    }

    /// For a report of what was done before, there.
    pub(crate) fn done_at(self, stack: Stack) -> Self {
        Self { before: Some(stack), ..self }
    }

    /// Notes which function is called now.
    fn calls(&mut self, function: usize) {
        self.called = function as u64;
    }

    fn receive(
        &mut self,
        supplied: Supplied,
        socket: u64,
        flags: u32,
        list: u64,
        segments: Option<Vec<Segment>>,
    ) -> Option<(i32, Count)> {
        let callback = supplied.dispatch.connection().WskReceiveEvent?;
        self.calls(callback as usize);
        let total = segments.iter().flatten().map(|segment| segment.len()).sum();
        let first = segments
            .map_or(ptr::null_mut(), |segments| self.driver.show_data(socket, list, segments));
        let mut accepted: usize = total;
        // SAFETY: the driver's function with its own context; the list stays until the provider lets go of it.
        let status =
            unsafe { callback(supplied.context(), flags, first, total, &raw mut accepted) };
        Some((status, Count::Bytes(accepted as u64)))
    }

    fn receive_from(
        &mut self,
        supplied: Supplied,
        socket: u64,
        flags: u32,
        list: u64,
        datagrams: Option<Vec<(Vec<u8>, Address)>>,
    ) -> Option<i32> {
        let callback = supplied.dispatch.datagrams().WskReceiveFromEvent?;
        self.calls(callback as usize);
        let first = datagrams.map_or(ptr::null_mut(), |datagrams| {
            self.driver.show_datagrams(socket, list, datagrams)
        });
        // SAFETY: the driver's function with its own context; the list stays until the provider lets go of it.
        Some(unsafe { callback(supplied.context(), flags, first) })
    }

    fn accept(
        &mut self,
        supplied: Supplied,
        flags: u32,
        accepted: Option<(Address, Address, u64)>,
    ) -> Option<i32> {
        let callback = supplied.dispatch.listener().WskAcceptEvent?;
        self.calls(callback as usize);
        let mut context: *mut c_void = ptr::null_mut();
        let mut table: *const WSK_CLIENT_CONNECTION_DISPATCH = ptr::null();
        let (out_context, out_table) = (&raw mut context, &raw mut table);
        let own = supplied.context();
        let Some((local, remote, number)) = accepted else {
            let (none, socket) = (ptr::null_mut(), ptr::null_mut());
            // SAFETY: the driver's function with its own context.
            return Some(unsafe {
                callback(own, flags, none, none, socket, out_context, out_table)
            });
        };
        let (mut local, mut remote) = (Shown::of(local), Shown::of(remote));
        let (local, remote) = (local.pointer(), remote.pointer());
        let outs = Outs { context: out_context, table: out_table };
        let socket = self.driver.begin_accept(number, outs);
        // SAFETY: the driver's function with its own context; what is lent lives until it has returned.
        let status = unsafe { callback(own, flags, local, remote, socket, out_context, out_table) };
        // What is written later has no effect (L-10), and what a refused socket was given means nothing.
        if let Some(outs) = self.driver.end_accept(number)
            && status == NtStatus::SUCCESS.bits().cast_signed()
        {
            settle(self.driver, number, outs);
        }
        Some(status)
    }

    fn inspect(
        &mut self,
        supplied: Supplied,
        request: Option<(Address, Address, (u64, u32))>,
    ) -> Option<i32> {
        let callback = supplied.dispatch.listener().WskInspectEvent?;
        self.calls(callback as usize);
        let context = supplied.context();
        let Some((local, remote, id)) = request else {
            let none = ptr::null_mut();
            // SAFETY: the driver's function with its own context.
            return Some(unsafe { callback(context, none, none, ptr::null_mut()) });
        };
        let (mut local, mut remote) = (Shown::of(local), Shown::of(remote));
        let (local, remote) = (local.pointer(), remote.pointer());
        let mut id = inspect_id(id);
        // SAFETY: the driver's function with its own context; what is lent lives until it has returned.
        Some(unsafe { callback(context, local, remote, &raw mut id) })
    }

    fn abort(&mut self, supplied: Supplied, id: (u64, u32)) -> Option<i32> {
        let callback = supplied.dispatch.listener().WskAbortEvent?;
        self.calls(callback as usize);
        let mut id = inspect_id(id);
        // SAFETY: the driver's function with its own context; what is lent lives until it has returned.
        Some(unsafe { callback(supplied.context(), &raw mut id) })
    }

    /// A list goes back whose memory a request uses that was made at `site` and waits (I-9): by WskRelease, or because the
    /// callback that was called last has not kept it.
    #[cold]
    fn report_use(&mut self, site: u64) {
        let (how, blame) = match self.callback {
            None => ("WskRelease was given a list,".to_owned(), Blame::Caller),
            Some(name) => (format!("{name} did not keep its list,"), Blame::Callback(name)),
        };
        let found = format!("{how} whose memory a request under way uses");
        let report = Report::of("I-9", found, 0)
            .advising("Keep the list by answering STATUS_PENDING, and release it when the request is completed.");
        self.other = site;
        always(self.report(report.blaming(blame)));
        self.other = 0;
    }

    fn send_backlog(&mut self, supplied: Supplied, size: usize) -> Option<i32> {
        let callback = supplied.dispatch.connection().WskSendBacklogEvent?;
        self.calls(callback as usize);
        // SAFETY: the driver's function with its own context.
        Some(unsafe { callback(supplied.context(), size) })
    }
}

/// Where `WskAcceptEvent` writes what it supplies with a socket, while it runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outs {
    context: *mut *mut c_void,
    table: *mut *const WSK_CLIENT_CONNECTION_DISPATCH,
}

// SAFETY: they are read while the callback that has them runs, by a call that it makes or waits for.
unsafe impl Send for Outs {}

/// The machine's number of a socket that a function is called for; what `WskAcceptEvent` has supplied with it counts from
/// then on (L-7).
#[inline]
pub(crate) fn settled(driver: &Driver, whose: Whose) -> u64 {
    let (number, outs) = driver.number_and_outs(whose);
    if let Some(outs) = outs {
        settle(driver, number, outs);
    }
    number
}

/// Reads what `WskAcceptEvent` has supplied with a socket: when it has returned, or before, when it uses the socket.
/// Nothing, if it has written nothing.
fn settle(driver: &Driver, number: u64, outs: Outs) {
    // SAFETY: the callback runs, and its parameters are there.
    let context = unsafe { outs.context.read() };
    // SAFETY: likewise.
    let table = unsafe { outs.table.read() };
    if context.is_null() && table.is_null() {
        return;
    }
    // SAFETY: a driver vouches for the table that it supplies with a connection.
    let dispatch = unsafe { Dispatch::of_connection(table) };
    let supplied = Supplied::new(context, dispatch);
    // Without room for one more handler the socket has no disconnect event.
    let table = driver
        .table(context, dispatch)
        .unwrap_or_else(|_| Table::new(supplied.context, HandlerId::NONE, 0, 0));
    if driver.with_door(|door| door.accept_written(number, &dispatch.kind(), table)).is_some() {
        driver.supply(number, supplied);
    }
}

fn inspect_id((key, serial): (u64, u32)) -> WSK_INSPECT_ID {
    WSK_INSPECT_ID { Key: key as usize, SerialNumber: serial }
}

fn status_of(status: i32) -> NtStatus {
    NtStatus::from_bits(status.cast_unsigned())
}

impl Application for CApplication<'_> {
    fn began(&mut self, flight: &Arc<Flight>) {
        if let Some(lending) = self.asking.take() {
            self.driver.lends(flight.socket, &lending);
            self.driver.lend(flight.number, lending);
        }
    }

    fn fill(&mut self, done: &Done<'_>) -> Result<(), Stopped> {
        let Some(lending) = self.driver.take_back(done.flight.number) else { return Ok(()) };
        let completion = done.completion;
        let mut information = completion.information as usize;
        // Also of a cancelled receive that had taken bytes (I-8).
        if let (Some(buffer), Some(data)) = (lending.buffer, &completion.data) {
            // SAFETY: as promised when the buffer was lent (I-9).
            unsafe { buffer.write(data) };
        }
        if completion.status.is_success() {
            lending.outputs.write(completion);
        }
        if completion.status == NtStatus::SUCCESS {
            if completion.socket != 0 {
                let (number, category) = (completion.socket, lending.category);
                let socket = self.driver.add_socket(number, lending.yields, category);
                information = socket.expose_provenance(); // I-7
            }
            if done.flight.function == &function::CLOSE_SOCKET {
                self.driver.ordered(done.flight.socket, sanitizers::acquire);
                self.driver.drop_socket(done.flight.socket); // O-2
            }
        }
        // SAFETY: as promised when the IRP was lent; the request has it until its routine is called.
        unsafe { IRP::write(lending.irp, completion.status, information, done.pending) };
        // SAFETY: likewise.
        let called = unsafe { IRP::called(lending.irp) };
        self.completing = Some((lending.irp, called));
        Ok(())
    }

    fn complete(&mut self, _: &Done<'_>) -> Result<RoutineAnswer, Stopped> {
        let kept = RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED);
        let Some((irp, called)) = self.completing.take() else { return Ok(kept) };
        let Some(routine) = called.routine else { return Ok(kept) };
        self.calls(routine as usize);
        sanitizers::acquire(irp.expose_provenance());
        // SAFETY: the driver's routine with its own context; from here on the IRP is the routine's (I-6).
        let status = unsafe { routine(ptr::null_mut(), irp, called.context) };
        Ok(RoutineAnswer::Status(status_of(status)))
    }

    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped> {
        let Callback { row, socket, flags, call, .. } = callback;
        self.callback = Some(row.name);
        let Some(supplied) = self.driver.supplied(socket) else {
            return Ok(Answer::plain(Returned::Absent));
        };
        let mut accepted = Count::Untouched;
        sanitizers::acquire(sanitizers::of_context(supplied.context));
        let status = match call {
            Call::Receive { list, segments } => {
                self.receive(supplied, socket, flags, list, segments).map(|(status, count)| {
                    accepted = count;
                    status
                })
            }
            Call::ReceiveFrom { list, datagrams } => {
                self.receive_from(supplied, socket, flags, list, datagrams)
            }
            Call::Accept { accepted } => self.accept(supplied, flags, accepted),
            Call::Inspect { request } => self.inspect(supplied, request),
            Call::Abort { id } => self.abort(supplied, id),
            Call::SendBacklog { size } => self.send_backlog(supplied, size),
            Call::Complete(_) => None,
        };
        sanitizers::release(sanitizers::of_context(supplied.context));
        let returned = status.map_or(Returned::Absent, |it| Returned::Status(status_of(it)));
        Ok(Answer { accepted, ..Answer::plain(returned) })
    }

    /// The MDLs of the buffer. While the driver looks, the request is not completed, so nobody frees one.
    fn memory(&mut self, flight: &Arc<Flight>) -> Vec<u64> {
        self.driver.watch(flight.number)
    }

    fn remember(&mut self, moment: Moment) {
        self.driver.remember(moment, site::here());
    }

    fn remembers(&self, moment: Moment) -> bool {
        self.driver.moment(moment).is_some()
    }

    fn let_go(&mut self, held: Held) {
        match held {
            Held::Request(_) => {}
            Held::Socket(number) => self.driver.drop_socket(number),
            Held::List(list) => {
                if let Some(site) = self.driver.user_of_list(list) {
                    self.report_use(site);
                }
                self.driver.drop_list(list);
            }
        }
    }

    /// A function of the driver's is named by its address, or by its lines where they are known.
    fn report(&mut self, report: Report) -> Result<(), Stopped> {
        let mut finding = self.driver.with_door(|door| door.record(&report));
        let (caller, called) = (site::here(), self.called);
        if let Some(stack) = &self.before {
            finding = finding.at(self.driver.place(stack.at));
            finding.traceback = self.driver.callers_then(stack);
        } else if report.blame == Blame::Caller {
            if caller != 0 {
                finding = finding.at(self.driver.place(caller));
            }
            finding.traceback = self.driver.callers();
        } else if called != 0 {
            finding = finding.at(self.driver.place_of_function(called));
        }
        let known = (self.other != 0).then_some(self.other);
        if let Some(before) = report.before.and_then(|moment| self.driver.moment(moment)).or(known)
        {
            finding = finding.against(self.driver.place(before));
        }
        self.driver.core().report(finding);
        Ok(())
    }
}
