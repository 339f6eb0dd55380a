/*
 * A driver that calls the kernel and WSK with whatever comes: functions, numbers and addresses are drawn from the seed.
 * Some addresses are of its own memory, some of objects that it was given, and some are nobody's.
 */
#include <bcrypt.h>
#include <ntddk.h>
#include <wsk.h>

#include <wsksim/imports.h>

#define TAG 'dliW'
#define CALLS 60
#define KEPT 16

DRIVER_INITIALIZE DriverEntry;
DRIVER_UNLOAD Unload;

typedef ULONG_PTR FUNCTION(ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR,
                           ULONG_PTR, ULONG_PTR, ULONG_PTR, ULONG_PTR);

extern WSKSIM_IMPORTS wsksim_imports;

static ULONG_PTR Kept[KEPT];
static UCHAR Memory[1024];
static WSK_REGISTRATION Registration;
static WSK_PROVIDER_NPI Provider;

/* Functions that end the run because they say so. */
static const SIZE_T Endless[] = {
    FIELD_OFFSET(WSKSIM_IMPORTS, KeBugCheck), FIELD_OFFSET(WSKSIM_IMPORTS, KeBugCheckEx),
    FIELD_OFFSET(WSKSIM_IMPORTS, wsksim_assertion_failed),
};

static ULONG Draw(ULONG Below)
{
    ULONG number = 0;

    BCryptGenRandom(NULL, (PUCHAR)&number, sizeof(number), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return number % Below;
}

static ULONG_PTR Argument(VOID)
{
    static const ULONG_PTR numbers[] = {0, 1, 2, 4, 7, 16, 64, 4096, 0x7FFFFFFF, 0xFFFFFFFF, ~(ULONG_PTR)0};

    switch (Draw(10)) {
    case 0:
        return numbers[Draw(ARRAYSIZE(numbers))];
    case 1:
        return (ULONG_PTR)Draw(0xFFFFFFFF) << Draw(32);
    case 2:
    case 3:
        return Draw(256);
    case 4:
    case 5:
        return (ULONG_PTR)Memory + 8 * Draw(sizeof(Memory) / 16);
    default:
        return Kept[Draw(KEPT)];
    }
}

static VOID CallOne(VOID)
{
    SIZE_T place = Draw(WSKSIM_IMPORT_COUNT + WSKSIM_PROVIDED_COUNT), number;
    FUNCTION *function;
    ULONG_PTR result;

    for (number = 0; number < ARRAYSIZE(Endless); number++) {
        if (place * sizeof(PVOID) == Endless[number]) {
            return;
        }
    }
    function = ((FUNCTION **)&wsksim_imports)[place];
    result = function(Argument(), Argument(), Argument(), Argument(), Argument(), Argument(), Argument(), Argument(),
                      Argument(), Argument(), Argument(), Argument());
    if (result > 4096) {
        Kept[Draw(KEPT)] = result;
    }
}

VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    WskReleaseProviderNPI(&Registration);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const WSK_CLIENT_DISPATCH dispatch = {MAKE_WSK_VERSION(1, 0), 0, NULL};
    WSK_CLIENT_NPI client = {NULL, &dispatch};
    static KEVENT event;
    ULONG number;

    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    WskRegister(&client, &Registration);
    WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Provider);
    for (number = 0; number < KEPT; number++) {
        Kept[number] = (ULONG_PTR)Memory;
    }
    Kept[0] = (ULONG_PTR)IoAllocateIrp(1, FALSE);
    Kept[1] = (ULONG_PTR)&event;
    Kept[2] = (ULONG_PTR)ExAllocatePoolWithTag(NonPagedPoolNx, 64, TAG);
    Kept[3] = (ULONG_PTR)IoAllocateMdl(Memory, 64, FALSE, FALSE, NULL);
    Kept[4] = (ULONG_PTR)Provider.Client;
    Kept[5] = (ULONG_PTR)RegistryPath;
    Kept[6] = (ULONG_PTR)DriverObject;
    Kept[7] = (ULONG_PTR)&Registration;
    for (number = 0; number < CALLS; number++) {
        CallOne();
    }
    return STATUS_SUCCESS;
}
