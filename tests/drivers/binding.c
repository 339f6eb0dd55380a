/*
 * binding.c: a driver that uses each way in which an object is bound to the kernel: calls, data, formats, __try, an
 * assertion that holds, and names that libc has too. C and C++.
 */
#include <ntddk.h>
#include <wsk.h>
#include <ntstrsafe.h>

EXTERN_C DRIVER_INITIALIZE DriverEntry;
EXTERN_C DRIVER_UNLOAD Unload;

typedef struct _STATE {
    KEVENT Event;
    LONG Count;
} STATE, *PSTATE;

static PSTATE State;
static WSK_REGISTRATION Registration;
static const WSK_CLIENT_DISPATCH Dispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};

/* What libc has under these names is not what this driver calls. */
EXTERN_C int bind(int value);
EXTERN_C int bind(int value)
{
    return value + 1;
}

static NTSTATUS Lock(VOID)
{
    NTSTATUS status = STATUS_SUCCESS;
    MDL mdl;

    RtlZeroMemory(&mdl, sizeof(mdl));
    __try {
        MmProbeAndLockPages(&mdl, KernelMode, IoReadAccess);
        DbgPrint("not reached\n");
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static VOID Finish(VOID)
{
    __try {
        __try {
            ExRaiseStatus(STATUS_CANCELLED);
        } __finally {
            DbgPrint("finally %d\n", AbnormalTermination());
        }
    } __except (GetExceptionCode() == STATUS_CANCELLED ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH) {
        DbgPrint("caught\n");
    }
    __try {
        __leave;
    } __finally {
        DbgPrint("left\n");
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WSK_CLIENT_NPI npi = {NULL, &Dispatch};
    WSK_PROVIDER_NPI provider;
    CHAR text[32];
    NTSTATUS status;

    PAGED_CODE();
    NT_ASSERT(KeGetCurrentIrql() == PASSIVE_LEVEL);
    DriverObject->DriverUnload = Unload;
    State = (PSTATE)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*State), 'tseT');
    if (State == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeEvent(&State->Event, NotificationEvent, FALSE);
    InterlockedIncrement(&State->Count);
    DbgPrint("%wZ %S %lu %Iu %I64x %p %08X|%-4d|%5s|\n", RegistryPath, L"wide", (ULONG)-1, (SIZE_T)7, (ULONG64)1 << 40,
             (PVOID)(ULONG_PTR)0x1234, STATUS_UNSUCCESSFUL, -5, "ab");
    status = RtlStringCbPrintfA(text, sizeof(text), "%s/%d", "count", State->Count);
    DbgPrint("%s %x\n", text, status);
    DbgPrint("bind %d\n", bind(41));
    DbgPrint("lock %x\n", Lock());
    Finish();
    DbgPrint("set %d\n", KeSetEvent(&State->Event, IO_NO_INCREMENT, FALSE));
    DbgPrint("type %d\n", *PsThreadType != NULL && NPI_WSK_INTERFACE_ID.Data1 == 0x2227E803);
    status = WskRegister(&npi, &Registration);
    if (NT_SUCCESS(status)) {
        status = WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &provider);
        DbgPrint("capture %x\n", status);
    }
    return STATUS_SUCCESS;
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    WskDeregister(&Registration);
    ExFreePoolWithTag(State, 'tseT');
}
