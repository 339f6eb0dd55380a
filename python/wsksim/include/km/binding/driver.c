/*
 * driver.c: what `wsksim cc` links each driver with. It holds the table of the kernel's functions, which the loader fills,
 * the functions that call through it, and what a driver needs that is not the kernel's: formatting, __try, data.
 *
 * The object shows DriverEntry, wsksim_layout, wsksim_imports and wsksim_driver, and nothing else. It is compiled without
 * a sanitizer and with optimisation, so that a function of the kernel sees the driver's own return address.
 */
#include "../wsksim/imports.h"

#ifndef _MSC_VER
#define WSKSIM_SHOWN __attribute__((visibility("default"), used))
#define WSKSIM_KEPT __attribute__((used))
#else
#define WSKSIM_SHOWN __declspec(dllexport)
#define WSKSIM_KEPT
#endif

#ifndef WSKSIM_BUILT
#define WSKSIM_BUILT ""
#endif

/* A loader reads these words from the file, before it loads the object. */
WSKSIM_SHOWN const char wsksim_driver[] = "wsksim-driver 1\n" WSKSIM_BUILT "\n";
WSKSIM_SHOWN const ULONG64 wsksim_layout = WSKSIM_LAYOUT;
/* What the provider's tables show; each leaves word where it was called from, as the kernel's functions do. */
extern WSKSIM_IMPORTS wsksim_imports;
#define WSKSIM_CALLED() (WSKSIM_CALLER(), wsksim_imports.Site = _ReturnAddress())
/* The frame of the driver's function, from which a finding has its callers. These functions have none of their own: they
 * are compiled without frames. */
#if defined(__x86_64__) && !defined(_MSC_VER)
static inline VOID WSKSIM_CALLER(VOID)
{
    __asm__ volatile("movq %%rbp, %0" : "=m"(wsksim_imports.Frame));
}
#elif defined(__aarch64__) && !defined(_MSC_VER)
static inline VOID WSKSIM_CALLER(VOID)
{
    PVOID frame;

    __asm__("mov %0, x29" : "=r"(frame));
    wsksim_imports.Frame = frame;
}
#else
#define WSKSIM_CALLER() ((void)0)
#endif

/* Named here, so that a link without one fails in words. */
EXTERN_C DRIVER_INITIALIZE DriverEntry;
WSKSIM_KEPT static DRIVER_INITIALIZE *const wsksim_entry = DriverEntry;

struct _OBJECT_TYPE {
    ULONG Kind;
};
static struct _OBJECT_TYPE wsksim_types[] = {{1}, {2}, {3}, {4}, {5}};
static POBJECT_TYPE wsksim_type_of[] = {
    &wsksim_types[0], &wsksim_types[1], &wsksim_types[2], &wsksim_types[3], &wsksim_types[4],
};
POBJECT_TYPE *PsThreadType = &wsksim_type_of[0];
POBJECT_TYPE *PsProcessType = &wsksim_type_of[1];
POBJECT_TYPE *ExEventObjectType = &wsksim_type_of[2];
POBJECT_TYPE *ExSemaphoreObjectType = &wsksim_type_of[3];
POBJECT_TYPE *IoFileObjectType = &wsksim_type_of[4];

const NPIID NPI_WSK_INTERFACE_ID = {
    0x2227E803, 0x8D8B, 0x11D4, {0xAB, 0xAD, 0x00, 0x90, 0x27, 0x71, 0x9E, 0x09},
};
const IN6_ADDR in6addr_any = IN6ADDR_ANY_INIT;
const IN6_ADDR in6addr_loopback = IN6ADDR_LOOPBACK_INIT;

#undef KdPrint
#include "stubs.h"
WSKSIM_SHOWN WSKSIM_IMPORTS wsksim_imports = {.Provided = {WSKSIM_PROVIDED}};

#include "format.h"
#include "frames.h"
