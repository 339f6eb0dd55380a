/*
 * A server for load, as a careful author writes it: contexts in one array, each with its IRPs, nothing allocated while it
 * runs. It sends back what it receives, and closes when its peer has ended.
 */
#include <ntddk.h>
#include <wsk.h>

#define PORT 7010
#define COUNT 10000

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

typedef struct _CONNECTION {
    PWSK_SOCKET Socket;
    PIRP Send;
    PIRP Close;
    PWSK_DATA_INDICATION Data;
    LONG Users; /* the peer, as long as it is there, and the send */
    LONG Ended;
    ULONG Next;
} CONNECTION, *PCONNECTION;

static CONNECTION Connections[COUNT];
static ULONG Free;
static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;
static PWSK_SOCKET Listener;
static PIRP Control;
static KEVENT Completed;

static const WSK_PROVIDER_CONNECTION_DISPATCH *Functions(PCONNECTION Connection)
{
    return (const WSK_PROVIDER_CONNECTION_DISPATCH *)Connection->Socket->Dispatch;
}

static NTSTATUS OnClosed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCONNECTION connection = (PCONNECTION)Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    connection->Next = Free;
    Free = (ULONG)(connection - Connections);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* The last one closes. */
static VOID Leave(PCONNECTION Connection)
{
    if (InterlockedDecrement(&Connection->Users) == 0) {
        IoReuseIrp(Connection->Close, STATUS_UNSUCCESSFUL);
        IoSetCompletionRoutine(Connection->Close, OnClosed, Connection, TRUE, TRUE, TRUE);
        Functions(Connection)->Basic.WskCloseSocket(Connection->Socket, Connection->Close);
    }
}

static NTSTATUS OnSent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PCONNECTION connection = (PCONNECTION)Context;
    PWSK_DATA_INDICATION data;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    data = connection->Data;
    InterlockedExchangePointer((PVOID *)&connection->Data, NULL);
    Functions(connection)->WskRelease(connection->Socket, data);
    Leave(connection);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI OnReceive(PVOID Context, ULONG Flags, PWSK_DATA_INDICATION Data, SIZE_T Bytes, SIZE_T *Accepted)
{
    PCONNECTION connection = (PCONNECTION)Context;

    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Accepted);
    /* What comes before the answer is sent has none. */
    if (Data == NULL || InterlockedCompareExchangePointer((PVOID *)&connection->Data, Data, NULL) != NULL) {
        return STATUS_SUCCESS;
    }
    InterlockedIncrement(&connection->Users);
    IoReuseIrp(connection->Send, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(connection->Send, OnSent, connection, TRUE, TRUE, TRUE);
    Functions(connection)->WskSend(connection->Socket, &Data->Buffer, 0, connection->Send);
    /* It is released when it is sent. */
    return STATUS_PENDING;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID Context, ULONG Flags)
{
    PCONNECTION connection = (PCONNECTION)Context;

    UNREFERENCED_PARAMETER(Flags);
    if (InterlockedExchange(&connection->Ended, 1) == 0) {
        Leave(connection);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {OnReceive, OnDisconnect, NULL};

static NTSTATUS WSKAPI OnAccept(PVOID Context, ULONG Flags, PSOCKADDR Local, PSOCKADDR Remote, PWSK_SOCKET Socket,
                                PVOID *SocketContext, CONST WSK_CLIENT_CONNECTION_DISPATCH **Dispatch)
{
    PCONNECTION connection;

    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Local);
    UNREFERENCED_PARAMETER(Remote);
    if (Socket == NULL || Free == COUNT) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    connection = &Connections[Free];
    Free = connection->Next;
    connection->Socket = Socket;
    connection->Users = 1;
    connection->Ended = 0;
    *SocketContext = connection;
    *Dispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {OnAccept, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static NTSTATUS OnControl(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP Begin(VOID)
{
    IoReuseIrp(Control, STATUS_UNSUCCESSFUL);
    KeClearEvent(&Completed);
    IoSetCompletionRoutine(Control, OnControl, &Completed, TRUE, TRUE, TRUE);
    return Control;
}

static NTSTATUS End(VOID)
{
    KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    return Control->IoStatus.Status;
}

static NTSTATUS Listen(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT};
    SOCKADDR_IN address = {0};

    Provider.Dispatch->WskControlClient(Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control), &control, 0,
                                        NULL, NULL, NULL);
    Provider.Dispatch->WskSocket(Provider.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL,
                                 &ListenDispatch, NULL, NULL, NULL, Begin());
    if (!NT_SUCCESS(End())) {
        return Control->IoStatus.Status;
    }
    Listener = (PWSK_SOCKET)Control->IoStatus.Information;
    address.sin_family = AF_INET;
    address.sin_port = RtlUshortByteSwap(PORT);
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->WskBind(Listener, (PSOCKADDR)&address, 0, Begin());
    return End();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    ULONG place;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    Control = IoAllocateIrp(1, FALSE);
    for (place = 0; place < COUNT; place++) {
        Connections[place].Send = IoAllocateIrp(1, FALSE);
        Connections[place].Close = IoAllocateIrp(1, FALSE);
        Connections[place].Next = place + 1;
    }
    if (!NT_SUCCESS(WskRegister(&client, &Registration))) {
        return STATUS_UNSUCCESSFUL;
    }
    WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Provider);
    return Listen();
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    ULONG place;

    UNREFERENCED_PARAMETER(DriverObject);
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->Basic.WskCloseSocket(Listener, Begin());
    End();
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
    for (place = 0; place < COUNT; place++) {
        IoFreeIrp(Connections[place].Send);
        IoFreeIrp(Connections[place].Close);
    }
    IoFreeIrp(Control);
}
