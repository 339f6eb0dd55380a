//! The bindings: parse, detach, call the core, map the answer. The only folder that knows Python.

#[forbid(unsafe_code)]
mod arguments;
#[forbid(unsafe_code)]
mod batch;
#[forbid(unsafe_code)]
mod books;
mod bulk;
#[forbid(unsafe_code)]
mod capture;
#[forbid(unsafe_code)]
mod connecting;
#[forbid(unsafe_code)]
mod connection;
#[forbid(unsafe_code)]
mod driving;
#[forbid(unsafe_code)]
mod errors;
#[allow(unsafe_code, reason = "buffers, borrowed contexts and shared memory")]
mod export;
#[forbid(unsafe_code)]
mod feed;
#[forbid(unsafe_code)]
mod findings;
#[forbid(unsafe_code)]
mod fleet;
#[forbid(unsafe_code)]
mod handlers;
#[cfg(feature = "history")]
#[forbid(unsafe_code)]
mod history;
#[forbid(unsafe_code)]
mod host;
#[forbid(unsafe_code)]
mod options;
#[forbid(unsafe_code)]
mod owned;
#[forbid(unsafe_code)]
mod places;
#[forbid(unsafe_code)]
mod processor;
#[forbid(unsafe_code)]
mod rules;
#[forbid(unsafe_code)]
mod shared;
#[forbid(unsafe_code)]
mod shutting;
#[forbid(unsafe_code)]
mod storm;
#[forbid(unsafe_code)]
mod storm_results;
#[forbid(unsafe_code)]
mod storm_sockets;
#[forbid(unsafe_code)]
mod subsystem;
#[forbid(unsafe_code)]
mod team;
#[forbid(unsafe_code)]
mod workers;
#[forbid(unsafe_code)]
mod wsk;

/// The compiled half of wsksim.
#[pyo3::pymodule(gil_used = true)]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::capture::CaptureReader;
    #[pymodule_export]
    use super::connection::{Connection, Remote};
    #[pymodule_export]
    use super::feed::CaptureFeed;
    #[pymodule_export]
    use super::fleet::{Fleet, FleetRemote};
    #[pymodule_export]
    use super::handlers::{BatchHandler, NativeHandler};
    #[pymodule_export]
    use super::processor::Processor;
    #[pymodule_export]
    use super::rules::_rules;
    #[pymodule_export]
    use super::shared::_after_fork;
    #[pymodule_export]
    use super::storm::Storm;
    #[pymodule_export]
    use super::subsystem::Subsystem;
    #[pymodule_export]
    use super::workers::Workers;
    #[pymodule_export]
    use super::wsk::clients::{_request_of_nobody, ClientFunctions, DeregisterPatience};
    #[pymodule_export]
    use super::wsk::completion::Completion;
    #[pymodule_export]
    use super::wsk::controls::Controls;
    #[pymodule_export]
    use super::wsk::irp::Irp;
    #[pymodule_export]
    use super::wsk::provider::Provider;
    #[pymodule_export]
    use super::wsk::remotes::Remotes;
    #[pymodule_export]
    use super::wsk::sockets::{_beyond, SocketFunctions};
    #[pymodule_export]
    use super::wsk::status_block::StatusBlock;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        if !super::export::is_main_interpreter(module.py()) {
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
        module.add_function(wrap_pyfunction!(super::history::_check_history, module)?)?;
        let os = module.py().import("os")?;
        if os.hasattr("register_at_fork")? {
            let kwargs = pyo3::types::PyDict::new(module.py());
            kwargs.set_item("after_in_child", module.getattr("_after_fork")?)?;
            os.call_method("register_at_fork", (), Some(&kwargs))?;
        }
        Ok(())
    }
}
