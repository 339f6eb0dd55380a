"""The table of calls (tests/vectors/calls), run against Python's application.

`tests/rust/provider/calls.rs` runs the same lines against the driver in Rust.
"""

from call_table import EVENTS, FOLDER, buffer, control, given, named, payload, quoted, set_level, words
from harness import World, at, chain, data
from wsksim import wsk

OPTIONS = {
    "keepalive": wsk.SO_KEEPALIVE,
    "rcvbuf": wsk.SO_RCVBUF,
    "conditional_accept": wsk.SO_CONDITIONAL_ACCEPT,
}
KINDS = {
    "basic": wsk.WSK_FLAG_BASIC_SOCKET,
    "listen": wsk.WSK_FLAG_LISTEN_SOCKET,
    "connection": wsk.WSK_FLAG_CONNECTION_SOCKET,
    "datagram": wsk.WSK_FLAG_DATAGRAM_SOCKET,
    "stream": wsk.WSK_FLAG_STREAM_SOCKET,
}
LEVELS = {"passive": wsk.PASSIVE_LEVEL, "apc": wsk.APC_LEVEL, "dispatch": wsk.DISPATCH_LEVEL}
LEVEL_NAMES = {wsk.APC_LEVEL: "@APC_LEVEL", wsk.DISPATCH_LEVEL: "@DISPATCH_LEVEL"}
STATUSES = {getattr(wsk, name): name.removeprefix("STATUS_") for name in dir(wsk) if name.startswith("STATUS_")}
BY_NAME = {name: status for status, name in STATUSES.items()}
NAMED = ("irp=", "flags=")
# What makes a request, and may name its IRP and Flags.
FUNCTIONS = {
    *("socket", "bind", "listen", "connect", "accept", "send", "receive", "disconnect", "close"),
    *("enable", "disable", "static", "option", "connect_ex", "socket_connect", "send_to", "receive_from"),
}


class Runner:
    """One script under way."""

    def __init__(self, script):
        self.world = World(**script.options)
        self.path = str(FOLDER / script.file)
        self.number = 0
        self.sockets, self.ends, self.irps, self.lists, self.last = {}, {}, {}, {}, {}
        self.inside, self.answers, self.expected, self.mdls = {}, {}, [], {}
        self.events, self.counted, self.names = [], {}, {}

    def run(self, line):
        """Makes the call of a line; gives what came of it."""
        self.number = line.number
        result = self.call(words(line.call))
        events, self.events = self.events, []
        return result, events, self.findings()

    def findings(self):
        """The rules and sockets of the findings since this was asked last."""
        found = []
        for name, socket in self.sockets.items():
            self.names[repr(socket).removeprefix("<WSK_SOCKET ").partition(",")[0]] = name
            self.names[f"socket {socket.id}"] = name
        for place, one in enumerate(self.world.subsystem.findings):
            new = one.count - self.counted.get(place, 0)
            self.counted[place] = one.count
            found += [f"{one.rule} {self.names.get(one.socket, one.socket or '-')}"] * new
        return found

    # --- what the application does when it is called ---

    def act(self, *place):
        """Makes the calls that wait for this place; each writes down what it returned."""
        for number, call in self.inside.pop(place, []):
            self.number = number
            result = self.call(call)
            self.events.append(f"({' '.join(call)}{f' -> {result}' if result else ''})")

    def routine(self, name, request):
        """A completion routine for the IRP of that name."""

        def routine(DeviceObject, Irp, Context):
            self.completed(name, request, Irp)
            self.act(name, "routine")
            return given(self.answers.get((name, "routine"), wsk.STATUS_MORE_PROCESSING_REQUIRED))

        return routine

    def completed(self, called, request, irp):
        """Writes down how a request ended."""
        status, information = irp.IoStatus.Status, irp.IoStatus.Information
        content = ""
        if isinstance(information, wsk.WSK_SOCKET):
            # A basic socket has no context.
            name = information.context or request["name"]
            self.sockets[name] = information
            information = name
        elif request.get("buffer") is not None and information:
            content = f" {quoted(request['buffer'].tobytes()[:information])}"
        level = LEVEL_NAMES.get(wsk.KeGetCurrentIrql(), "")
        self.events.append(f"{called}{level} {STATUSES[status]} {information}{content}")

    def callback(self, event, *, flags=True):
        """A callback of that name."""

        def called(SocketContext, *arguments):
            told = f"{event} {SocketContext}"
            if flags:
                told += f" {arguments[0]}{LEVEL_NAMES.get(wsk.KeGetCurrentIrql(), '')}"
            self.events.append(told + self.heard(event, SocketContext, arguments))
            self.act(SocketContext, event)
            answer = self.answers.get((SocketContext, event), int(event == "WskInspectEvent"))
            if isinstance(answer, tuple):
                answer, arguments[-1].value = answer
            return given(answer)

        return called

    def heard(self, event, context, arguments):
        """What a callback was shown, behind its flags."""
        match event:
            case "WskReceiveEvent" | "WskReceiveFromEvent":
                self.lists[context] = first = arguments[1]
                pieces = [one.Buffer.tobytes() for one in chain(first)]
                pieces = [b"".join(pieces)] if event == "WskReceiveEvent" else pieces
                return " NULL" if first is None else "".join(f" {quoted(piece)}" for piece in pieces)
            case "WskAcceptEvent":
                _, _, _, made, written, table = arguments
                if made is None:
                    return " NULL"
                name, *table_words = self.expected.pop(0) if self.expected else ("accepted", "NULL")
                self.sockets[name], written.value = made, name
                table.value = self.table_of("connection", table_words)
                self.lists[context] = arguments[1]
                return f" {name}"
            case "WskInspectEvent":
                return " NULL" if arguments[2] is None else ""
            case "WskSendBacklogEvent":
                return f" {arguments[0]}"
        return ""

    def table_of(self, kind, told):
        """The table that goes with a socket of that category, unless the words say otherwise."""
        if "NULL" in told or "WRONG" in told:
            return "no table" if "WRONG" in told else None
        kind = named(told, "table", kind)
        return None if kind == "basic" or kind not in KINDS else self.table(kind)

    def table(self, kind):
        """The full client table of a category."""
        if kind == "listen":
            return wsk.WSK_CLIENT_LISTEN_DISPATCH(
                self.callback("WskAcceptEvent"),
                self.callback("WskInspectEvent", flags=False),
                self.callback("WskAbortEvent", flags=False),
            )
        if kind == "datagram":
            return wsk.WSK_CLIENT_DATAGRAM_DISPATCH(self.callback("WskReceiveFromEvent"))
        connection = wsk.WSK_CLIENT_CONNECTION_DISPATCH(
            self.callback("WskReceiveEvent"),
            self.callback("WskDisconnectEvent"),
            self.callback("WskSendBacklogEvent", flags=False),
        )
        return wsk.WSK_CLIENT_STREAM_DISPATCH(None, connection) if kind == "stream" else connection

    # --- the calls: what a line begins with is the name of a method, behind `do_` ---

    def at_line(self, function, *arguments):
        """Calls a function of WSK from this line of the table, where its findings then are."""
        code = compile("\n" * (self.number - 1) + "function(*arguments)", self.path, "eval")
        return eval(code, {"function": function, "arguments": arguments})  # noqa: S307 - our own text

    def call(self, given):
        """Makes one call; gives what it returned, as the table has it."""
        verb, *rest = given
        if verb in {"inside", "remote"}:
            return getattr(self, f"do_{verb}")(*rest)
        result = getattr(self, f"do_{verb}")(
            *(word for word in rest if not word.startswith(NAMED)), **self.options(verb, rest)
        )
        return STATUSES[result] if isinstance(result, int) else result

    def options(self, verb, rest):
        """What a function is given beside its words: an IRP, Flags, and where its buffer is noted."""
        if verb not in FUNCTIONS:
            return {}
        named = dict(word.split("=") for word in rest if word.startswith(NAMED))
        request = {}
        irp = self.irp(verb, named.get("irp"), request)
        if irp is not None and rest:
            self.last[rest[0]] = irp
        return {"irp": irp, "flags": int(named.get("flags", 0)), "request": request}

    def irp(self, verb, named, request):
        """The IRP that a call names; a fresh one, called as the function, if it names none."""
        if named == "NULL" or (named is None and verb in {"enable", "disable", "static"}):
            return None
        if named in self.irps:
            return self.irps[named]
        made = wsk.IRP(self.routine(named or verb, request))
        if named is not None:
            self.irps[named] = made
        return made

    def address(self, of):
        """The local address of a socket or a remote end; nothing is driven."""
        if of in self.ends:
            return self.ends[of].address
        found = wsk.SOCKADDR_IN()
        assert self.sockets[of].WskGetLocalAddress(found, wsk.IRP()) == wsk.STATUS_SUCCESS
        return found

    def do_drive(self):
        self.world.drive()

    def do_answer(self, of, event, answer, *count):
        words = {"nothing": None, "raises": KeyError("an error")}
        status = words[answer] if answer in words else BY_NAME[answer] if answer in BY_NAME else int(answer)
        self.answers[of, event] = (status, int(count[0])) if count else status

    def do_inside(self, of, event, *call):
        self.inside.setdefault((of, event), []).append((self.number, call))

    def do_expect(self, name, *null):
        self.expected.append((name, *null))

    def do_level(self, level):
        set_level(LEVELS[level])

    def do_state(self, of):
        return self.world.state(self.sockets[of])

    def do_enabled(self, of):
        bits = self.world.net.enabled_events(self.sockets[of])
        return "|".join(name for name, bit in EVENTS.items() if bits & bit) or "none"

    def do_cancel(self, name):
        return "cancelled" if self.at_line(wsk.IoCancelIrp, self.irps[name]) else "not cancelled"

    def do_wait(self, of):
        return "may" if self.at_line(self.last[of]._may_wait, "a wait") else "may not"

    def do_read(self, of):
        """What a callback of the socket was lent, a list or an address."""
        lent = self.lists[of]
        self.at_line(getattr, lent, "sin_port" if isinstance(lent, wsk.SOCKADDR_IN) else "Buffer")

    def do_reuse(self, name):
        self.at_line(wsk.IoReuseIrp, self.irps[name], wsk.STATUS_UNSUCCESSFUL)

    def do_free(self, name):
        self.at_line(wsk.IoFreeIrp, self.irps[name])

    def do_release_npi(self, *over):
        return self.registration(self.world.subsystem.WskReleaseProviderNPI, over)

    def do_deregister(self, *over):
        return self.registration(self.world.subsystem.WskDeregister, over)

    def registration(self, function, over):
        """Whether a function of the registration did what it is for."""
        registration = self.world.registration
        assert registration.is_over == bool(over)
        before = registration.captures, registration.id
        self.at_line(function, registration)
        return "not done" if before == (registration.captures, registration.id) else "done"

    def do_register(self, *told):
        given = int(named(told, "version", 0x100)), int(named(told, "reserved", 0))
        npi = wsk.WSK_CLIENT_NPI(None, None if "NULL" in told else wsk.WSK_CLIENT_DISPATCH(*given))
        registration = self.world.registration if "again" in told else wsk.WSK_REGISTRATION()
        return self.at_line(self.world.subsystem.WskRegister, npi, registration)

    def do_static(self, events, *told, irp, **_):
        size, block = control(events, told)
        arguments = (wsk.WSK_SET_STATIC_EVENT_CALLBACKS, size, block, 0, None, None, irp)
        return self.at_line(self.world.npi.WskControlClient, *arguments)

    def do_socket(self, name, kind, *told, irp, request, **_):
        table, context = self.table_of(kind, told), None if "bare" in told else name
        request["name"] = name
        pair = (wsk.SOCK_DGRAM, wsk.IPPROTO_UDP) if kind == "datagram" else (wsk.SOCK_STREAM, wsk.IPPROTO_TCP)
        flags = KINDS[kind] if kind in KINDS else int(kind)
        arguments = (wsk.AF_INET, *pair, flags, context, table, None, None, None, irp)
        return self.at_line(self.world.npi.WskSocket, *arguments)

    def do_bind(self, of, *, irp, **_):
        return self.at_line(self.sockets[of].WskBind, at(), 0, irp)

    def do_listen(self, of, *, irp, **_):
        return self.at_line(self.sockets[of].WskListen, irp)

    def do_connect(self, of, to, *, irp, **_):
        return self.at_line(self.sockets[of].WskConnect, self.address(to), 0, irp)

    def do_connect_ex(self, of, to, content, *, irp, **_):
        return self.at_line(self.sockets[of].WskConnectEx, self.address(to), buffer(content), 0, irp)

    def do_socket_connect(self, name, to, *told, irp, **_):
        table = self.table_of("connection", told)
        arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), self.address(to), 0, name, table, None, None, None, irp)
        return self.at_line(self.world.npi.WskSocketConnect, *arguments)

    def do_send_to(self, of, to, content, *, irp, **_):
        return self.at_line(self.sockets[of].WskSendTo, buffer(content), 0, self.address(to), 0, None, irp)

    def do_receive_from(self, of, length, *, irp, request, **_):
        request["buffer"] = data(int(length))
        return self.at_line(self.sockets[of].WskReceiveFrom, request["buffer"], 0, None, None, None, None, irp)

    def do_accept(self, of, name, *told, irp, **_):
        table = self.table_of("connection", told)
        return self.at_line(self.sockets[of].WskAccept, 0, name, table, None, None, irp)

    def do_send(self, of, content, *, irp, flags, **_):
        return self.at_line(self.sockets[of].WskSend, buffer(content), flags, irp)

    def do_receive(self, of, length, *told, irp, flags, request):
        request["buffer"] = given = buffer(length) if "@" in length else data(int(length))
        if told:
            memory = bytearray(int(length))
            # What is read afterwards has an MDL of its own.
            given, request["buffer"] = wsk.WSK_BUF(wsk.MDL(memory), 0, len(memory)), wsk.WSK_BUF(memory, 0, len(memory))
            self.mdls[named(told, "mdl")] = given.Mdl
        return self.at_line(self.sockets[of].WskReceive, given, flags, irp)

    def do_free_mdl(self, name):
        self.at_line(wsk.IoFreeMdl, self.mdls[name])

    def do_disconnect(self, of, *content, irp, flags, **_):
        given = buffer(content[0]) if content else None
        return self.at_line(self.sockets[of].WskDisconnect, given, flags, irp)

    def do_close(self, of, *, irp, **_):
        return self.at_line(self.sockets[of].WskCloseSocket, irp)

    def do_enable(self, of, events, *told, irp, **_):
        size, block = control(events, told)
        arguments = (wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, size, block, 0, None, None, irp)
        return self.at_line(self.sockets[of].WskControlSocket, *arguments)

    def do_disable(self, of, events, *, irp, **_):
        return self.do_enable(of, f"{events}|{wsk.WSK_EVENT_DISABLE}", irp=irp)

    def do_option(self, of, name, value, *told, irp, **_):
        size = int(named(told, "size", 4))
        arguments = (wsk.WskSetOption, OPTIONS[name], wsk.SOL_SOCKET, size, int(value), 0, None, None, irp)
        return self.at_line(self.sockets[of].WskControlSocket, *arguments)

    def do_release(self, of, *other):
        return self.at_line(self.sockets[of].WskRelease, self.lists[other[0] if other else of])

    # --- remote ends, likewise ---

    def do_remote(self, what, name, *more):
        """What a remote end does."""
        if (make := getattr(self, f"make_{what}", None)) is not None:
            return make(name, *more)
        return getattr(self, f"remote_{what}")(self.ends[name], *more)

    def make_listen(self, name):
        self.ends[name] = self.world.net.listen(at())

    def make_datagram(self, name):
        self.ends[name] = self.world.net.datagram(at())

    def make_accept(self, name, listener):
        self.ends[name] = self.ends[listener].accept()

    def make_connect(self, name, to):
        self.ends[name] = end = self.world.net.connect(self.address(to))
        return {"connecting": "PENDING", "open": "SUCCESS"}[end.state]

    def remote_close(self, end):
        end.close()

    def remote_read(self, end):
        read = end.read()
        return "nothing" if read is None else quoted(read)

    def remote_receive_from(self, end):
        found = end.receive_from()
        return "nothing" if found is None else quoted(found[0])

    def remote_seen(self, end):
        seen = zip(end.seen, ("finish", "abort"), strict=True)
        return "|".join(word for was, word in seen if was) or "nothing"

    def remote_send(self, end, content):
        return STATUSES[end.send(payload(content))]

    def remote_send_to(self, end, to, content):
        return STATUSES[end.send_to(payload(content), self.address(to))]

    def remote_disconnect(self, end):
        return STATUSES[end.disconnect()]

    def remote_abort(self, end):
        return STATUSES[end.abort()]

    def end(self):
        """Ends the script, whatever it left."""
        set_level(wsk.PASSIVE_LEVEL)
        self.world.end()
