/*
 * A driver that makes a classic mistake, or none; the line of a mistake ends with it.
 */
#include "mistakes.h"

#include <wsk.h>

#define TAG 'tluF'
#define PORT 7008

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

typedef struct _CONTEXT {
    PWSK_SOCKET Socket;
    PIRP Irp;
} CONTEXT, *PCONTEXT;

static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;
static PWSK_SOCKET Listener;
static KEVENT Completed;
static KEVENT Closed;
static KEVENT Never;
static KSPIN_LOCK Lock;
static PVOID Thread;
static LONG Open;

static NTSTATUS SignalCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PIRP Begin(VOID)
{
    PIRP irp = IoAllocateIrp(1, FALSE); /* IRP_LEFT */

    KeClearEvent(&Completed);
    IoSetCompletionRoutine(irp, SignalCompleted, &Completed, TRUE, TRUE, TRUE);
    return irp;
}

static NTSTATUS End(PIRP Irp, ULONG_PTR *Information)
{
    NTSTATUS status;

    KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL);
    status = Irp->IoStatus.Status;
    if (Information != NULL) {
        *Information = Irp->IoStatus.Information;
    }
    if (!Is("IRP_LEFT")) {
        IoFreeIrp(Irp);
    }
    return status;
}

static NTSTATUS CloseCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Context);
    IoFreeIrp(Irp);
    if (Is("RAISED")) {
        KIRQL irql;

        KeRaiseIrql(DISPATCH_LEVEL, &irql);
    }
    if (!Is("EARLY_FREE") && !Is("LEAK")) {
        ExFreePoolWithTag(Context, Is("WRONG_TAG") ? 'gnoW' : TAG); /* WRONG_TAG */
    }
    if (Is("DOUBLE_FREE")) {
        ExFreePoolWithTag(Context, TAG); /* DOUBLE_FREE */
    }
    if (InterlockedDecrement(&Open) == 0) {
        KeSetEvent(&Closed, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID SocketContext, ULONG Flags)
{
    PCONTEXT context = (PCONTEXT)SocketContext;
    PIRP irp = context->Irp;
    PWSK_SOCKET socket = context->Socket;

    UNREFERENCED_PARAMETER(Flags);
    if (Is("WAIT_IN_CALLBACK")) {
        KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL); /* WAIT_IN_CALLBACK */
    }
    IoSetCompletionRoutine(irp, CloseCompleted, context, TRUE, TRUE, TRUE);
    if (Is("EARLY_FREE")) {
        ExFreePoolWithTag(context, TAG); /* EARLY_FREE */
    }
    ((const WSK_PROVIDER_CONNECTION_DISPATCH *)socket->Dispatch)->WskCloseSocket(socket, irp);
    if (Is("CLOSE_TWICE")) {
        PIRP again = IoAllocateIrp(1, FALSE);

        IoSetCompletionRoutine(again, SignalCompleted, &Completed, TRUE, TRUE, TRUE);
        ((const WSK_PROVIDER_CONNECTION_DISPATCH *)socket->Dispatch)->WskCloseSocket(socket, again); /* CLOSE_TWICE */
        IoFreeIrp(again);
    }
    return STATUS_SUCCESS;
}

/* All that comes is taken, and forgotten. */
static NTSTATUS WSKAPI OnReceive(PVOID SocketContext, ULONG Flags, PWSK_DATA_INDICATION DataIndication,
                                 SIZE_T BytesIndicated, SIZE_T *BytesAccepted)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(DataIndication);
    UNREFERENCED_PARAMETER(BytesIndicated);
    UNREFERENCED_PARAMETER(BytesAccepted);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionDispatch = {OnReceive, OnDisconnect, NULL};

static NTSTATUS WSKAPI OnAccept(PVOID SocketContext, ULONG Flags, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress,
                                PWSK_SOCKET AcceptSocket, PVOID *AcceptSocketContext,
                                CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PCONTEXT context;

    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        return STATUS_REQUEST_NOT_ACCEPTED;
    }
    context = (PCONTEXT)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*context), TAG); /* LEAK */
    context->Socket = AcceptSocket;
    context->Irp = IoAllocateIrp(1, FALSE);
    if (InterlockedIncrement(&Open) == 1) {
        KeClearEvent(&Closed);
    }
    *AcceptSocketContext = context;
    *AcceptSocketDispatch = &ConnectionDispatch;
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_LISTEN_DISPATCH ListenDispatch = {OnAccept, NULL, NULL};
static const WSK_CLIENT_DISPATCH ClientDispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

static VOID Run(PVOID StartContext)
{
    UNREFERENCED_PARAMETER(StartContext);
    if (Is("THREAD_LEFT")) {
        KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Mistakes(VOID)
{
    KIRQL irql, again;

    KeAcquireSpinLock(&Lock, &irql);
    if (Is("LOCK_TWICE")) {
        KeAcquireSpinLock(&Lock, &again); /* LOCK_TWICE */
        KeReleaseSpinLock(&Lock, again);
    }
    if (Is("WAIT_AT_DISPATCH")) {
        KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, NULL); /* WAIT_AT_DISPATCH */
    }
    UNREFERENCED_PARAMETER(again);
    KeReleaseSpinLock(&Lock, irql);
    if (Is("UNINITIALIZED")) {
        static KEVENT event;

        KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL); /* UNINITIALIZED */
    }
    if (Is("TIME_OUT")) {
        LARGE_INTEGER timeout;

        timeout.QuadPart = -10 * 1000 * 1000;
        NT_ASSERT(KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT);
        timeout.QuadPart = 0;
        NT_ASSERT(KeWaitForSingleObject(&Never, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT);
        timeout.QuadPart = -20 * 1000 * 1000;
        NT_ASSERT(KeDelayExecutionThread(KernelMode, FALSE, &timeout) == STATUS_SUCCESS);
    }
    if (Is("BUG_CHECK")) {
        KeBugCheckEx(0xE2, 1, 2, 3, 4);
    }
    if (Is("ASSERTS")) {
        NT_ASSERT(Open == 77);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI client = {NULL, &ClientDispatch};
    WSK_EVENT_CALLBACK_CONTROL control = {(PNPIID)&NPI_WSK_INTERFACE_ID,
                                          WSK_EVENT_ACCEPT | WSK_EVENT_RECEIVE | WSK_EVENT_DISCONNECT};
    SOCKADDR_IN address = {AF_INET};
    OBJECT_ATTRIBUTES attributes;
    ULONG_PTR made;
    HANDLE handle;
    PIRP irp;

    UNREFERENCED_PARAMETER(RegistryPath);
    if (Is("FAILS")) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!Is("NO_UNLOAD")) {
        DriverObject->DriverUnload = Unload;
    }
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    KeInitializeEvent(&Closed, NotificationEvent, TRUE);
    KeInitializeEvent(&Never, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&Lock);
    Mistakes();
    InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, NULL, NULL, Run, NULL);
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread, NULL);
    if (!Is("HANDLE_LEFT")) {
        ZwClose(handle);
    }
    WskRegister(&client, &Registration); /* REGISTERED */
    WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Provider);
    Provider.Dispatch->WskControlClient(Provider.Client, WSK_SET_STATIC_EVENT_CALLBACKS, sizeof(control), &control, 0,
                                        NULL, NULL, NULL);
    irp = Begin();
    Provider.Dispatch->WskSocket(Provider.Client, AF_INET, SOCK_STREAM, IPPROTO_TCP, WSK_FLAG_LISTEN_SOCKET, NULL,
                                 &ListenDispatch, NULL, NULL, NULL, irp);
    End(irp, &made);
    Listener = (PWSK_SOCKET)made;
    address.sin_port = RtlUshortByteSwap(PORT);
    irp = Begin();
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->WskBind(Listener, (PSOCKADDR)&address, 0, irp);
    return End(irp, NULL);
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    PIRP irp = Begin();

    UNREFERENCED_PARAMETER(DriverObject);
    ((const WSK_PROVIDER_LISTEN_DISPATCH *)Listener->Dispatch)->WskCloseSocket(Listener, irp);
    End(irp, NULL);
    if (Is("DEADLOCK")) {
        KeClearEvent(&Closed);
    }
    KeWaitForSingleObject(&Closed, Executive, KernelMode, FALSE, NULL); /* DEADLOCK */
    if (!Is("THREAD_LEFT")) {
        KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    }
    ObDereferenceObject(Thread);
    WskReleaseProviderNPI(&Registration);
    if (!Is("REGISTERED")) {
        WskDeregister(&Registration);
    }
}
