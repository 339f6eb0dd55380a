/*
 * A driver of twenty steps: a thread that is started, signalled and waited for. Each step is a call at which another may
 * go on.
 */
#include <ntddk.h>

#define TAG 'petS'

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
KSTART_ROUTINE Work;

static KEVENT Asked;
static KEVENT Answered;
static PVOID Thread;

VOID Work(PVOID Context)
{
    ULONG turn;

    UNREFERENCED_PARAMETER(Context);
    for (turn = 0; turn < 3; turn++) {
        KeWaitForSingleObject(&Asked, Executive, KernelMode, FALSE, NULL);
        KeSetEvent(&Answered, IO_NO_INCREMENT, FALSE);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    HANDLE handle;
    ULONG turn;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Asked, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Answered, SynchronizationEvent, FALSE);
    PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Work, NULL);
    ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL);
    for (turn = 0; turn < 3; turn++) {
        KeSetEvent(&Asked, IO_NO_INCREMENT, FALSE);
        KeWaitForSingleObject(&Answered, Executive, KernelMode, FALSE, NULL);
    }
    ExFreePoolWithTag(memory, TAG);
    ZwClose(handle);
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}
