/*
 * A driver that works until it is unloaded, as a test of a driver does: a thread that makes calls, rests for a moment, and goes on.
 */
#include <ntddk.h>

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;
KSTART_ROUTINE Work;

static PVOID Thread;
static volatile LONG Stop;

VOID Work(PVOID Context)
{
    LARGE_INTEGER rest;
    ULONG turn;

    UNREFERENCED_PARAMETER(Context);
    rest.QuadPart = -10000; /* a millisecond */
    while (!Stop) {
        for (turn = 0; turn < 100; turn++) {
            KeQueryInterruptTime();
        }
        KeDelayExecutionThread(KernelMode, FALSE, &rest);
    }
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Stop = 1;
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    HANDLE handle;
    NTSTATUS status;

    UNREFERENCED_PARAMETER(RegistryPath);
    status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Work, NULL);
    if (NT_SUCCESS(status)) {
        ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Thread, NULL);
        ZwClose(handle);
        DriverObject->DriverUnload = Unload;
    }
    return status;
}
