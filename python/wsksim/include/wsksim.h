/*
 * wsksim.h: what a WskDisconnectEvent handler needs, on any operating system.
 *
 * A handler written against this file compiles unchanged in a Windows driver: every name is spelled as in the
 * Windows headers, and every number is theirs. Where those headers were included before this one, theirs are used
 * and this file adds nothing but checks.
 *
 *     #include "wsksim.h"
 *     NTSTATUS WSKAPI MyDisconnectEvent(PVOID SocketContext, ULONG Flags) { return STATUS_SUCCESS; }
 *
 * Build:  cc -shared -fPIC -I"$(wsksim --include)" -o my.so my.c
 * Run:    wsksim run ./my.so:MyDisconnectEvent --sockets 100k
 *
 * ULONG and LONG are 32 bits wide everywhere, although `unsigned long` is not.
 */
#ifndef WSKSIM_H
#define WSKSIM_H

#if defined(_WSK_) || defined(_WSK_H_)
#define WSKSIM_NATIVE_HEADERS 1 /* a Windows driver: wsk.h came first */
#endif

#ifndef WSKSIM_NATIVE_HEADERS

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
/* The types and Interlocked functions are those of the Windows SDK. */
#include <windows.h>
#include <intrin.h>
typedef LONG NTSTATUS;
#define WSKSIM_TYPES_FROM_WINDOWS 1
#endif

#ifdef __cplusplus
extern "C" {
#endif

#ifndef WSKSIM_TYPES_FROM_WINDOWS
typedef uint8_t BOOLEAN;
typedef uint16_t USHORT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef int64_t LONG64;
typedef uint64_t ULONG64;
typedef uintptr_t ULONG_PTR;
typedef size_t SIZE_T;
typedef void *PVOID;
typedef int32_t NTSTATUS;
typedef uint8_t KIRQL;
#ifndef VOID
#define VOID void
#endif
#else
typedef UCHAR KIRQL;
#endif

/* The calling convention of WSK callbacks. */
#if defined(_WIN32) && (defined(_M_IX86) || defined(__i386__))
#ifdef _MSC_VER
#define WSKAPI __stdcall
#else
#define WSKAPI __attribute__((stdcall))
#endif
#else
#define WSKAPI
#endif

/* What a handler is: called once per remote disconnect, at DISPATCH_LEVEL or below (rules D-1 to D-9). */
typedef NTSTATUS(WSKAPI *PFN_WSK_DISCONNECT_EVENT)(PVOID SocketContext, ULONG Flags);

/* Flags of WskDisconnectEvent. */
#define WSK_FLAG_ABORTIVE          0x00000001 /* the remote aborted the connection */
#define WSK_FLAG_AT_DISPATCH_LEVEL 0x00000008 /* the call runs at DISPATCH_LEVEL */

/* Event masks. */
#define WSK_EVENT_SEND_BACKLOG 0x00000010
#define WSK_EVENT_RECEIVE      0x00000040
#define WSK_EVENT_DISCONNECT   0x00000080
#define WSK_EVENT_RECEIVE_FROM 0x00000100
#define WSK_EVENT_ACCEPT       0x00000200
#define WSK_EVENT_DISABLE      0x80000000

/* Interrupt request levels. */
#ifndef PASSIVE_LEVEL
#define PASSIVE_LEVEL  0
#define APC_LEVEL      1
#define DISPATCH_LEVEL 2
#endif

/* Statuses. Some also stand in winnt.h or ntstatus.h, as the same numbers. */
#ifndef STATUS_SUCCESS
#define STATUS_SUCCESS                        ((NTSTATUS)0x00000000)
#endif
#ifndef STATUS_TIMEOUT
#define STATUS_TIMEOUT                        ((NTSTATUS)0x00000102)
#endif
#ifndef STATUS_PENDING
#define STATUS_PENDING                        ((NTSTATUS)0x00000103)
#endif
#ifndef STATUS_EVENT_PENDING
#define STATUS_EVENT_PENDING                  ((NTSTATUS)0x40000013)
#endif
#ifndef STATUS_BUFFER_OVERFLOW
#define STATUS_BUFFER_OVERFLOW                ((NTSTATUS)0x80000005)
#endif
#ifndef STATUS_UNSUCCESSFUL
#define STATUS_UNSUCCESSFUL                   ((NTSTATUS)0xC0000001)
#endif
#ifndef STATUS_NOT_IMPLEMENTED
#define STATUS_NOT_IMPLEMENTED                ((NTSTATUS)0xC0000002)
#endif
#ifndef STATUS_INVALID_HANDLE
#define STATUS_INVALID_HANDLE                 ((NTSTATUS)0xC0000008)
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER              ((NTSTATUS)0xC000000D)
#endif
#ifndef STATUS_INVALID_DEVICE_REQUEST
#define STATUS_INVALID_DEVICE_REQUEST         ((NTSTATUS)0xC0000010)
#endif
#ifndef STATUS_MORE_PROCESSING_REQUIRED
#define STATUS_MORE_PROCESSING_REQUIRED       ((NTSTATUS)0xC0000016)
#endif
#ifndef STATUS_NO_MEMORY
#define STATUS_NO_MEMORY                      ((NTSTATUS)0xC0000017)
#endif
#ifndef STATUS_ACCESS_DENIED
#define STATUS_ACCESS_DENIED                  ((NTSTATUS)0xC0000022)
#endif
#ifndef STATUS_BUFFER_TOO_SMALL
#define STATUS_BUFFER_TOO_SMALL               ((NTSTATUS)0xC0000023)
#endif
#ifndef STATUS_DATA_OVERRUN
#define STATUS_DATA_OVERRUN                   ((NTSTATUS)0xC000003C)
#endif
#ifndef STATUS_INSUFFICIENT_RESOURCES
#define STATUS_INSUFFICIENT_RESOURCES         ((NTSTATUS)0xC000009A)
#endif
#ifndef STATUS_DEVICE_NOT_READY
#define STATUS_DEVICE_NOT_READY               ((NTSTATUS)0xC00000A3)
#endif
#ifndef STATUS_PIPE_DISCONNECTED
#define STATUS_PIPE_DISCONNECTED              ((NTSTATUS)0xC00000B0)
#endif
#ifndef STATUS_IO_TIMEOUT
#define STATUS_IO_TIMEOUT                     ((NTSTATUS)0xC00000B5)
#endif
#ifndef STATUS_FILE_FORCED_CLOSED
#define STATUS_FILE_FORCED_CLOSED             ((NTSTATUS)0xC00000B6)
#endif
#ifndef STATUS_NOT_SUPPORTED
#define STATUS_NOT_SUPPORTED                  ((NTSTATUS)0xC00000BB)
#endif
#ifndef STATUS_REQUEST_NOT_ACCEPTED
#define STATUS_REQUEST_NOT_ACCEPTED           ((NTSTATUS)0xC00000D0)
#endif
#ifndef STATUS_CANCELLED
#define STATUS_CANCELLED                      ((NTSTATUS)0xC0000120)
#endif
#ifndef STATUS_LOCAL_DISCONNECT
#define STATUS_LOCAL_DISCONNECT               ((NTSTATUS)0xC000013B)
#endif
#ifndef STATUS_REMOTE_DISCONNECT
#define STATUS_REMOTE_DISCONNECT              ((NTSTATUS)0xC000013C)
#endif
#ifndef STATUS_INVALID_DEVICE_STATE
#define STATUS_INVALID_DEVICE_STATE           ((NTSTATUS)0xC0000184)
#endif
#ifndef STATUS_ADDRESS_ALREADY_EXISTS
#define STATUS_ADDRESS_ALREADY_EXISTS         ((NTSTATUS)0xC000020A)
#endif
#ifndef STATUS_CONNECTION_DISCONNECTED
#define STATUS_CONNECTION_DISCONNECTED        ((NTSTATUS)0xC000020C)
#endif
#ifndef STATUS_CONNECTION_RESET
#define STATUS_CONNECTION_RESET               ((NTSTATUS)0xC000020D)
#endif
#ifndef STATUS_DATA_NOT_ACCEPTED
#define STATUS_DATA_NOT_ACCEPTED              ((NTSTATUS)0xC000021B)
#endif
#ifndef STATUS_NOT_FOUND
#define STATUS_NOT_FOUND                      ((NTSTATUS)0xC0000225)
#endif
#ifndef STATUS_NO_MATCH
#define STATUS_NO_MATCH                       ((NTSTATUS)0xC0000272)
#endif
#ifndef STATUS_CONNECTION_REFUSED
#define STATUS_CONNECTION_REFUSED             ((NTSTATUS)0xC0000236)
#endif
#ifndef STATUS_GRACEFUL_DISCONNECT
#define STATUS_GRACEFUL_DISCONNECT            ((NTSTATUS)0xC0000237)
#endif
#ifndef STATUS_ADDRESS_ALREADY_ASSOCIATED
#define STATUS_ADDRESS_ALREADY_ASSOCIATED     ((NTSTATUS)0xC0000238)
#endif
#ifndef STATUS_CONNECTION_INVALID
#define STATUS_CONNECTION_INVALID             ((NTSTATUS)0xC000023A)
#endif
#ifndef STATUS_CONNECTION_ACTIVE
#define STATUS_CONNECTION_ACTIVE              ((NTSTATUS)0xC000023B)
#endif
#ifndef STATUS_NETWORK_UNREACHABLE
#define STATUS_NETWORK_UNREACHABLE            ((NTSTATUS)0xC000023C)
#endif
#ifndef STATUS_HOST_UNREACHABLE
#define STATUS_HOST_UNREACHABLE               ((NTSTATUS)0xC000023D)
#endif
#ifndef STATUS_CONNECTION_ABORTED
#define STATUS_CONNECTION_ABORTED             ((NTSTATUS)0xC0000241)
#endif
#ifndef STATUS_NOINTERFACE
#define STATUS_NOINTERFACE                    ((NTSTATUS)0xC00002B9)
#endif
#ifndef NT_SUCCESS
#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)
#endif

#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(P) ((void)(P))
#endif

/*
 * Interlocked functions: atomic, and full barriers, as in Windows. Each returns what its Windows namesake returns:
 * Increment and Decrement the new value, all others the old one. On Windows they come from <intrin.h>.
 */
#ifndef WSKSIM_TYPES_FROM_WINDOWS

#define WSKSIM_INTERLOCKED(Suffix, Type) \
    static inline Type InterlockedIncrement##Suffix(Type volatile *Addend) { \
        return __atomic_add_fetch(Addend, 1, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedDecrement##Suffix(Type volatile *Addend) { \
        return __atomic_sub_fetch(Addend, 1, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedExchange##Suffix(Type volatile *Target, Type Value) { \
        return __atomic_exchange_n(Target, Value, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedExchangeAdd##Suffix(Type volatile *Addend, Type Value) { \
        return __atomic_fetch_add(Addend, Value, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedCompareExchange##Suffix(Type volatile *Destination, Type Exchange, \
                                                          Type Comperand) { \
        __atomic_compare_exchange_n(Destination, &Comperand, Exchange, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return Comperand; \
    } \
    static inline Type InterlockedOr##Suffix(Type volatile *Destination, Type Value) { \
        return __atomic_fetch_or(Destination, Value, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedAnd##Suffix(Type volatile *Destination, Type Value) { \
        return __atomic_fetch_and(Destination, Value, __ATOMIC_SEQ_CST); \
    } \
    static inline Type InterlockedXor##Suffix(Type volatile *Destination, Type Value) { \
        return __atomic_fetch_xor(Destination, Value, __ATOMIC_SEQ_CST); \
    }

WSKSIM_INTERLOCKED(, LONG)
WSKSIM_INTERLOCKED(64, LONG64)

#undef WSKSIM_INTERLOCKED

#endif /* WSKSIM_TYPES_FROM_WINDOWS */

#ifdef __cplusplus
}
#endif

#endif /* WSKSIM_NATIVE_HEADERS */

#endif /* WSKSIM_H */
