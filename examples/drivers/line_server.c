/*
 * A server of lines over the Winsock Kernel: it sends each line back, says farewell when its client has finished, and
 * closes.
 *
 *     wsksim cc line_server.c line_worker.c -o line_server.so
 *
 * line_server.c has the callbacks and the driver's beginning and end, line_worker.c the thread. How it is built:
 *
 * - Accept, receive and disconnect events are enabled statically, before the first socket, so that none can be missed.
 * - The receive callback takes one line of an indication and leaves the rest with the provider. The rest is indicated
 *   again after a WskReceive of length zero, which the worker makes when the line has been answered.
 * - Callbacks only note what happened. One system thread sends, disconnects and closes, and is the only one that waits.
 *   When the driver is unloaded it aborts what it waits for: a peer that reads nothing would hold it for ever.
 * - A connection is counted: once for its socket, and once for its entry in the worker's queue. Its close completes after
 *   its last callback, gives back the socket's count, and so may free it.
 */
#include "line_server.h"

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD LineServerUnload;

SERVER Server;

void DereferenceConnection(_In_ PCONNECTION Connection)
{
    BOOLEAN last;
    KIRQL irql;

    KeAcquireSpinLock(&Server.Lock, &irql);
    last = --Connection->References == 0;
    if (last) {
        RemoveEntryList(&Connection->AllEntry);
        if (--Server.Connections == 0) {
            KeSetEvent(&Server.NoConnections, IO_NO_INCREMENT, FALSE);
        }
    }
    KeReleaseSpinLock(&Server.Lock, irql);
    if (last) {
        ExFreePoolWithTag(Connection, LINE_TAG);
    }
}

/* Notes what happened to a connection, and has the worker look at it. The lock is held. */
void NoteForWorker(_In_ PCONNECTION Connection, _In_ ULONG Flags)
{
    Connection->Flags |= Flags;
    if ((Connection->Flags & FLAG_QUEUED) == 0) {
        Connection->Flags |= FLAG_QUEUED;
        Connection->References++;
        InsertTailList(&Server.Queue, &Connection->WorkEntry);
        KeSetEvent(&Server.WorkIsThere, IO_NO_INCREMENT, FALSE);
    }
}

/* Copies up to and including the end of the line; returns whether it is complete, or as long as a line may be. */
static BOOLEAN TakeLine(_In_ PCONNECTION Connection, _In_ PWSK_DATA_INDICATION Indication, _Out_ SIZE_T *Taken)
{
    *Taken = 0;
    for (; Indication != NULL; Indication = Indication->Next) {
        SIZE_T left = Indication->Buffer.Length;
        ULONG offset = Indication->Buffer.Offset;
        PMDL mdl;

        for (mdl = Indication->Buffer.Mdl; mdl != NULL && left > 0; mdl = mdl->Next) {
            PUCHAR bytes = (PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute);
            ULONG count = MmGetMdlByteCount(mdl);
            ULONG place;

            if (bytes == NULL) {
                return FALSE;
            }
            for (place = offset; place < count && left > 0; place++, left--) {
                Connection->Line[Connection->LineUsed++] = bytes[place];
                ++*Taken;
                if (bytes[place] == '\n' || Connection->LineUsed == LINE_LENGTH) {
                    return TRUE;
                }
            }
            offset = 0;
        }
    }
    return FALSE;
}

static NTSTATUS WSKAPI LineReceiveEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                        _In_opt_ PWSK_DATA_INDICATION DataIndication, _In_ SIZE_T BytesIndicated,
                                        _Inout_ SIZE_T *BytesAccepted)
{
    PCONNECTION connection = (PCONNECTION)SocketContext;
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;
    SIZE_T taken;

    UNREFERENCED_PARAMETER(Flags);
    KeAcquireSpinLock(&Server.Lock, &irql);
    if (DataIndication == NULL) {
        NoteForWorker(connection, FLAG_ABORTED);
    } else if ((connection->Flags & FLAG_LINE) != 0) {
        connection->Flags |= FLAG_PAUSED;
        status = STATUS_DATA_NOT_ACCEPTED;
    } else {
        if (TakeLine(connection, DataIndication, &taken)) {
            NoteForWorker(connection, FLAG_LINE);
        }
        if (taken < BytesIndicated) {
            connection->Flags |= FLAG_PAUSED;
        }
        *BytesAccepted = taken;
    }
    KeReleaseSpinLock(&Server.Lock, irql);
    return status;
}

static NTSTATUS WSKAPI LineDisconnectEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags)
{
    BOOLEAN aborted = (Flags & WSK_FLAG_ABORTIVE) != 0;
    KIRQL irql;

    KeAcquireSpinLock(&Server.Lock, &irql);
    NoteForWorker((PCONNECTION)SocketContext, aborted ? FLAG_ABORTED : FLAG_FINISHED);
    KeReleaseSpinLock(&Server.Lock, irql);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {LineReceiveEvent, LineDisconnectEvent, NULL};

static NTSTATUS WSKAPI LineAcceptEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags, _In_ PSOCKADDR LocalAddress,
                                       _In_ PSOCKADDR RemoteAddress, _In_opt_ PWSK_SOCKET AcceptSocket,
                                       _Outptr_result_maybenull_ PVOID *AcceptSocketContext,
                                       _Outptr_result_maybenull_ CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PCONNECTION connection;
    BOOLEAN stopping;
    KIRQL irql;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        /* The listening socket is of no use any more; it is closed when the driver is unloaded. */
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection = (PCONNECTION)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*connection), LINE_TAG);
    if (connection == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection->Socket = AcceptSocket;
    connection->References = 1;
    KeAcquireSpinLock(&Server.Lock, &irql);
    stopping = Server.Stopping;
    if (!stopping) {
        InsertTailList(&Server.All, &connection->AllEntry);
        if (Server.Connections++ == 0) {
            KeClearEvent(&Server.NoConnections);
        }
    }
    KeReleaseSpinLock(&Server.Lock, irql);
    if (stopping) {
        ExFreePoolWithTag(connection, LINE_TAG);
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    *AcceptSocketContext = connection;
    *AcceptSocketDispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {LineAcceptEvent, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static void CloseListener(VOID)
{
    const WSK_PROVIDER_LISTEN_DISPATCH *functions = (const WSK_PROVIDER_LISTEN_DISPATCH *)Server.Listener->Dispatch;

    functions->Basic.WskCloseSocket(Server.Listener, BeginRequest(&Server.Control));
    EndRequest(&Server.Control);
}

static NTSTATUS Listen(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL control;
    SOCKADDR_IN address;
    NTSTATUS status;

    control.NpiId = (PNPIID)&NPI_WSK_INTERFACE_ID;
    control.EventMask = WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT;
    status = Server.Provider.Dispatch->WskControlClient(Server.Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS,
                                                        sizeof(control), &control, 0, NULL, NULL, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    Server.Provider.Dispatch->WskSocket(Server.Provider.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP,
                                        WSK_FLAG_LISTEN_SOCKET, NULL, &ListenDispatch, NULL, NULL, NULL,
                                        BeginRequest(&Server.Control));
    status = EndRequest(&Server.Control);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    Server.Listener = (PWSK_SOCKET)Server.Control.Irp->IoStatus.Information;

    RtlZeroMemory(&address, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = RtlUshortByteSwap(LINE_PORT);
    address.sin_addr.s_addr = INADDR_ANY;
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Server.Listener->Dispatch)
        ->WskBind(Server.Listener, (PSOCKADDR)&address, 0, BeginRequest(&Server.Control));
    status = EndRequest(&Server.Control);
    if (!NT_SUCCESS(status)) {
        CloseListener();
    }
    return status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = LineServerUnload;
    RtlZeroMemory(&Server, sizeof(Server));
    KeInitializeSpinLock(&Server.Lock);
    InitializeListHead(&Server.All);
    InitializeListHead(&Server.Queue);
    KeInitializeEvent(&Server.WorkIsThere, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Server.Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Server.NoConnections, NotificationEvent, TRUE);

    status = STATUS_INSUFFICIENT_RESOURCES;
    if (!MakeRequest(&Server.Control) || !MakeRequest(&Server.Work) || !MakeRequest(&Server.Abort)) {
        goto Free;
    }
    status = WskRegister(&client, &Server.Registration);
    if (!NT_SUCCESS(status)) {
        goto Free;
    }
    status = WskCaptureProviderNPI(&Server.Registration, WSK_INFINITE_WAIT, &Server.Provider);
    if (!NT_SUCCESS(status)) {
        goto Deregister;
    }
    status = StartWorker();
    if (!NT_SUCCESS(status)) {
        goto Release;
    }
    status = Listen();
    if (NT_SUCCESS(status)) {
        return STATUS_SUCCESS;
    }
    StopWorker();

Release:
    WskReleaseProviderNPI(&Server.Registration);
Deregister:
    WskDeregister(&Server.Registration);
Free:
    FreeRequests();
    return status;
}

VOID LineServerUnload(PDRIVER_OBJECT DriverObject)
{
    PLIST_ENTRY entry;
    KIRQL irql;

    UNREFERENCED_PARAMETER(DriverObject);
    KeAcquireSpinLock(&Server.Lock, &irql);
    Server.Stopping = TRUE;
    KeReleaseSpinLock(&Server.Lock, irql);
    CloseListener();

    /* No connection comes any more. The worker aborts the one that it is busy with, and closes all. */
    KeSetEvent(&Server.Stop, IO_NO_INCREMENT, FALSE);
    KeAcquireSpinLock(&Server.Lock, &irql);
    for (entry = Server.All.Flink; entry != &Server.All; entry = entry->Flink) {
        NoteForWorker(CONTAINING_RECORD(entry, CONNECTION, AllEntry), FLAG_STOPPED);
    }
    KeReleaseSpinLock(&Server.Lock, irql);
    KeWaitForSingleObject(&Server.NoConnections, Executive, KernelMode, FALSE, NULL);
    StopWorker();

    WskReleaseProviderNPI(&Server.Registration);
    WskDeregister(&Server.Registration);
    FreeRequests();
}
