/*
 * What is called: a line of the table of calls is one call through WSK's tables, or one of the kernel's.
 */
#include "calls.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
DRIVER_DISPATCH OnControl;

WSK_REGISTRATION Registration;
WSK_PROVIDER_NPI Provider;
static WSK_REGISTRATION Other;
static REQUEST Requests[4 * MOST];
static ULONG RequestCount;
static struct {
    CHAR Name[32];
    PMDL Mdl;
} Mdls[MOST];
static KIRQL Level;
static const NPIID OtherInterface = {0x07070707, 0x0707, 0x0707, {7, 7, 7, 7, 7, 7, 7, 7}};

#define CONNECTION(Sock) ((const WSK_PROVIDER_CONNECTION_DISPATCH *)(Sock)->Socket->Dispatch)
#define LISTENER(Sock) ((const WSK_PROVIDER_LISTEN_DISPATCH *)(Sock)->Socket->Dispatch)
#define DATAGRAM(Sock) ((const WSK_PROVIDER_DATAGRAM_DISPATCH *)(Sock)->Socket->Dispatch)
#define STREAM(Sock) ((const WSK_PROVIDER_STREAM_DISPATCH *)(Sock)->Socket->Dispatch)

/* A request of that name; one that was named before is given again. */
static PREQUEST Request(const CHAR *Name, BOOLEAN Named)
{
    PREQUEST request;
    ULONG place;

    for (place = 0; Named && place < RequestCount; place++) {
        if (Same(Requests[place].Name, Name)) {
            return &Requests[place];
        }
    }
    request = &Requests[RequestCount++];
    Copy(request->Name, Name, sizeof(request->Name));
    request->Irp = IoAllocateIrp(1, FALSE);
    IoSetCompletionRoutine(request->Irp, Completed, request, TRUE, TRUE, TRUE);
    return request;
}

/* Lends bytes, or room for some: "text", 4*0, a length, or LENGTH@OFFSET/MEMORY. */
static VOID Lend(PREQUEST Request, const LINE *Line, const CHAR *Text, BOOLEAN Reads)
{
    const CHAR *name = Word(Line, "mdl="), *place;
    SIZE_T length = 0, memory;
    ULONG offset = 0, number;

    if (*Text == '"') {
        while (Text[length + 1] != '"') {
            length++;
        }
    } else {
        length = Number(Text);
    }
    memory = length;
    for (place = Text; *Text != '"' && *place != 0; place++) {
        if (*place == '@') {
            offset = Number(place + 1);
        } else if (*place == '/') {
            memory = Number(place + 1);
        }
    }
    Request->Reads = Reads;
    Request->Data = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, memory + 1, TAG);
    if (*Text == '"') {
        RtlCopyMemory(Request->Data, Text + 1, length);
    }
    Request->Buffer.Mdl = IoAllocateMdl(Request->Data, (ULONG)max(memory, 1), FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Request->Buffer.Mdl);
    Request->Buffer.Offset = offset;
    Request->Buffer.Length = length;
    for (number = 0; name != NULL && number < MOST; number++) {
        if (Mdls[number].Mdl == NULL || Same(Mdls[number].Name, name)) {
            Copy(Mdls[number].Name, name, sizeof(Mdls[number].Name));
            Mdls[number].Mdl = Request->Buffer.Mdl;
            return;
        }
    }
}

static SOCKADDR_IN Local(const CHAR *Port)
{
    SOCKADDR_IN address = {AF_INET, 0, {{{127, 0, 0, 1}}}, {0}};

    address.sin_port = RtlUshortByteSwap((USHORT)Number(Port));
    return address;
}

static NTSTATUS SetEvents(const LINE *Line, PREQUEST Request, PSOCK Sock, ULONG Bits)
{
    static WSK_EVENT_CALLBACK_CONTROL own;
    WSK_EVENT_CALLBACK_CONTROL *control = Request != NULL ? &Request->Control : &own;
    const CHAR *size = Word(Line, "size="), *npi = Word(Line, "npi=");
    SIZE_T length = size != NULL ? Number(size) : sizeof(*control);
    PIRP irp = Request != NULL ? Request->Irp : NULL;

    control->NpiId = (PNPIID)(npi == NULL ? &NPI_WSK_INTERFACE_ID : Same(npi, "null") ? NULL : &OtherInterface);
    control->EventMask = Bits;
    if (Sock == NULL) {
        return Provider.Dispatch->WskControlClient(Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS, length, control, 0,
                                                   NULL, NULL, irp);
    }
    return CONNECTION(Sock)->Basic.WskControlSocket(Sock->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                                    length, control, 0, NULL, NULL, irp);
}

static NTSTATUS SetOption(const LINE *Line, PREQUEST Request, PSOCK Sock)
{
    const CHAR *size = Word(Line, "size="), *name = Line->Words[2];
    ULONG code = Same(name, "keepalive")          ? SO_KEEPALIVE :
                 Same(name, "rcvbuf")             ? SO_RCVBUF :
                 Same(name, "conditional_accept") ? SO_CONDITIONAL_ACCEPT :
                                                    Number(name);
    static ULONG own;
    ULONG *value = Request != NULL ? &Request->Value : &own;

    *value = Number(Line->Words[3]);
    return CONNECTION(Sock)->Basic.WskControlSocket(Sock->Socket, WskSetOption, code, SOL_SOCKET,
                                                    size != NULL ? Number(size) : sizeof(*value), value, 0, NULL, NULL,
                                                    Request != NULL ? Request->Irp : NULL);
}

static const VOID *Table(const LINE *Line, const CHAR *Kind)
{
    const CHAR *other = Word(Line, "table=");

    return Has(Line, "NULL") ? NULL : TableOf(other != NULL ? other : Kind);
}

static NTSTATUS MakeSocket(const LINE *Line, PREQUEST Request)
{
    PSOCK sock = FindSocket(Line->Words[1]);
    const CHAR *kind = Line->Words[2];
    BOOLEAN datagram = Same(kind, "datagram");

    sock->Category = Same(kind, "listen")       ? WSK_FLAG_LISTEN_SOCKET :
                     Same(kind, "connection")   ? WSK_FLAG_CONNECTION_SOCKET :
                     datagram                   ? WSK_FLAG_DATAGRAM_SOCKET :
                     Same(kind, "stream")       ? WSK_FLAG_STREAM_SOCKET :
                     Same(kind, "basic")        ? WSK_FLAG_BASIC_SOCKET :
                                                  Number(kind);
    if (Request != NULL) {
        Copy(Request->Yields, sock->Name, sizeof(Request->Yields));
    }
    return Provider.Dispatch->WskSocket(Provider.Client, AF_INET, datagram ? SOCK_DGRAM : SOCK_STREAM,
                                        datagram ? IPPROTO_UDP : IPPROTO_TCP, sock->Category,
                                        Has(Line, "bare") ? NULL : sock, Table(Line, kind), NULL, NULL, NULL,
                                        Request != NULL ? Request->Irp : NULL);
}

static NTSTATUS Connect(const LINE *Line, PREQUEST Request)
{
    SOCKADDR_IN local = Local("0"), remote = Local(Line->Words[2]);
    PSOCK sock = FindSocket(Line->Words[1]);

    sock->Category = WSK_FLAG_CONNECTION_SOCKET;
    if (Request != NULL) {
        Copy(Request->Yields, sock->Name, sizeof(Request->Yields));
    }
    return Provider.Dispatch->WskSocketConnect(Provider.Client, SOCK_STREAM, IPPROTO_TCP, (PSOCKADDR)&local,
                                               (PSOCKADDR)&remote, 0, sock,
                                               (const WSK_CLIENT_CONNECTION_DISPATCH *)Table(Line, "connection"), NULL,
                                               NULL, NULL, Request != NULL ? Request->Irp : NULL);
}

/* A function of a socket's table. */
static NTSTATUS OfSocket(const LINE *Line, PREQUEST Request, PSOCK Sock)
{
    /* What an IRP is lent that is under way already lies elsewhere. */
    const CHAR *verb = Line->Words[0], *flag = Word(Line, "flags=");
    const CHAR *text = Line->Count > 2 && Behind(Line->Words[2], "flags=") == NULL ? Line->Words[2] : NULL;
    BOOLEAN stream = Sock->Category == WSK_FLAG_STREAM_SOCKET, datagram = Sock->Category == WSK_FLAG_DATAGRAM_SOCKET;
    BOOLEAN listener = Sock->Category == WSK_FLAG_LISTEN_SOCKET;
    ULONG flags = flag != NULL ? Number(flag) : 0;
    PIRP irp = Request != NULL ? Request->Irp : NULL;
    PWSK_SOCKET socket = Sock->Socket;
    static REQUEST none;
    PREQUEST lent = Request != NULL && !Request->Busy ? Request : &none;
    SOCKADDR_IN address = Local(text != NULL ? text : "0");

    RtlZeroMemory(&none, sizeof(none));
    lent->Busy = TRUE;
    if (Same(verb, "close")) {
        return CONNECTION(Sock)->Basic.WskCloseSocket(socket, irp);
    } else if (Same(verb, "bind")) {
        address = Local("0");
        return (datagram   ? DATAGRAM(Sock)->WskBind :
                listener   ? LISTENER(Sock)->WskBind :
                stream     ? STREAM(Sock)->WskBind :
                             CONNECTION(Sock)->WskBind)(socket, (PSOCKADDR)&address, 0, irp);
    } else if (Same(verb, "listen")) {
        return STREAM(Sock)->WskListen(socket, irp);
    } else if (Same(verb, "connect")) {
        return (stream ? STREAM(Sock)->WskConnect : CONNECTION(Sock)->WskConnect)(socket, (PSOCKADDR)&address, 0, irp);
    } else if (Same(verb, "connect_ex")) {
        Lend(lent, Line, Line->Words[3], FALSE);
        return CONNECTION(Sock)->WskConnectEx(socket, (PSOCKADDR)&address, &lent->Buffer, 0, irp);
    } else if (Same(verb, "accept")) {
        PSOCK made = FindSocket(text);

        made->Category = WSK_FLAG_CONNECTION_SOCKET;
        Copy(lent->Yields, text, sizeof(lent->Yields));
        return (listener ? LISTENER(Sock)->WskAccept : STREAM(Sock)->WskAccept)(
            socket, 0, made, (const WSK_CLIENT_CONNECTION_DISPATCH *)Table(Line, "connection"), NULL, NULL, irp);
    } else if (Same(verb, "send")) {
        Lend(lent, Line, text, FALSE);
        return (stream ? STREAM(Sock)->WskSend : CONNECTION(Sock)->WskSend)(socket, &lent->Buffer, flags, irp);
    } else if (Same(verb, "receive")) {
        Lend(lent, Line, text, TRUE);
        return (stream ? STREAM(Sock)->WskReceive : CONNECTION(Sock)->WskReceive)(socket, &lent->Buffer, flags, irp);
    } else if (Same(verb, "disconnect")) {
        if (text != NULL && Behind(text, "irp=") == NULL) {
            Lend(lent, Line, text, FALSE);
        }
        return (stream ? STREAM(Sock)->WskDisconnect : CONNECTION(Sock)->WskDisconnect)(
            socket, lent->Buffer.Mdl != NULL ? &lent->Buffer : NULL, flags, irp);
    } else if (Same(verb, "send_to")) {
        Lend(lent, Line, Line->Words[3], FALSE);
        return DATAGRAM(Sock)->WskSendTo(socket, &lent->Buffer, 0, (PSOCKADDR)&address, 0, NULL, irp);
    } else if (Same(verb, "receive_from")) {
        Lend(lent, Line, text, TRUE);
        return DATAGRAM(Sock)->WskReceiveFrom(socket, &lent->Buffer, 0, NULL, NULL, NULL, NULL, irp);
    } else if (Same(verb, "release")) {
        PVOID list = FindSocket(text != NULL ? text : Sock->Name)->List;

        return datagram ? DATAGRAM(Sock)->WskRelease(socket, (PWSK_DATAGRAM_INDICATION)list) :
                          (stream ? STREAM(Sock)->WskRelease : CONNECTION(Sock)->WskRelease)(
                              socket, (PWSK_DATA_INDICATION)list);
    }
    return STATUS_NOT_IMPLEMENTED;
}

static NTSTATUS Register(const LINE *Line)
{
    static WSK_CLIENT_DISPATCH table;
    WSK_CLIENT_NPI client = {NULL, Has(Line, "NULL") ? NULL : &table};
    const CHAR *version = Word(Line, "version="), *reserved = Word(Line, "reserved=");

    table.Version = version != NULL ? (USHORT)Number(version) : MAKE_WSK_VERSION(1, 0);
    table.Reserved = reserved != NULL ? (USHORT)Number(reserved) : 0;
    return WskRegister(&client, Has(Line, "again") ? &Registration : &Other);
}

/* Makes one call, and tells in words what it returned; nothing where a call returns nothing. */
VOID RunLine(const CHAR *Text, CHAR *Answer, SIZE_T Room)
{
    const CHAR *irp, *verb;
    PREQUEST request = NULL;
    NTSTATUS status;
    LINE line;
    ULONG place;

    Split(&line, Text);
    verb = line.Words[0];
    Answer[0] = 0;
    if (Same(verb, "inside")) {
        AddInside(&line, Text);
        return;
    } else if (Same(verb, "answer")) {
        AddAnswer(&line);
        return;
    } else if (Same(verb, "expect")) {
        AddExpected(&line);
        return;
    } else if (Same(verb, "level")) {
        KIRQL level = Same(line.Words[1], "passive") ? PASSIVE_LEVEL : Same(line.Words[1], "apc") ? APC_LEVEL : DISPATCH_LEVEL;

        if (Inside == 0) {
            Level = level;
        } else if (level > KeGetCurrentIrql()) {
            KeRaiseIrql(level, &level);
        } else {
            KeLowerIrql(level);
        }
        return;
    } else if (Same(verb, "free_mdl")) {
        for (place = 0; place < MOST; place++) {
            if (Same(Mdls[place].Name, line.Words[1])) {
                IoFreeMdl(Mdls[place].Mdl);
                return;
            }
        }
        return;
    } else if (Same(verb, "cancel")) {
        Copy(Answer, IoCancelIrp(Request(line.Words[1], TRUE)->Irp) ? "cancelled" : "not cancelled", Room);
        return;
    } else if (Same(verb, "reuse")) {
        request = Request(line.Words[1], TRUE);
        IoReuseIrp(request->Irp, STATUS_SUCCESS);
        request->Bare = !request->Busy;
        return;
    } else if (Same(verb, "free")) {
        request = Request(line.Words[1], TRUE);
        IoFreeIrp(request->Irp);
        request->Bare = FALSE;
        return;
    } else if (Same(verb, "register")) {
        Copy(Answer, StatusName(Register(&line)), Room);
        return;
    }
    irp = Word(&line, "irp=");
    if (irp == NULL ? !Same(verb, "enable") && !Same(verb, "disable") && !Same(verb, "static") && !Same(verb, "release")
                    : !Same(irp, "NULL")) {
        request = Request(irp != NULL ? irp : verb, irp != NULL);
        if (request->Bare) {
            IoSetCompletionRoutine(request->Irp, Completed, request, TRUE, TRUE, TRUE);
            request->Bare = FALSE;
        }
    }
    if (Same(verb, "socket")) {
        status = MakeSocket(&line, request);
    } else if (Same(verb, "socket_connect")) {
        status = Connect(&line, request);
    } else if (Same(verb, "static")) {
        status = SetEvents(&line, request, NULL, Mask(line.Words[1]));
    } else if (Same(verb, "enable")) {
        status = SetEvents(&line, request, FindSocket(line.Words[1]), Mask(line.Words[2]));
    } else if (Same(verb, "disable")) {
        status = SetEvents(&line, request, FindSocket(line.Words[1]), Mask(line.Words[2]) | WSK_EVENT_DISABLE);
    } else if (Same(verb, "option")) {
        status = SetOption(&line, request, FindSocket(line.Words[1]));
    } else if (line.Count < 2) {
        Copy(Answer, "no such call", Room);
        return;
    } else {
        status = OfSocket(&line, request, FindSocket(line.Words[1]));
    }
    Copy(Answer, StatusName(status), Room);
}

/* One line, at the level that was asked for. */
NTSTATUS OnControl(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    CHAR answer[64];
    KIRQL before;

    UNREFERENCED_PARAMETER(DeviceObject);
    KeRaiseIrql(Level, &before);
    RunLine((const CHAR *)Irp->AssociatedIrp.SystemBuffer, answer, sizeof(answer));
    KeLowerIrql(before);
    if (answer[0] != 0) {
        DbgPrint("= %s\n", answer);
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    IoDeleteDevice(DriverObject->DeviceObject);
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const WSK_CLIENT_DISPATCH dispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};
    WSK_CLIENT_NPI client = {NULL, &dispatch};
    PDEVICE_OBJECT device;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnControl;
    WskRegister(&client, &Registration);
    WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Provider);
    return IoCreateDevice(DriverObject, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
}
