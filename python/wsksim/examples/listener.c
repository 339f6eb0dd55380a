/*
 * A small driver: it listens, takes what clients send, and closes each connection when it is told that the client is gone.
 *
 *     wsksim run listener.c --seeds 1..200
 *     wsksim cc listener.c -D EARLY_FREE -o early.so      # with a classic mistake
 */
#include <ntddk.h>
#include <wsk.h>

#define TAG 'tsiL'
#define PORT 7010

typedef struct _CONNECTION {
    PWSK_SOCKET Socket;
    PIRP CloseIrp;
    SIZE_T Received;
} CONNECTION, *PCONNECTION;

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;
static PWSK_SOCKET Listener;
static PIRP ControlIrp;
static KEVENT Done;

static NTSTATUS ControlCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP Begin(VOID)
{
    IoReuseIrp(ControlIrp, STATUS_UNSUCCESSFUL);
    KeClearEvent(&Done);
    IoSetCompletionRoutine(ControlIrp, ControlCompleted, &Done, TRUE, TRUE, TRUE);
    return ControlIrp;
}

static NTSTATUS Await(NTSTATUS Status)
{
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    }
    return ControlIrp->IoStatus.Status;
}

static NTSTATUS CloseCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    IoFreeIrp(Irp);
#ifndef EARLY_FREE
    ExFreePoolWithTag(Context, TAG);
#else
    UNREFERENCED_PARAMETER(Context);
#endif
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* Both ends are gone, or the socket is no longer functional: nothing is left but to close it. */
static VOID Close(PCONNECTION Connection)
{
    PWSK_SOCKET socket = Connection->Socket;
    PIRP irp = Connection->CloseIrp;

    IoSetCompletionRoutine(irp, CloseCompleted, Connection, TRUE, TRUE, TRUE);
#ifdef EARLY_FREE
    ExFreePoolWithTag(Connection, TAG);
#endif
    ((const WSK_PROVIDER_CONNECTION_DISPATCH *)socket->Dispatch)->Basic.WskCloseSocket(socket, irp);
}

static NTSTATUS WSKAPI OnReceive(PVOID SocketContext, ULONG Flags, PWSK_DATA_INDICATION DataIndication,
                                 SIZE_T BytesIndicated, SIZE_T *BytesAccepted)
{
    PCONNECTION connection = (PCONNECTION)SocketContext;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(BytesAccepted);
    if (DataIndication == NULL) {
        Close(connection);
    } else {
        connection->Received += BytesIndicated;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID SocketContext, ULONG Flags)
{
    PCONNECTION connection = (PCONNECTION)SocketContext;

    DbgPrint("listener: %s after %Iu bytes\n", (Flags & WSK_FLAG_ABORTIVE) ? "aborted" : "finished",
             connection->Received);
    Close(connection);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {OnReceive, OnDisconnect, NULL};

static NTSTATUS WSKAPI OnAccept(PVOID SocketContext, ULONG Flags, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress,
                                PWSK_SOCKET AcceptSocket, PVOID *AcceptSocketContext,
                                CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PCONNECTION connection;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection = (PCONNECTION)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*connection), TAG);
    if (connection == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection->CloseIrp = IoAllocateIrp(1, FALSE);
    if (connection->CloseIrp == NULL) {
        ExFreePoolWithTag(connection, TAG);
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection->Socket = AcceptSocket;
    *AcceptSocketContext = connection;
    *AcceptSocketDispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {OnAccept, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static NTSTATUS Listen(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT};
    SOCKADDR_IN address = {AF_INET, RtlUshortByteSwap(PORT), {{{0}}}, {0}};
    NTSTATUS status = Provider.Dispatch->WskControlClient(Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS,
                                                          sizeof(control), &control, 0, NULL, NULL, NULL);

    if (NT_SUCCESS(status)) {
        status = Await(Provider.Dispatch->WskSocket(Provider.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP,
                                                    WSK_FLAG_LISTEN_SOCKET, NULL, &ListenDispatch, NULL, NULL, NULL,
                                                    Begin()));
    }
    if (NT_SUCCESS(status)) {
        const WSK_PROVIDER_LISTEN_DISPATCH *functions;

        Listener = (PWSK_SOCKET)ControlIrp->IoStatus.Information;
        functions = (const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch;
        status = Await(functions->WskBind(Listener, (PSOCKADDR)&address, 0, Begin()));
    }
    return status;
}

/* WskDeregister returns when every socket is closed. */
static VOID Stop(VOID)
{
    if (Listener != NULL) {
        Await(((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->Basic.WskCloseSocket(Listener, Begin()));
    }
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
    IoFreeIrp(ControlIrp);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    ControlIrp = IoAllocateIrp(1, FALSE);
    if (ControlIrp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    status = WskRegister(&client, &Registration);
    if (!NT_SUCCESS(status)) {
        IoFreeIrp(ControlIrp);
        return status;
    }
    status = WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Provider);
    if (!NT_SUCCESS(status)) {
        WskDeregister(&Registration);
        IoFreeIrp(ControlIrp);
        return status;
    }
    status = Listen();
    if (!NT_SUCCESS(status)) {
        Stop();
    }
    return status;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Stop();
}
