/*
 * A client over the Winsock Kernel that keeps a connection alive: it looks up its server, connects, sends a beat each
 * second, and connects again when the server has gone.
 *
 *     wsksim cc heartbeat_client.c -o heartbeat_client.so
 *
 * How it is built:
 *
 * - One system thread makes every call and waits for each (CALL): it allocates one IRP, whose routine sets an event. A
 *   call that takes too long is cancelled, and then waited for all the same, since until its routine has run the IRP and
 *   the buffers are the provider's. A cancelled call may have succeeded: its status says so.
 * - Between beats the thread waits for three things at once: to stop, the end of the connection, and the next beat.
 * - Each connection has a context of its own (SESSION), which its close frees when it completes. A new one is made while
 *   the old close is still pending. They are counted, so that the end can wait for the last.
 */
#include "request.h"

#define BEAT_TAG 'taeB'
#define SECONDS(Count) (-(LONGLONG)(Count) * 10 * 1000 * 1000)
#define BEAT_INTERVAL SECONDS(1)
#define CALL_TIMEOUT SECONDS(5)
#define RETRY_INTERVAL SECONDS(3)

typedef struct _SESSION {
    PWSK_SOCKET Socket;
    PIRP CloseIrp; /* allocated with it, so that a close cannot fail */
    KEVENT Disconnected;
} SESSION, *PSESSION;

typedef struct _CLIENT {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Provider;
    PVOID Thread;
    REQUEST Call;
    KTIMER Beat;
    KEVENT Stop;
    LONG Sessions; /* and one for the thread */
    KEVENT NoSessions;
    PMDL BeatMdl;
    PUCHAR BeatText;
} CLIENT;

static CLIENT Client;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD HeartbeatUnload;
KSTART_ROUTINE HeartbeatThread;
IO_COMPLETION_ROUTINE SessionClosed;

static PIRP BeginCall(VOID)
{
    return BeginRequest(&Client.Call);
}

static NTSTATUS EndCall(VOID)
{
    return EndRequestInTime(&Client.Call, CALL_TIMEOUT);
}

static void DereferenceSessions(VOID)
{
    if (InterlockedDecrement(&Client.Sessions) == 0) {
        KeSetEvent(&Client.NoSessions, IO_NO_INCREMENT, FALSE);
    }
}

static NTSTATUS WSKAPI SessionDisconnectEvent(_In_opt_ PVOID SocketContext, _In_ ULONG Flags)
{
    PSESSION session = (PSESSION)SocketContext;

    UNREFERENCED_PARAMETER(Flags);
    KeSetEvent(&session->Disconnected, IO_NO_INCREMENT, FALSE);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH SessionDispatch = {NULL, SessionDisconnectEvent, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static void FreeSession(_In_ PSESSION Session)
{
    IoFreeIrp(Session->CloseIrp);
    ExFreePoolWithTag(Session, BEAT_TAG);
    DereferenceSessions();
}

static PSESSION AllocateSession(VOID)
{
    PSESSION session = (PSESSION)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*session), BEAT_TAG);

    if (session == NULL) {
        return NULL;
    }
    session->CloseIrp = IoAllocateIrp(1, FALSE);
    if (session->CloseIrp == NULL) {
        ExFreePoolWithTag(session, BEAT_TAG);
        return NULL;
    }
    KeInitializeEvent(&session->Disconnected, NotificationEvent, FALSE);
    InterlockedIncrement(&Client.Sessions);
    return session;
}

NTSTATUS SessionClosed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    FreeSession((PSESSION)Context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static const WSK_PROVIDER_CONNECTION_DISPATCH *FunctionsOf(_In_ PSESSION Session)
{
    return (const WSK_PROVIDER_CONNECTION_DISPATCH *)Session->Socket->Dispatch;
}

/* Begins the close, and waits for nothing: the session may be gone at the return. */
static void CloseSession(_In_ PSESSION Session)
{
    IoSetCompletionRoutine(Session->CloseIrp, SessionClosed, Session, TRUE, TRUE, TRUE);
    FunctionsOf(Session)->Basic.WskCloseSocket(Session->Socket, Session->CloseIrp);
}

static NTSTATUS FindServer(_Out_ PSOCKADDR_IN Address)
{
    UNICODE_STRING node, service;
    ADDRINFOEXW hints;
    PADDRINFOEXW found = NULL;
    NTSTATUS status;

    RtlInitUnicodeString(&node, L"heartbeat.example");
    RtlInitUnicodeString(&service, L"7008");
    RtlZeroMemory(&hints, sizeof(hints));
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_protocol = IPPROTO_TCP;
    Client.Provider.Dispatch->WskGetAddressInfo(Client.Provider.Client, &node, &service, NS_ALL, NULL, &hints, &found,
                                                NULL, NULL, BeginCall());
    status = EndCall();
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = STATUS_NOT_FOUND;
    if (found != NULL && found->ai_addr != NULL && found->ai_addrlen >= sizeof(*Address)) {
        RtlCopyMemory(Address, found->ai_addr, sizeof(*Address));
        status = STATUS_SUCCESS;
    }
    if (found != NULL) {
        Client.Provider.Dispatch->WskFreeAddressInfo(Client.Provider.Client, found);
    }
    return status;
}

static NTSTATUS Connect(_Out_ PSESSION *Connected)
{
    SOCKADDR_IN local, remote;
    PSESSION session;
    NTSTATUS status = FindServer(&remote);

    *Connected = NULL;
    if (!NT_SUCCESS(status)) {
        return status;
    }
    session = AllocateSession();
    if (session == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(&local, sizeof(local));
    local.sin_family = AF_INET;
    Client.Provider.Dispatch->WskSocketConnect(Client.Provider.Client, SOCK_STREAM, IPPROTO_TCP, (PSOCKADDR)&local,
                                               (PSOCKADDR)&remote, 0, session, &SessionDispatch, NULL, NULL, NULL,
                                               BeginCall());
    status = EndCall();
    if (!NT_SUCCESS(status)) {
        /* No socket came of it, so nothing can call back with this context. */
        FreeSession(session);
        return status;
    }
    session->Socket = (PWSK_SOCKET)Client.Call.Irp->IoStatus.Information;
    *Connected = session;
    return STATUS_SUCCESS;
}

static NTSTATUS SendBeat(_In_ PSESSION Session)
{
    WSK_BUF buffer;

    buffer.Mdl = Client.BeatMdl;
    buffer.Offset = 0;
    buffer.Length = MmGetMdlByteCount(Client.BeatMdl);
    FunctionsOf(Session)->WskSend(Session->Socket, &buffer, 0, BeginCall());
    return EndCall();
}

/* Sends beats until the connection has ended or the driver stops; returns whether it stops. */
static BOOLEAN KeepAlive(_In_ PSESSION Session)
{
    PVOID objects[] = {&Client.Stop, &Session->Disconnected, &Client.Beat};
    LARGE_INTEGER due;

    for (;;) {
        due.QuadPart = BEAT_INTERVAL;
        KeSetTimer(&Client.Beat, due, NULL);
        switch (KeWaitForMultipleObjects(ARRAYSIZE(objects), objects, WaitAny, Executive, KernelMode, FALSE, NULL,
                                         NULL)) {
        case STATUS_WAIT_0:
            return TRUE;
        case STATUS_WAIT_1:
            return FALSE;
        default:
            if (!NT_SUCCESS(SendBeat(Session))) {
                return FALSE;
            }
            break;
        }
    }
}

/* Waits before the next attempt; returns whether the driver stops. */
static BOOLEAN Pause(VOID)
{
    LARGE_INTEGER timeout;

    timeout.QuadPart = RETRY_INTERVAL;
    return KeWaitForSingleObject(&Client.Stop, Executive, KernelMode, FALSE, &timeout) == STATUS_SUCCESS;
}

VOID HeartbeatThread(PVOID StartContext)
{
    BOOLEAN stops = FALSE;

    UNREFERENCED_PARAMETER(StartContext);
    while (!stops) {
        PSESSION session;

        if (NT_SUCCESS(Connect(&session))) {
            stops = KeepAlive(session);
            CloseSession(session);
        }
        stops = stops || Pause();
    }
    KeCancelTimer(&Client.Beat);
    DereferenceSessions();
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static NTSTATUS StartThread(VOID)
{
    OBJECT_ATTRIBUTES attributes;
    HANDLE thread;
    NTSTATUS status;

    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, &attributes, NULL, NULL, HeartbeatThread, NULL);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    /* This handle was made here, so nothing can be wrong with it. */
    NT_VERIFY(NT_SUCCESS(
        ObReferenceObjectByHandle(thread, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Client.Thread, NULL)));
    ZwClose(thread);
    return STATUS_SUCCESS;
}

static NTSTATUS Prepare(VOID)
{
    static const UCHAR text[] = {'b', 'e', 'a', 't', '\n'};

    RtlZeroMemory(&Client, sizeof(Client));
    Client.Sessions = 1;
    KeInitializeTimer(&Client.Beat);
    KeInitializeEvent(&Client.Stop, NotificationEvent, FALSE);
    KeInitializeEvent(&Client.NoSessions, NotificationEvent, FALSE);
    MakeRequest(&Client.Call);
    Client.BeatText = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(text), BEAT_TAG);
    if (Client.Call.Irp == NULL || Client.BeatText == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Client.BeatText, text, sizeof(text));
    Client.BeatMdl = IoAllocateMdl(Client.BeatText, sizeof(text), FALSE, FALSE, NULL);
    if (Client.BeatMdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(Client.BeatMdl);
    return STATUS_SUCCESS;
}

static void Dispose(VOID)
{
    if (Client.BeatMdl != NULL) {
        IoFreeMdl(Client.BeatMdl);
    }
    if (Client.BeatText != NULL) {
        ExFreePoolWithTag(Client.BeatText, BEAT_TAG);
    }
    if (Client.Call.Irp != NULL) {
        IoFreeIrp(Client.Call.Irp);
    }
}

/* Before the first socket, so that no disconnect can be missed. */
static NTSTATUS EnableEvents(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL control;

    control.NpiId = (PNPIID)&NPI_WSK_INTERFACE_ID;
    control.EventMask = WSK_EVENT_DISCONNECT;
    return Client.Provider.Dispatch->WskControlClient(Client.Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS,
                                                      sizeof(control), &control, 0, NULL, NULL, NULL);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = HeartbeatUnload;
    status = Prepare();
    if (!NT_SUCCESS(status)) {
        goto Dispose;
    }
    status = WskRegister(&client, &Client.Registration);
    if (!NT_SUCCESS(status)) {
        goto Dispose;
    }
    status = WskCaptureProviderNPI(&Client.Registration, WSK_INFINITE_WAIT, &Client.Provider);
    if (!NT_SUCCESS(status)) {
        goto Deregister;
    }
    status = EnableEvents();
    if (NT_SUCCESS(status)) {
        status = StartThread();
    }
    if (NT_SUCCESS(status)) {
        return STATUS_SUCCESS;
    }
    WskReleaseProviderNPI(&Client.Registration);
Deregister:
    WskDeregister(&Client.Registration);
Dispose:
    Dispose();
    return status;
}

VOID HeartbeatUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeSetEvent(&Client.Stop, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Client.Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Client.Thread);
    KeWaitForSingleObject(&Client.NoSessions, Executive, KernelMode, FALSE, NULL);
    WskReleaseProviderNPI(&Client.Registration);
    WskDeregister(&Client.Registration);
    Dispose();
}
