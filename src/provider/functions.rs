//! Functions: what WSK offers an application, one row each.

use crate::core::irql::Irql;

/// One function of the provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What its completion routine is called in findings.
    pub routine: &'static str,
    /// The highest level that it may be called at.
    pub highest: Irql,
}

/// The functions, one row each (section 9 of the contract).
pub mod function {
    use super::Function;
    use crate::core::irql::Irql::{Dispatch, Passive};

    macro_rules! functions {
        ($($constant:ident $name:literal $highest:ident)*) => {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub static $constant: Function = Function {
                    name: $name,
                    routine: concat!("the completion routine of ", $name),
                    highest: $highest,
                };
            )*
            /// All of them.
            pub static ALL: &[&Function] = &[$(&$constant),*];
        };
    }

    functions! {
        REGISTER "WskRegister" Passive
        DEREGISTER "WskDeregister" Passive
        // Up to DISPATCH with WSK_NO_WAIT.
        CAPTURE "WskCaptureProviderNPI" Passive
        RELEASE_NPI "WskReleaseProviderNPI" Dispatch
        QUERY_CHARACTERISTICS "WskQueryProviderCharacteristics" Dispatch
        SOCKET "WskSocket" Dispatch
        SOCKET_CONNECT "WskSocketConnect" Dispatch
        CONTROL_CLIENT "WskControlClient" Dispatch
        GET_ADDRESS_INFO "WskGetAddressInfo" Passive
        FREE_ADDRESS_INFO "WskFreeAddressInfo" Passive
        GET_NAME_INFO "WskGetNameInfo" Passive
        // PASSIVE for address lists.
        CONTROL_SOCKET "WskControlSocket" Dispatch
        CLOSE_SOCKET "WskCloseSocket" Dispatch
        BIND "WskBind" Dispatch
        LISTEN "WskListen" Dispatch
        CONNECT "WskConnect" Dispatch
        CONNECT_EX "WskConnectEx" Dispatch
        ACCEPT "WskAccept" Dispatch
        INSPECT_COMPLETE "WskInspectComplete" Dispatch
        DISCONNECT "WskDisconnect" Dispatch
        GET_LOCAL_ADDRESS "WskGetLocalAddress" Dispatch
        GET_REMOTE_ADDRESS "WskGetRemoteAddress" Dispatch
        SEND "WskSend" Dispatch
        RECEIVE "WskReceive" Dispatch
        SEND_EX "WskSendEx" Dispatch
        RECEIVE_EX "WskReceiveEx" Dispatch
        RELEASE "WskRelease" Dispatch
        SEND_TO "WskSendTo" Dispatch
        SEND_MESSAGES "WskSendMessages" Dispatch
        RECEIVE_FROM "WskReceiveFrom" Dispatch
    }
}
