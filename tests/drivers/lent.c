/*
 * A driver that sends back what it is indicated, out of the indication's own memory. What it does wrong stands in its
 * object: it gives the list back before the send is completed, or never keeps it. Without a mistake it keeps the list, and
 * releases it in the send's completion routine.
 */
#include "mistakes.h"
#include <wsk.h>

#define PORT 7020

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;
static PWSK_SOCKET Listener;
static PWSK_SOCKET Socket;
static PIRP Control;
static PIRP Send;
static KEVENT Completed;
static KEVENT Sent;
static PWSK_DATA_INDICATION Kept;

static const WSK_PROVIDER_CONNECTION_DISPATCH *Functions(VOID)
{
    return (const WSK_PROVIDER_CONNECTION_DISPATCH *)Socket->Dispatch;
}

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

static DECLSPEC_NOINLINE VOID Release(PWSK_DATA_INDICATION Data)
{
    Functions()->WskRelease(Socket, Data); /* RELEASED_EARLY */
}

static NTSTATUS OnSent(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    if (Kept != NULL) {
        Release(Kept);
    }
    KeSetEvent(&Sent, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI OnReceive(PVOID Context, ULONG Flags, PWSK_DATA_INDICATION Data, SIZE_T Bytes, SIZE_T *Accepted)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Bytes);
    UNREFERENCED_PARAMETER(Accepted);
    if (Data == NULL) {
        return STATUS_SUCCESS;
    }
    KeClearEvent(&Sent);
    if (!Is("RELEASED_EARLY") && !Is("NOT_KEPT")) {
        Kept = Data;
    }
    IoSetCompletionRoutine(Send, OnSent, NULL, TRUE, TRUE, TRUE);
    Functions()->WskSend(Socket, &Data->Buffer, 0, Send); /* SENT */
    if (Is("NOT_KEPT")) {
        return STATUS_SUCCESS;
    }
    if (Is("RELEASED_EARLY")) {
        Release(Data);
    }
    return STATUS_PENDING;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {OnReceive, NULL, NULL};

static NTSTATUS WSKAPI OnAccept(PVOID Context, ULONG Flags, PSOCKADDR Local, PSOCKADDR Remote, PWSK_SOCKET Accepted,
                                PVOID *SocketContext, CONST WSK_CLIENT_CONNECTION_DISPATCH **Dispatch)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Local);
    UNREFERENCED_PARAMETER(Remote);
    if (Accepted == NULL || Socket != NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    Socket = Accepted;
    *SocketContext = NULL;
    *Dispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {OnAccept, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static NTSTATUS Listen(VOID)
{
    WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID, WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE};
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

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    KeInitializeEvent(&Sent, NotificationEvent, TRUE);
    Control = IoAllocateIrp(1, FALSE);
    Send = IoAllocateIrp(1, FALSE);
    if (!NT_SUCCESS(WskRegister(&client, &Registration))) {
        return STATUS_UNSUCCESSFUL;
    }
    WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Provider);
    return Listen();
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeWaitForSingleObject(&Sent, Executive, KernelMode, FALSE, NULL);
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->Basic.WskCloseSocket(Listener, Begin());
    End();
    if (Socket != NULL) {
        Functions()->Basic.WskCloseSocket(Socket, Begin());
        End();
    }
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
    IoFreeIrp(Send);
    IoFreeIrp(Control);
}
