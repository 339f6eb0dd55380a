//! The bindings: parse, detach, call the core, map the answer. The only folder that knows Python.

#[forbid(unsafe_code)]
mod drive;
#[forbid(unsafe_code)]
mod keep;
#[forbid(unsafe_code)]
mod runs;
#[forbid(unsafe_code)]
mod sharing;
#[forbid(unsafe_code)]
mod sockets;
mod values;
#[forbid(unsafe_code)]
mod wsk;

/// The compiled half of wsksim.
#[pyo3::pymodule(gil_used = true)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::drive::handlers::{BatchHandler, NativeHandler};
    #[pymodule_export]
    use super::drive::processor::Processor;
    #[pymodule_export]
    use super::drive::running::{_interpreter_ends, _interrupt_workers, _stop_workers};
    #[pymodule_export]
    use super::drive::workers::Workers;
    #[pymodule_export]
    use super::keep::shared::_after_fork;
    #[pymodule_export]
    use super::runs::capture::CaptureReader;
    #[cfg(unix)]
    #[pymodule_export]
    use super::runs::driver::DriverObject;
    #[pymodule_export]
    use super::runs::feed::CaptureFeed;
    #[pymodule_export]
    use super::runs::lives::Lives;
    #[pymodule_export]
    use super::runs::living::LifeStorm;
    #[cfg(unix)]
    #[pymodule_export]
    use super::runs::started_driver::StartedDriver;
    #[pymodule_export]
    use super::runs::storm::Storm;
    #[pymodule_export]
    use super::runs::times::{TimesCode, TimesSum};
    #[pymodule_export]
    use super::sockets::connection::{Connection, Remote};
    #[pymodule_export]
    use super::sockets::fleet::{Fleet, FleetRemote};
    #[pymodule_export]
    use super::sockets::ledger::Ledger;
    #[pymodule_export]
    use super::sockets::subsystem::Subsystem;
    #[pymodule_export]
    use super::values::dying::_watch_crashes;
    #[pymodule_export]
    use super::values::options::_use_plain_paths;
    #[pymodule_export]
    use super::values::places::_spot;
    #[pymodule_export]
    use super::values::rules::_rules;
    #[pymodule_export]
    use super::wsk::addresses::{_fill_address, _packed, _place_of, _to_machine};
    #[pymodule_export]
    use super::wsk::buffers::{Buf, Mdl};
    #[pymodule_export]
    use super::wsk::calls::Calls;
    #[pymodule_export]
    use super::wsk::client_table::Callbacks;
    #[pymodule_export]
    use super::wsk::clients::{_counted_fits, _request_of_nobody, CaptureLook, ClientFunctions};
    #[pymodule_export]
    use super::wsk::completion::Completion;
    #[pymodule_export]
    use super::wsk::controls::{ControlInput, ControlOutput, Controls, Made};
    #[pymodule_export]
    use super::wsk::data_indication::DataIndication;
    #[pymodule_export]
    use super::wsk::entry::Entry;
    #[pymodule_export]
    use super::wsk::irp::Irp;
    #[pymodule_export]
    use super::wsk::lending::{Answered, Loan, Part};
    #[pymodule_export]
    use super::wsk::out::Out;
    #[pymodule_export]
    use super::wsk::owners::_owner_of;
    #[pymodule_export]
    use super::wsk::patience::{DeregisterPatience, RequestPatience};
    #[pymodule_export]
    use super::wsk::provider::Provider;
    #[pymodule_export]
    use super::wsk::remote_end::RemoteEnd;
    #[pymodule_export]
    use super::wsk::remote_ends::RemoteEnds;
    #[pymodule_export]
    use super::wsk::remotes::Remotes;
    #[pymodule_export]
    use super::wsk::sockaddr_in::SockaddrIn;
    #[pymodule_export]
    use super::wsk::sockaddr_in6::SockaddrIn6;
    #[pymodule_export]
    use super::wsk::socket::Socket;
    #[pymodule_export]
    use super::wsk::sockets::{_beyond, SocketFunctions};
    #[pymodule_export]
    use super::wsk::status_block::StatusBlock;
    #[pymodule_export]
    use super::wsk::supplied::{Refused, Supplied, TableKind};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        if !super::values::export::is_main_interpreter(module.py()) {
            return Err(pyo3::exceptions::PyImportError::new_err(
                "asked to import wsksim in a subinterpreter; it works in the main one only; use a \
                 process instead",
            ));
        }
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let debug = cfg!(debug_assertions);
        module.add("BUILD_PROFILE", if debug { "debug" } else { "release" })?;
        module.add("HISTORY", cfg!(feature = "history"))?;
        #[cfg(feature = "history")]
        {
            module.add_function(wrap_pyfunction!(super::runs::history::_check_history, module)?)?;
            let taken = wrap_pyfunction!(super::wsk::crossings::_take_crossings, module)?;
            module.add_function(taken)?;
        }
        let names = ["_stop_workers", "_interrupt_workers", "_interpreter_ends"];
        let [stop, interrupt, ends] = names.map(|name| module.getattr(name));
        super::drive::running::watch(&ends?, &stop?, &interrupt?)?;
        super::keep::shared::count_forks();
        let os = module.py().import("os")?;
        if os.hasattr("register_at_fork")? {
            let kwargs = pyo3::types::PyDict::new(module.py());
            kwargs.set_item("after_in_child", module.getattr("_after_fork")?)?;
            os.call_method("register_at_fork", (), Some(&kwargs))?;
        }
        Ok(())
    }
}
