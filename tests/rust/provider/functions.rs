//! Functions: what the verbs of the table of calls have the driver and the remote ends do.

use crate::calls::Runner;
use crate::driver::Request;
use crate::text::{name_of, quoted};
use crate::verbs::{local, of_events, of_ulong};
use crate::words::{OPTIONS, buffer, bytes, input, mask, named, number, table};
use std::rc::Rc;
use wsksim::core::status::NtStatus;
use wsksim::network::address::Address;
use wsksim::provider::function;
use wsksim::wsk::event;

impl Runner {
    /// The address of a remote end or a socket of that name.
    fn address(&self, name: &str) -> Address {
        let known = self.0.addresses.borrow().get(name).copied();
        known.unwrap_or_else(|| self.0.stage.address(self.socket(name)))
    }

    /// One function of WSK that makes a request; its status.
    pub(crate) fn function(
        &self,
        verb: &str,
        rest: &[&str],
        irp: Option<&Rc<Request>>,
    ) -> NtStatus {
        let stage = &self.0.stage;
        if verb == "static" {
            return stage.statics(irp, input(of_events(mask(rest[0])), rest));
        }
        if verb == "socket" {
            let flags = match rest[1] {
                "listen" => 1,
                "connection" => 2,
                "datagram" => 4,
                "stream" => 8,
                "basic" => 0,
                other => number(other),
            };
            let has_context = !rest.contains(&"bare");
            return stage.socket_of(irp, rest[0], flags, table(rest[1], rest), has_context);
        }
        if verb == "socket_connect" {
            let to = self.address(rest[1]);
            return stage.socket_connect(irp, rest[0], to, table("connection", rest));
        }
        let id = self.socket(rest[0]);
        let beyond = |name: &str| rest.iter().find_map(|word| buffer(word))?.refusal(name);
        for (name, function) in [("send", &function::SEND), ("receive", &function::RECEIVE)] {
            if let Some(refusal) = beyond(function.name).filter(|_| name == verb) {
                return stage.refused((function, id), irp, refusal);
            }
        }
        let flag = rest.iter().find_map(|word| word.strip_prefix("flags=")).map_or(0, number);
        let text = rest.iter().find(|word| word.starts_with('"') || word.contains(['*', '@']));
        let data = text.map(|text| bytes(text));
        if let (Some(mdl), Some(request)) = (named(rest, "mdl"), irp) {
            *request.mdls.borrow_mut() = vec![self.mdl(mdl)];
        }
        match verb {
            "bind" => stage.bind(irp, id, Some(local(0))),
            "listen" => stage.listen(irp, id),
            "connect" => stage.connect(irp, id, self.address(rest[1])),
            "connect_ex" => {
                stage.connect_ex(irp, id, self.address(rest[1]), &data.unwrap_or_default())
            }
            "send_to" => stage.send_to(irp, id, &data.unwrap_or_default(), self.address(rest[1])),
            "receive_from" => stage.receive_from(irp, id, number(rest[1]) as usize),
            "accept" => stage.accept(irp, id, rest[1], table("connection", rest)),
            "send" => stage.send(irp, id, &data.expect("bytes"), flag),
            "receive" => {
                let length =
                    buffer(rest[1]).map_or_else(|| number(rest[1]), |one| one.length as u32);
                stage.receive(irp, id, length as usize, flag)
            }
            "disconnect" => stage.disconnect(irp, id, data.as_deref(), flag),
            "close" => stage.close(irp, id),
            "enable" => stage.enable(irp, id, input(of_events(mask(rest[1])), rest)),
            "disable" => stage.events(irp, id, mask(rest[1]) | event::DISABLE),
            "option" => {
                let known = OPTIONS.iter().find(|(known, _)| *known == rest[1]);
                let code = known.map_or_else(|| number(rest[1]), |(_, code)| *code);
                stage.option(irp, id, code, input(of_ulong(number(rest[2])), rest))
            }
            "release" => {
                let of = rest.get(1).copied().unwrap_or(rest[0]);
                let list = self.0.lists.borrow().get(of).copied().unwrap_or(0);
                stage.release(id, self.socket(of), list)
            }
            other => panic!("no function {other}"),
        }
    }

    /// What a remote end does.
    pub(crate) fn remote(&self, what: &str, rest: &[&str]) -> Option<String> {
        let (stage, name) = (&self.0.stage, rest[0]);
        let keep = |name: &str, end| self.0.ends.borrow_mut().insert(name.to_owned(), end);
        let status = match what {
            "listen" => {
                let (end, address) =
                    stage.turn(|turn| turn.remote_listen(local(0))).expect("a port");
                keep(name, end);
                self.0.addresses.borrow_mut().insert(name.to_owned(), address);
                return None;
            }
            "datagram" => {
                let (end, address) =
                    stage.turn(|turn| turn.remote_datagram(local(0))).expect("a port");
                keep(name, end);
                self.0.addresses.borrow_mut().insert(name.to_owned(), address);
                return None;
            }
            "accept" => {
                let end = stage.turn(|turn| turn.remote_accept(self.end(rest[1])));
                keep(name, end.expect("it connected"));
                return None;
            }
            "connect" => {
                let to = self.address(rest[1]);
                let (status, end) = stage.turn(|turn| turn.remote_connect(to, None));
                keep(name, end);
                status
            }
            "close" => {
                stage.turn(|turn| turn.remote_close(self.end(name)));
                return None;
            }
            "read" => {
                let end = self.end(name);
                let read = stage.turn(|turn| turn.remote_read(end, usize::MAX));
                let nothing = read.is_empty() && !stage.turn(|turn| turn.remote_ended(end));
                return Some(if nothing { "nothing".to_owned() } else { quoted(&read) });
            }
            "receive_from" => {
                let found = stage.turn(|turn| turn.remote_receive_from(self.end(name)));
                return Some(found.map_or_else(|| "nothing".to_owned(), |(data, _)| quoted(&data)));
            }
            "seen" => {
                let (finish, abort) = stage.turn(|turn| turn.remote_seen(self.end(name)));
                let seen = [(finish, "finish"), (abort, "abort")];
                let seen = seen.iter().filter(|(seen, _)| *seen).map(|(_, name)| *name);
                let seen = seen.collect::<Vec<_>>().join("|");
                return Some(if seen.is_empty() { "nothing".to_owned() } else { seen });
            }
            "send" => stage.turn(|turn| turn.remote_send(self.end(name), bytes(rest[1]))),
            "send_to" => {
                let to = self.address(rest[1]);
                stage.turn(|turn| turn.remote_send_to(self.end(name), &bytes(rest[2]), to))
            }
            "disconnect" => stage.turn(|turn| turn.remote_disconnect(self.end(name))),
            "abort" => stage.turn(|turn| turn.remote_abort(self.end(name))),
            other => panic!("a remote end cannot {other}"),
        };
        Some(name_of(status))
    }
}
