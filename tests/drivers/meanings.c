/*
 * meanings.c: what the headers compute by themselves means what it means in Windows. Each line that does not hold is an
 * assertion that fails; formats are printed, and the test compares them. C and C++.
 */
#include <ntddk.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <wsk.h>

EXTERN_C DRIVER_INITIALIZE DriverEntry;

static VOID Lists(VOID)
{
    LIST_ENTRY head, entries[3];

    InitializeListHead(&head);
    NT_ASSERT(IsListEmpty(&head));
    InsertTailList(&head, &entries[1]);
    InsertTailList(&head, &entries[2]);
    InsertHeadList(&head, &entries[0]);
    NT_ASSERT(!RemoveEntryList(&entries[1]));
    NT_ASSERT(RemoveHeadList(&head) == &entries[0]);
    NT_ASSERT(RemoveTailList(&head) == &entries[2]);
    NT_ASSERT(IsListEmpty(&head));
    InsertTailList(&head, &entries[1]);
    NT_ASSERT(RemoveEntryList(&entries[1]));
}

static VOID Atomics(VOID)
{
    volatile LONG number = 1;
    volatile LONG64 wide = 1;
    long own = 5; /* the driver's own long, of whatever width */
    PVOID pointer = NULL;
    USHORT half = 3;

    NT_ASSERT(InterlockedIncrement(&number) == 2 && InterlockedDecrement(&number) == 1);
    NT_ASSERT(InterlockedExchangeAdd(&number, 4) == 1 && number == 5);
    NT_ASSERT(InterlockedExchange(&number, 7) == 5);
    NT_ASSERT(InterlockedCompareExchange(&number, 9, 8) == 7 && number == 7);
    NT_ASSERT(InterlockedCompareExchange(&number, 9, 7) == 7 && number == 9);
    NT_ASSERT(InterlockedOr(&number, 6) == 9 && InterlockedAnd(&number, 6) == 15 && InterlockedXor(&number, 1) == 6);
    NT_ASSERT(InterlockedIncrement64(&wide) == 2 && InterlockedCompareExchange64(&wide, (LONG64)1 << 40, 2) == 2);
    NT_ASSERT(InterlockedIncrement(&own) == 6 && InterlockedIncrement16(&half) == 4);
    NT_ASSERT(InterlockedExchangePointer(&pointer, &own) == NULL);
    NT_ASSERT(InterlockedCompareExchangePointer(&pointer, NULL, &own) == &own && pointer == NULL);
    NT_ASSERT(!InterlockedBitTestAndSet(&number, 4) && InterlockedBitTestAndReset(&number, 4));
}

static VOID Numbers(VOID)
{
    ULONG sum;
    USHORT narrow;
    SIZE_T size;
    LONG signed_sum;

    NT_ASSERT(RtlULongAdd(1, 2, &sum) == STATUS_SUCCESS && sum == 3);
    NT_ASSERT(RtlULongAdd(MAXULONG, 1, &sum) == STATUS_INTEGER_OVERFLOW && sum == MAXULONG);
    NT_ASSERT(RtlULongSub(1, 2, &sum) == STATUS_INTEGER_OVERFLOW);
    NT_ASSERT(RtlLongMult(MAXLONG, 2, &signed_sum) == STATUS_INTEGER_OVERFLOW);
    NT_ASSERT(RtlULongToUShort(65536, &narrow) == STATUS_INTEGER_OVERFLOW);
    NT_ASSERT(RtlULongToUShort(65535, &narrow) == STATUS_SUCCESS && narrow == 65535);
    NT_ASSERT(RtlSizeTMult(~(SIZE_T)0, 2, &size) == STATUS_INTEGER_OVERFLOW);
    NT_ASSERT(RtlSizeTToULong((SIZE_T)1 << 32, &sum) == STATUS_INTEGER_OVERFLOW);
    NT_ASSERT(RtlUshortByteSwap(0x1234) == 0x3412 && RtlUlongByteSwap(0x12345678) == 0x78563412);
    NT_ASSERT(RtlUlonglongByteSwap(0x0102030405060708) == 0x0807060504030201);
    NT_ASSERT(MAKE_WSK_VERSION(1, 0) == 0x100 && WSK_MAJOR_VERSION(0x0102) == 1 && WSK_MINOR_VERSION(0x0102) == 2);
    NT_ASSERT(NT_SUCCESS(STATUS_PENDING) && NT_SUCCESS(STATUS_EVENT_PENDING) && !NT_SUCCESS(STATUS_BUFFER_OVERFLOW));
    NT_ASSERT(NT_ERROR(STATUS_UNSUCCESSFUL) && NT_WARNING(STATUS_BUFFER_OVERFLOW));
    NT_ASSERT(RtlCompareMemory("abcd", "abxd", 4) == 2 && 'abcd' == 0x61626364);
    NT_ASSERT(ADDRESS_AND_SIZE_TO_SPAN_PAGES((PVOID)0xfff, 2) == 2 && BYTES_TO_PAGES(4097) == 2);
}

static VOID Strings(VOID)
{
    CHAR text[4] = "";
    WCHAR wide[8] = L"";
    WCHAR room[4];
    UNICODE_STRING string = {0, sizeof(room), room};
    SIZE_T length;

    NT_ASSERT(RtlStringCbCopyA(text, sizeof(text), "abc") == STATUS_SUCCESS && strcmp(text, "abc") == 0);
    NT_ASSERT(RtlStringCbCopyA(text, sizeof(text), "abcd") == STATUS_BUFFER_OVERFLOW && strcmp(text, "abc") == 0);
    NT_ASSERT(RtlStringCchPrintfA(text, sizeof(text), "%d", 12345) == STATUS_BUFFER_OVERFLOW && strcmp(text, "123") == 0);
    NT_ASSERT(RtlStringCchCatA(text, sizeof(text), "4") == STATUS_BUFFER_OVERFLOW);
    NT_ASSERT(RtlStringCbPrintfW(wide, sizeof(wide), L"%s-%S", L"a", "b") == STATUS_SUCCESS && wcscmp(wide, L"a-b") == 0);
    NT_ASSERT(RtlStringCchLengthW(wide, 8, &length) == STATUS_SUCCESS && length == 3);
    NT_ASSERT(RtlStringCbLengthW(wide, sizeof(wide), &length) == STATUS_SUCCESS && length == 6);
    NT_ASSERT(RtlUnicodeStringPrintf(&string, L"%u", 1234u) == STATUS_SUCCESS && string.Length == 8 && room[3] == '4');
    NT_ASSERT(RtlUnicodeStringPrintf(&string, L"%u", 12345u) == STATUS_BUFFER_OVERFLOW);
    NT_ASSERT(_wcsicmp(L"AbC", L"aBc") == 0 && wcschr(wide, '-') == wide + 1 && wcsstr(wide, L"-b") == wide + 1);
    NT_ASSERT(sizeof(WCHAR) == 2 && sizeof(LONG) == 4 && sizeof(L"ab") == 6);
}

static VOID Formats(VOID)
{
    WCHAR letters[] = {'w', 'i', 'd', 'e', 0};
    CHAR bytes[] = "ansi";
    UNICODE_STRING wide = {6, 10, letters};
    ANSI_STRING narrow = {3, 5, bytes};

    DbgPrint("[%d %i %u %x %X %o]\n", -1, 2, 4294967295u, 0xabc, 0xABC, 8);
    DbgPrint("[%ld %lu %lx %hd %hu]\n", (LONG)-1, (ULONG)-1, (ULONG)255, 65535, 65537);
    DbgPrint("[%I64d %I64x %Iu %Ix %lld %llu %zu %I32u]\n", (LONG64)-1, (ULONG64)1 << 40, (SIZE_T)7, (SIZE_T)255,
             (LONG64)-2, (ULONG64)3, (SIZE_T)4, 5u);
    DbgPrint("[%5d|%-5d|%05d|%+d|% d|%.3d|%#x|%*d|%-*d|]\n", 42, 42, 42, 42, 42, 42, 255, 4, 7, 4, 7);
    DbgPrint("[%s|%hs|%S|%ws|%ls|%.2s|%6s|%-6s|]\n", "a", "b", L"c", L"d", L"e", "long", "r", "l");
    DbgPrint("[%wZ|%Z|%c%C|%%|%p]\n", &wide, &narrow, 'x', L'y', (PVOID)(ULONG_PTR)0xAB);
    DbgPrint("[%s|%wZ|%f|%08lx|%.*s]\n", (PSTR)NULL, (PUNICODE_STRING)NULL, 1.5, (ULONG)0x1234, 2, "cut");
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Lists();
    Atomics();
    Numbers();
    Strings();
    Formats();
    return STATUS_SUCCESS;
}
