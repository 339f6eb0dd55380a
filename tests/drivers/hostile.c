/*
 * A driver that does what no driver may, which a macro chooses; whoever runs it has to outlive that.
 */
#include <ntddk.h>
#include <wsk.h>

#define TAG 'tsoH'

EXTERN_C DRIVER_INITIALIZE DriverEntry;
EXTERN_C void exit(int Code);
EXTERN_C int _setjmp(PVOID Buffer);
EXTERN_C void longjmp(PVOID Buffer, int Value);
EXTERN_C int pthread_create(PVOID Thread, const void *Attributes, PVOID (*Routine)(PVOID), PVOID Context);
EXTERN_C int usleep(unsigned Microseconds);

static DRIVER_UNLOAD Unload;
static KEVENT Event;
/* Which call is given which pointer; a test writes others. */
static volatile const ULONG64 Chosen[3] = {0x1EAFBEEF1EAFBEEF, 0, 0};

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

#ifdef JUMPS
static ULONG64 Buffer[64];

static NTSTATUS Jump(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    longjmp(Buffer, 1);
    return STATUS_SUCCESS;
}
#endif

static PVOID Elsewhere(PVOID Context)
{
    DbgPrint("from a thread of libc's own\n");
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPoolNx, 8, TAG), TAG);
    return NULL;
}

static NTSTATUS Misbehave(VOID)
{
    KIRQL irql;
    ULONG place;

    UNREFERENCED_PARAMETER(irql);
    UNREFERENCED_PARAMETER(place);
#if defined(FAILS)
    return STATUS_UNSUCCESSFUL;
#elif defined(RAISED)
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
#elif defined(SPINS)
    for (;;) {
        __asm__ volatile("");
    }
#elif defined(EXITS)
    exit(0);
#elif defined(PRINTS)
    for (place = 0; place < 1024; place++) {
        DbgPrint("%01023d\n", place);
    }
    DbgPrint("%01048576d\n", 7);
#elif defined(THREADS)
    PVOID thread;

    pthread_create(&thread, NULL, Elsewhere, &Event);
    usleep(20000);
#elif defined(JUMPS)
    PIRP irp = IoAllocateIrp(1, FALSE);

    if (_setjmp(Buffer) == 0) {
        IoSetCompletionRoutine(irp, Jump, NULL, TRUE, TRUE, TRUE);
        IoCompleteRequest(irp, IO_NO_INCREMENT);
    }
#elif defined(WILD)
    PVOID wild = (PVOID)(ULONG_PTR)Chosen[2];

    switch (Chosen[1]) {
    case 0: KeSetEvent((PKEVENT)wild, IO_NO_INCREMENT, FALSE); break;
    case 1: KeWaitForSingleObject(wild, Executive, KernelMode, FALSE, NULL); break;
    case 2: ExFreePoolWithTag(wild, TAG); break;
    case 3: IoFreeIrp((PIRP)wild); break;
    case 4: IoFreeMdl((PMDL)wild); break;
    case 5: ObDereferenceObject(wild); break;
    case 6: ZwClose((HANDLE)wild); break;
    case 7: KeAcquireSpinLock((PKSPIN_LOCK)wild, &irql); break;
    case 8: WskRegister((PWSK_CLIENT_NPI)wild, (PWSK_REGISTRATION)wild); break;
    case 9: RtlInitUnicodeString((PUNICODE_STRING)wild, L"text"); break;
    case 10: DbgPrint((PCSTR)wild); break;
    case 11: ((VOID(*)(VOID))wild)(); break;
    case 12: *(volatile ULONG *)wild = 1; break;
    }
#endif
    return STATUS_SUCCESS;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    return Misbehave();
}
