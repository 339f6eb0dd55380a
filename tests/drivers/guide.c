/*
 * guide.c: what Microsoft's guide tells a first driver to do, page by page: register, capture the provider, make a listening
 * socket and bind it, accept by an event, receive by an event, hear of the disconnect, close, unload. It echoes nothing.
 *
 *     registering-a-winsock-kernel-application, creating-sockets, binding-a-socket-to-a-transport-address,
 *     enabling-and-disabling-event-callback-functions, listening-for-and-accepting-incoming-connections,
 *     receiving-data-over-a-connection-oriented-socket, disconnecting-a-socket-from-a-destination, closing-a-socket,
 *     unregistering-a-winsock-kernel-application
 */
#include <ntddk.h>
#include <wsk.h>

#define GUIDE_TAG 'diuG'
#define GUIDE_PORT 9000

typedef struct _ACCEPTED {
    PWSK_SOCKET Socket;
    PIRP CloseIrp;
    SIZE_T BytesReceived;
} ACCEPTED, *PACCEPTED;

typedef struct _WAITED {
    PIRP Irp;
    KEVENT Event;
} WAITED, *PWAITED;

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI ProviderNpi;
static PWSK_SOCKET ListeningSocket;
static volatile LONG OpenSockets;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD GuideUnload;

static NTSTATUS SignalCompletion(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS BeginWait(PWAITED Waited)
{
    Waited->Irp = IoAllocateIrp(1, FALSE);
    if (Waited->Irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&Waited->Event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(Waited->Irp, SignalCompletion, &Waited->Event, TRUE, TRUE, TRUE);
    return STATUS_SUCCESS;
}

static NTSTATUS EndWait(PWAITED Waited, NTSTATUS Status, PULONG_PTR Information)
{
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Waited->Event, Executive, KernelMode, FALSE, NULL);
    }
    Status = Waited->Irp->IoStatus.Status;
    if (Information != NULL) {
        *Information = Waited->Irp->IoStatus.Information;
    }
    IoFreeIrp(Waited->Irp);
    return Status;
}

static NTSTATUS CloseComplete(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeIrp(Irp);
    ExFreePoolWithTag(Context, GUIDE_TAG);
    InterlockedDecrement(&OpenSockets);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The IRP of the close was allocated with the connection, so that a close cannot fail. */
static VOID CloseAccepted(PACCEPTED Accepted)
{
    const WSK_PROVIDER_CONNECTION_DISPATCH *dispatch =
        (const WSK_PROVIDER_CONNECTION_DISPATCH *)Accepted->Socket->Dispatch;

    IoSetCompletionRoutine(Accepted->CloseIrp, CloseComplete, Accepted, TRUE, TRUE, TRUE);
    dispatch->Basic.WskCloseSocket(Accepted->Socket, Accepted->CloseIrp);
}

static NTSTATUS WSKAPI GuideReceiveEvent(PVOID SocketContext, ULONG Flags, PWSK_DATA_INDICATION DataIndication,
                                         SIZE_T BytesIndicated, SIZE_T *BytesAccepted)
{
    PACCEPTED accepted = (PACCEPTED)SocketContext;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(BytesAccepted);
    if (DataIndication == NULL) {
        /* The socket works no longer: it is closed, and nothing else. */
        CloseAccepted(accepted);
        return STATUS_SUCCESS;
    }
    accepted->BytesReceived += BytesIndicated;
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI GuideDisconnectEvent(PVOID SocketContext, ULONG Flags)
{
    PACCEPTED accepted = (PACCEPTED)SocketContext;

    DbgPrint("guide: %s disconnect after %Iu bytes\n", (Flags & WSK_FLAG_ABORTIVE) ? "abortive" : "graceful",
             accepted->BytesReceived);
    CloseAccepted(accepted);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {
    GuideReceiveEvent,
    GuideDisconnectEvent,
    NULL,
};

static NTSTATUS WSKAPI GuideAcceptEvent(PVOID SocketContext, ULONG Flags, PSOCKADDR LocalAddress,
                                        PSOCKADDR RemoteAddress, PWSK_SOCKET AcceptSocket, PVOID *AcceptSocketContext,
                                        CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PACCEPTED accepted;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    accepted = (PACCEPTED)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(ACCEPTED), GUIDE_TAG);
    if (accepted == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    accepted->CloseIrp = IoAllocateIrp(1, FALSE);
    if (accepted->CloseIrp == NULL) {
        ExFreePoolWithTag(accepted, GUIDE_TAG);
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    accepted->Socket = AcceptSocket;
    InterlockedIncrement(&OpenSockets);
    *AcceptSocketContext = accepted;
    *AcceptSocketDispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {GuideAcceptEvent, NULL, NULL};
static const WSK_CLIENT_DISPATCH AppDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static NTSTATUS CreateListeningSocket(VOID)
{
    WAITED waited;
    NTSTATUS status = BeginWait(&waited);
    ULONG_PTR information;

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = ProviderNpi.Dispatch->WskSocket(ProviderNpi.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP,
                                             WSK_FLAG_LISTEN_SOCKET, NULL, &ListenDispatch, NULL, NULL, NULL,
                                             waited.Irp);
    status = EndWait(&waited, status, &information);
    if (NT_SUCCESS(status)) {
        ListeningSocket = (PWSK_SOCKET)information;
    }
    return status;
}

static NTSTATUS BindListeningSocket(VOID)
{
    const WSK_PROVIDER_LISTEN_DISPATCH *dispatch = (const WSK_PROVIDER_LISTEN_DISPATCH *)ListeningSocket->Dispatch;
    SOCKADDR_IN address = {0};
    WAITED waited;
    NTSTATUS status = BeginWait(&waited);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    address.sin_family = AF_INET;
    address.sin_port = RtlUshortByteSwap(GUIDE_PORT);
    address.sin_addr.s_addr = INADDR_ANY;
    status = dispatch->WskBind(ListeningSocket, (PSOCKADDR)&address, 0, waited.Irp);
    return EndWait(&waited, status, NULL);
}

/* Receive and disconnect events are inherited by what is accepted. */
static NTSTATUS EnableEvents(VOID)
{
    const WSK_PROVIDER_LISTEN_DISPATCH *dispatch = (const WSK_PROVIDER_LISTEN_DISPATCH *)ListeningSocket->Dispatch;
    WSK_EVENT_CALLBACK_CONTROL control;

    control.NpiId = (PNPIID)&NPI_WSK_INTERFACE_ID;
    control.EventMask = WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT;
    return dispatch->Basic.WskControlSocket(ListeningSocket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                            sizeof(control), &control, 0, NULL, NULL, NULL);
}

static VOID CloseListeningSocket(VOID)
{
    const WSK_PROVIDER_BASIC_DISPATCH *dispatch = (const WSK_PROVIDER_BASIC_DISPATCH *)ListeningSocket->Dispatch;
    WAITED waited;

    if (NT_SUCCESS(BeginWait(&waited))) {
        EndWait(&waited, dispatch->WskCloseSocket(ListeningSocket, waited.Irp), NULL);
        ListeningSocket = NULL;
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI clientNpi;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = GuideUnload;
    clientNpi.ClientContext = NULL;
    clientNpi.Dispatch = &AppDispatch;
    status = WskRegister(&clientNpi, &Registration);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &ProviderNpi);
    if (!NT_SUCCESS(status)) {
        WskDeregister(&Registration);
        return status;
    }
    status = CreateListeningSocket();
    if (NT_SUCCESS(status)) {
        status = BindListeningSocket();
        if (NT_SUCCESS(status)) {
            status = EnableEvents();
        }
        if (!NT_SUCCESS(status)) {
            CloseListeningSocket();
        }
    }
    if (!NT_SUCCESS(status)) {
        WskReleaseProviderNPI(&Registration);
        WskDeregister(&Registration);
    }
    return status;
}

VOID GuideUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CloseListeningSocket();
    /* It returns when every socket is closed; clients that are still there have to disconnect before. */
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
    DbgPrint("guide: %d sockets left\n", OpenSockets);
}
