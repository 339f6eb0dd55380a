/*
 * types.h: the types of a kernel of 64 bits. LONG has 32 bits everywhere, although `long` may have 64.
 */
#ifndef WSKSIM_TYPES_H
#define WSKSIM_TYPES_H

#include "compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sal.h>

#ifndef VOID
#define VOID void
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

typedef char CHAR, *PCHAR, CCHAR, *PCCHAR;
typedef signed char INT8, *PINT8;
typedef unsigned char UCHAR, *PUCHAR, UINT8, *PUINT8, BYTE, *PBYTE, BOOLEAN, *PBOOLEAN, KIRQL, *PKIRQL;
typedef short SHORT, *PSHORT, CSHORT, INT16, *PINT16;
typedef unsigned short USHORT, *PUSHORT, UINT16, *PUINT16, WORD, *PWORD;
typedef int INT, *PINT, INT32, *PINT32, BOOL, *PBOOL;
typedef unsigned int UINT, *PUINT, UINT32, *PUINT32;
#ifdef _MSC_VER
typedef long LONG, *PLONG, NTSTATUS, *PNTSTATUS, KPRIORITY;
typedef unsigned long ULONG, *PULONG, DWORD, *PDWORD, LOGICAL, *PLOGICAL, ULONG32, *PULONG32;
#else
typedef int LONG, *PLONG, NTSTATUS, *PNTSTATUS, KPRIORITY;
typedef unsigned int ULONG, *PULONG, DWORD, *PDWORD, LOGICAL, *PLOGICAL, ULONG32, *PULONG32;
#endif
typedef LONG LONG32, *PLONG32;
#ifdef _MSC_VER
typedef long long LONG64;
typedef unsigned long long ULONG64;
#else
/* One type for all that have 64 bits, as on Windows: a SIZE_T is a size_t is a ULONG64. */
typedef __PTRDIFF_TYPE__ LONG64;
typedef __SIZE_TYPE__ ULONG64;
#endif
typedef LONG64 LONGLONG, *PLONGLONG, *PLONG64, INT64, *PINT64, LONG_PTR, *PLONG_PTR, INT_PTR, *PINT_PTR, SSIZE_T, *PSSIZE_T;
typedef ULONG64 ULONGLONG, *PULONGLONG, *PULONG64, UINT64, *PUINT64, DWORD64, *PDWORD64, DWORDLONG, *PDWORDLONG;
typedef ULONG64 ULONG_PTR, *PULONG_PTR, UINT_PTR, *PUINT_PTR, DWORD_PTR, *PDWORD_PTR, SIZE_T, *PSIZE_T;
typedef float FLOAT;
typedef double DOUBLE;

typedef wchar_t WCHAR, *PWCHAR, *PWCH, *LPWSTR, *PWSTR, *NTSTRSAFE_PWSTR, **PPWSTR;
typedef const wchar_t *PCWCH, *LPCWSTR, *PCWSTR, *PCNZWCH;
typedef char *PSTR, *LPSTR, *PSZ, *PNZCH, *NTSTRSAFE_PSTR;
typedef const char *PCSTR, *LPCSTR, *PCSZ, *PCNZCH;

typedef void *PVOID, *HANDLE, **PHANDLE, *LPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef CCHAR KPROCESSOR_MODE;
typedef ULONG ACCESS_MASK, *PACCESS_MASK, DEVICE_TYPE, LCID;
typedef ULONG64 POOL_FLAGS;
typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK, KAFFINITY, *PKAFFINITY, PFN_NUMBER, *PPFN_NUMBER;
typedef LONG EX_SPIN_LOCK, *PEX_SPIN_LOCK;
typedef PVOID PSECURITY_DESCRIPTOR, PACCESS_TOKEN, PSID, PACL;
typedef ULONG SECURITY_INFORMATION, *PSECURITY_INFORMATION;
typedef PVOID BCRYPT_HANDLE, BCRYPT_ALG_HANDLE, BCRYPT_HASH_HANDLE, BCRYPT_KEY_HANDLE;

WSKSIM_ASSERT(sizeof(LONG) == 4 && sizeof(LONG64) == 8, "LONG has 32 bits");
WSKSIM_ASSERT(sizeof(PVOID) == 8, "wsksim simulates a kernel of 64 bits: asked for a pointer of 8 bytes");
WSKSIM_ASSERT(sizeof(WCHAR) == 2, "WCHAR has 16 bits: compile with -fshort-wchar, as `wsksim cc` does");

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
} SLIST_HEADER, *PSLIST_HEADER;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING, *PUTF8_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    ULONG Data1;
    USHORT Data2;
    USHORT Data3;
    UCHAR Data4[8];
} GUID;
#endif
typedef GUID *LPGUID, *PGUID, IID, CLSID, NPIID, *PNPIID, UUID;
typedef const GUID *LPCGUID;

#ifdef __cplusplus
#define REFGUID const GUID &
#define REFIID const GUID &
#else
#define REFGUID const GUID *
#define REFIID const GUID *
#endif

#endif /* WSKSIM_TYPES_H */
