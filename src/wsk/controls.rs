//! Controls: the other options and ioctls of `WskControlSocket` (1.4).

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, Address};
use crate::wsk::category::Category;
use crate::wsk::events::ioctl;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

const SO_REUSEADDR: u32 = 0x4;
const SO_KEEPALIVE: u32 = 0x8;
const SO_BROADCAST: u32 = 0x20;
const SO_RCVBUF: u32 = 0x1002;
const SO_CONDITIONAL_ACCEPT: u32 = 0x3002;
const SO_WSK_SECURITY: u32 = 0x4001;
const SO_EXCLUSIVEADDRUSE: u32 = !SO_REUSEADDR;

/// The size of a `SOCKADDR_STORAGE`, and of the head of an address list.
const ADDRESS_SIZE: usize = 128;
const LIST_HEAD: usize = 8;

/// The input of an ioctl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoctlInput {
    /// No input.
    None,
    /// A ULONG.
    Number(u32),
    /// A transport address.
    Address(Address),
    /// A list of addresses.
    Addresses(Vec<Address>),
}

/// What an ioctl without IRP answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IoctlOutput {
    /// Nothing.
    None,
    /// `WSK_INSPECT_ID`.
    InspectId(u64, u32),
    /// An address list.
    Addresses(Vec<Address>),
}

impl Turn<'_> {
    /// `WskSetOption` of a ULONG at `SOL_SOCKET`; `None`: the input is NULL or too short.
    pub fn set_option(&mut self, id: u64, option: u32, value: Option<u32>, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.option_applies(id, option)?;
            let value = value.ok_or(NtStatus::INVALID_PARAMETER)?;
            turn.apply_option(id, option, value)?;
            turn.finish(id, Completion::success(irp));
            Ok(())
        })
    }

    /// Whether the category knows an option.
    fn option_applies(&mut self, id: u64, option: u32) -> Result<(), NtStatus> {
        let socket = self.usable(id)?;
        let (category, stream) = (socket.category, socket.stream);
        let tcp = matches!(category, Category::Listen | Category::Connection | Category::Stream);
        let applies = match option {
            SO_CONDITIONAL_ACCEPT => category == Category::Listen || stream,
            SO_KEEPALIVE => tcp,
            SO_BROADCAST => category == Category::Datagram,
            SO_REUSEADDR | SO_EXCLUSIVEADDRUSE | SO_RCVBUF | SO_WSK_SECURITY => {
                category != Category::Basic
            }
            // SO_WSK_EVENT_CALLBACK cannot be read back (E-29); the rest is unknown.
            _ => return Err(NtStatus::NOT_SUPPORTED),
        };
        if applies { Ok(()) } else { Err(NtStatus::INVALID_DEVICE_REQUEST) }
    }

    fn apply_option(&mut self, id: u64, option: u32, value: u32) -> Result<(), NtStatus> {
        let cached = self.on.descriptors.contains_key(&u64::from(value));
        let socket = self.at(id);
        let unbound = socket.state == State::New;
        let settings = &mut socket.settings;
        let on = value != 0;
        match option {
            SO_KEEPALIVE => settings.keepalive = on,
            SO_BROADCAST => settings.broadcast = on,
            SO_RCVBUF => {
                settings.receive_buffer = Some(value);
                if let Some((line, side)) = socket.line
                    && let Some(at) = self.on.lines.get_mut(line)
                {
                    at.ends[side].incoming.set_window(value as usize);
                    self.stir(line);
                }
            }
            SO_WSK_SECURITY if value == 0 || cached => settings.security = value,
            SO_WSK_SECURITY => return Err(NtStatus::INVALID_PARAMETER),
            // The rest before bind only (A-12, U-15).
            _ if !unbound => return Err(NtStatus::INVALID_DEVICE_STATE),
            SO_CONDITIONAL_ACCEPT => {
                // Requests nobody could decide would wait for ever (U-17).
                if on && socket.table.callbacks & crate::wsk::events::callback::INSPECT == 0 {
                    return Err(NtStatus::INVALID_PARAMETER);
                }
                if !on && settings.conditional {
                    return Err(NtStatus::INVALID_DEVICE_STATE); // for good.
                }
                settings.conditional = on;
            }
            SO_REUSEADDR if on && settings.exclusive => return Err(NtStatus::INVALID_PARAMETER),
            SO_EXCLUSIVEADDRUSE if on && settings.reuse => {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            SO_REUSEADDR => settings.reuse = on,
            _ => settings.exclusive = on,
        }
        Ok(())
    }

    /// `WskGetOption` of a ULONG at `SOL_SOCKET` into `size` bytes.
    pub fn get_option(&mut self, id: u64, option: u32, size: usize, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.option_applies(id, option)?;
            if size < 4 {
                return Err(NtStatus::BUFFER_TOO_SMALL);
            }
            let window = turn.on.policies.window as u32;
            let settings = turn.at(id).settings;
            let value = match option {
                SO_CONDITIONAL_ACCEPT => u32::from(settings.conditional),
                SO_KEEPALIVE => u32::from(settings.keepalive),
                SO_BROADCAST => u32::from(settings.broadcast),
                SO_RCVBUF => settings.receive_buffer.unwrap_or(window),
                SO_WSK_SECURITY => settings.security,
                SO_REUSEADDR => u32::from(settings.reuse),
                _ => u32::from(settings.exclusive),
            };
            turn.finish(id, filled(irp, value.to_le_bytes().to_vec()));
            Ok(())
        })
    }

    /// `WskIoctl`; `size` is OutputSize.
    pub fn ioctl(
        &mut self,
        id: u64,
        code: u32,
        input: IoctlInput,
        size: usize,
        irp: Irp,
    ) -> (Reply, IoctlOutput) {
        let mut output = IoctlOutput::None;
        let reply = match code {
            ioctl::WSK_REGISTER_EXTENSION => self.without_irp(irp, |turn| {
                turn.usable(id)?;
                Err(NtStatus::NOT_SUPPORTED) // O-20
            }),
            ioctl::WSK_QUERY_INSPECT_ID => self.without_irp(irp, |turn| {
                let inspected = turn.usable(id)?.rest.inspected;
                let (key, serial) = inspected.ok_or(NtStatus::INVALID_DEVICE_REQUEST)?;
                output = IoctlOutput::InspectId(key, serial);
                Ok(())
            }),
            ioctl::ADDRESS_LIST_QUERY | ioctl::ADDRESS_LIST_SORT => self.without_irp(irp, |turn| {
                let family = turn.usable(id)?.family;
                let list = match (code, input) {
                    (ioctl::ADDRESS_LIST_QUERY, _) => {
                        let own = own_addresses(family).into_iter();
                        own.filter(|host| !turn.on.routes.is_removed(*host)).collect()
                    }
                    (_, IoctlInput::Addresses(mut list)) => {
                        list.sort();
                        list
                    }
                    _ => return Err(NtStatus::INVALID_PARAMETER),
                };
                if size < LIST_HEAD + list.len() * ADDRESS_SIZE {
                    return Err(NtStatus::BUFFER_OVERFLOW);
                }
                output = IoctlOutput::Addresses(list);
                Ok(())
            }),
            _ => self.request(id, irp, |turn| turn.ioctl_with_irp(id, code, input, size)),
        };
        (reply, output)
    }

    fn ioctl_with_irp(
        &mut self,
        id: u64,
        code: u32,
        input: IoctlInput,
        size: usize,
    ) -> Result<(), NtStatus> {
        let irp = self.current;
        match code {
            ioctl::WSK_QUERY_IDEAL_SEND_BACKLOG | ioctl::WSK_QUERY_RECEIVE_BACKLOG => {
                let socket = self.connection(id)?;
                if !socket.state.was_open() {
                    return Err(NtStatus::INVALID_DEVICE_STATE);
                }
                if size < 8 {
                    return Err(NtStatus::BUFFER_TOO_SMALL);
                }
                let (ideal, line) = (socket.backlog, socket.line);
                let unread = line.and_then(|(line, side)| {
                    self.on.lines.get(line).map(|at| at.ends[side].incoming.len())
                });
                let ideal_asked = code == ioctl::WSK_QUERY_IDEAL_SEND_BACKLOG;
                let value = if ideal_asked { ideal } else { unread.unwrap_or(0) };
                self.finish(id, filled(irp, (value as u64).to_le_bytes().to_vec()));
            }
            ioctl::WSK_SET_REMOTE_ADDRESS | ioctl::WSK_SET_SENDTO_ADDRESS => {
                let socket = self.usable(id)?;
                if socket.category != Category::Datagram {
                    return Err(NtStatus::INVALID_DEVICE_REQUEST);
                }
                let IoctlInput::Address(address) = input else {
                    return Err(NtStatus::INVALID_PARAMETER);
                };
                if address.family() != socket.family {
                    return Err(NtStatus::INVALID_PARAMETER);
                }
                if socket.state != State::Bound {
                    return Err(NtStatus::INVALID_DEVICE_STATE); // U-15
                }
                let fixed = (!address.is_wildcard()).then_some(address);
                if code == ioctl::WSK_SET_REMOTE_ADDRESS {
                    socket.rest.fixed_remote = fixed;
                } else {
                    socket.rest.fixed_send_to = fixed;
                }
                self.finish(id, Completion::success(irp));
            }
            ioctl::WSK_SET_TCP_SILENT_MODE => {
                let socket = self.connection(id)?;
                if !socket.state.is_live() {
                    return Err(NtStatus::INVALID_DEVICE_STATE);
                }
                socket.settings.silent = true; // G-20: only close remains.
                self.finish(id, Completion::success(irp));
                self.stir_of(id);
            }
            ioctl::ADDRESS_LIST_CHANGE => {
                if self.usable(id)?.rest.address_change.is_some() {
                    return Err(NtStatus::INVALID_DEVICE_STATE);
                }
                self.at(id).rest.address_change = Some(irp);
                self.wait_at(irp, Place::AddressChange(id));
            }
            _ => {
                self.usable(id)?;
                return Err(NtStatus::NOT_SUPPORTED);
            }
        }
        Ok(())
    }
}

fn filled(irp: Irp, data: Vec<u8>) -> Completion {
    Completion { data: Some(data.clone()), ..Completion::count(irp, data.len()) }
}

/// The addresses of the simulated machine.
fn own_addresses(family: u16) -> Vec<Address> {
    let length = if family == AF_INET { 4 } else { 16 };
    let somewhere = Address::new(family, &vec![1; length], 0);
    somewhere.map(|there| there.source(1, 0)).into_iter().collect()
}
