/*
 * runner.c: loads a driver's object as a loader has to, and calls DriverEntry and DriverUnload, over a kernel of a few
 * functions. It shows that the binding works; it simulates nothing. Its output is what the tests read.
 *
 *     runner driver.so        the last line is "entry <status>", or "unload" after it
 *
 * Exit codes: 0 loaded and called; 2 not an object of this layout; 3 a function was called that is not here; 4 bug check.
 */
#include <wsksim/imports.h>

void *dlopen(const char *path, int mode);
void *dlsym(void *object, const char *name);
char *dlerror(void);
int printf(const char *format, ...);
int fflush(void *file);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *memory);
void _exit(int code);
#ifdef __APPLE__
#define RTLD_NOW_LOCAL (2 | 4)
#else
#define RTLD_NOW_LOCAL (2 | 0)
#endif

static void leave(int code)
{
    fflush(NULL);
    _exit(code);
}

static void absent(void)
{
    printf("absent: a function that the runner does not have\n");
    leave(3);
}

static VOID print_text(ULONG ComponentId, ULONG Level, PCSTR Text, SIZE_T Length)
{
    UNREFERENCED_PARAMETER(ComponentId);
    UNREFERENCED_PARAMETER(Level);
    printf("%.*s", (int)Length, Text);
}

static PVOID *frames(VOID)
{
    static PVOID first;
    return &first;
}

static VOID assertion_failed(PCSTR Condition, PCSTR File, ULONG Line)
{
    printf("assertion: %s, %s:%u\n", Condition, File, Line);
    leave(4);
}

static VOID paged_code(PCSTR File, ULONG Line)
{
    UNREFERENCED_PARAMETER(File);
    UNREFERENCED_PARAMETER(Line);
}

static VOID bug_check(ULONG Code, ULONG_PTR One, ULONG_PTR Two, ULONG_PTR Three, ULONG_PTR Four)
{
    UNREFERENCED_PARAMETER(Two);
    UNREFERENCED_PARAMETER(Three);
    UNREFERENCED_PARAMETER(Four);
    printf("bug check 0x%x 0x%lx\n", Code, One);
    leave(4);
}

static PVOID allocate(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(PoolType);
    UNREFERENCED_PARAMETER(Tag);
    return malloc(NumberOfBytes);
}

static PVOID allocate_2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Flags);
    UNREFERENCED_PARAMETER(Tag);
    return calloc(1, NumberOfBytes);
}

static VOID release(PVOID P, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    free(P);
}

static PVOID called_from;

static KIRQL current_irql(VOID)
{
    /* Of the driver's own line: the stub between is a jump. */
    called_from = _ReturnAddress();
    return PASSIVE_LEVEL;
}

static VOID initialize_event(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    Event->Header.Type = (UCHAR)Type;
    Event->Header.SignalState = State;
}

static LONG set_event(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait)
{
    UNREFERENCED_PARAMETER(Increment);
    UNREFERENCED_PARAMETER(Wait);
    return __sync_lock_test_and_set(&Event->Header.SignalState, 1);
}

static NTSTATUS lock_pages(PMDL Mdl, KPROCESSOR_MODE Mode, LOCK_OPERATION Operation)
{
    UNREFERENCED_PARAMETER(Mdl);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Operation);
    return STATUS_ACCESS_VIOLATION;
}

static NTSTATUS wsk_register(PWSK_CLIENT_NPI WskClientNpi, PWSK_REGISTRATION WskRegistration)
{
    WskRegistration->ReservedRegistrationContext = (PVOID)WskClientNpi->Dispatch;
    return STATUS_SUCCESS;
}

static NTSTATUS wsk_capture(PWSK_REGISTRATION Registration, ULONG WaitTimeout, PWSK_PROVIDER_NPI Npi)
{
    UNREFERENCED_PARAMETER(Registration);
    UNREFERENCED_PARAMETER(WaitTimeout);
    UNREFERENCED_PARAMETER(Npi);
    return STATUS_DEVICE_NOT_READY;
}

static VOID wsk_deregister(PWSK_REGISTRATION Registration)
{
    Registration->ReservedRegistrationContext = NULL;
}

static void fill(WSKSIM_IMPORTS *imports)
{
    PVOID *slot = (PVOID *)imports;

    for (int place = 0; place < WSKSIM_IMPORT_COUNT; place++) {
        slot[place] = (PVOID)absent;
    }
    imports->wsksim_print_text = print_text;
    imports->wsksim_frames = frames;
    imports->wsksim_assertion_failed = assertion_failed;
    imports->wsksim_paged_code = paged_code;
    imports->KeBugCheckEx = bug_check;
    imports->ExAllocatePoolWithTag = allocate;
    imports->ExAllocatePool2 = allocate_2;
    imports->ExFreePoolWithTag = release;
    imports->KeGetCurrentIrql = current_irql;
    imports->KeInitializeEvent = initialize_event;
    imports->KeSetEvent = set_event;
    imports->MmProbeAndLockPages = lock_pages;
    imports->WskRegister = wsk_register;
    imports->WskCaptureProviderNPI = wsk_capture;
    imports->WskDeregister = wsk_deregister;
}

int main(int count, char **arguments)
{
    static DRIVER_OBJECT driver;
    static WCHAR path[] = L"\\Registry\\Machine\\Driver";
    UNICODE_STRING registry = RTL_CONSTANT_STRING(path);
    void *object = dlopen(count == 2 ? arguments[1] : "", RTLD_NOW_LOCAL);

    if (object == NULL) {
        printf("not loaded: %s\n", dlerror());
        leave(2);
    }
    const ULONG64 *layout = (const ULONG64 *)dlsym(object, "wsksim_layout");
    WSKSIM_IMPORTS *imports = (WSKSIM_IMPORTS *)dlsym(object, "wsksim_imports");
    PDRIVER_INITIALIZE entry = (PDRIVER_INITIALIZE)dlsym(object, "DriverEntry");
    if (layout == NULL || imports == NULL || entry == NULL || *layout != WSKSIM_LAYOUT) {
        printf("not a driver of this layout\n");
        leave(2);
    }
    if (dlsym(object, "KeSetEvent") != NULL || dlsym(object, "bind") == dlsym(object, "DriverEntry")) {
        printf("the object shows more than it should\n");
        leave(2);
    }
    fill(imports);
    NTSTATUS status = entry(&driver, &registry);
    /* Whose line called KeGetCurrentIrql: the driver's, or the stub's, which begins where KeGetCurrentIrql does. */
    if (called_from != NULL) {
        printf("called from %s\n", (ULONG_PTR)called_from - (ULONG_PTR)entry < 4096 ? "DriverEntry" : "elsewhere");
    }
    printf("entry 0x%08x\n", (ULONG)status);
    if (NT_SUCCESS(status) && driver.DriverUnload != NULL) {
        driver.DriverUnload(&driver);
        printf("unload\n");
    }
    leave(0);
}
