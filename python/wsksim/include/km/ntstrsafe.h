/*
 * ntstrsafe.h: text that is cut instead of overrun. Formats are Windows' own: %lu has 32 bits, %S has wide letters, %wZ
 * is a UNICODE_STRING.
 */
#ifndef WSKSIM_NTSTRSAFE_H
#define WSKSIM_NTSTRSAFE_H

#include "wsksim/kernel.h"

#include <stdio.h>

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH 32767
#define STRSAFE_MAX_CCH NTSTRSAFE_MAX_CCH

/* Letter: the type; Suffix: A or W; Print: which formatter. Counts are of letters (Cch) or of bytes (Cb). */
#define WSKSIM_STRINGS(Letter, Suffix, Print) \
    FORCEINLINE NTSTATUS RtlStringCchLength##Suffix(const Letter *Text, SIZE_T Most, SIZE_T *Length) \
    { \
        SIZE_T length = 0; \
        while (Text != NULL && length < Most && Text[length] != 0) { \
            length++; \
        } \
        if (Length != NULL) { \
            *Length = Text != NULL && length < Most ? length : 0; \
        } \
        return Text != NULL && length < Most ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER; \
    } \
    FORCEINLINE NTSTATUS RtlStringCbLength##Suffix(const Letter *Text, SIZE_T Most, SIZE_T *Length) \
    { \
        NTSTATUS status = RtlStringCchLength##Suffix(Text, Most / sizeof(Letter), Length); \
        if (Length != NULL) { \
            *Length *= sizeof(Letter); \
        } \
        return status; \
    } \
    FORCEINLINE NTSTATUS RtlStringCchCopyN##Suffix(Letter *To, SIZE_T Room, const Letter *From, SIZE_T Count) \
    { \
        SIZE_T place = 0; \
        if (Room == 0 || Room > NTSTRSAFE_MAX_CCH) { \
            return STATUS_INVALID_PARAMETER; \
        } \
        for (; place < Count && From[place] != 0; place++) { \
            if (place + 1 == Room) { \
                To[place] = 0; \
                return STATUS_BUFFER_OVERFLOW; \
            } \
            To[place] = From[place]; \
        } \
        To[place] = 0; \
        return STATUS_SUCCESS; \
    } \
    FORCEINLINE NTSTATUS RtlStringCchCopy##Suffix(Letter *To, SIZE_T Room, const Letter *From) \
    { \
        return RtlStringCchCopyN##Suffix(To, Room, From, ~(SIZE_T)0); \
    } \
    FORCEINLINE NTSTATUS RtlStringCbCopy##Suffix(Letter *To, SIZE_T Room, const Letter *From) \
    { \
        return RtlStringCchCopyN##Suffix(To, Room / sizeof(Letter), From, ~(SIZE_T)0); \
    } \
    FORCEINLINE NTSTATUS RtlStringCbCopyN##Suffix(Letter *To, SIZE_T Room, const Letter *From, SIZE_T Count) \
    { \
        return RtlStringCchCopyN##Suffix(To, Room / sizeof(Letter), From, Count / sizeof(Letter)); \
    } \
    FORCEINLINE NTSTATUS RtlStringCchCat##Suffix(Letter *To, SIZE_T Room, const Letter *From) \
    { \
        SIZE_T length; \
        NTSTATUS status = RtlStringCchLength##Suffix(To, Room, &length); \
        return NT_SUCCESS(status) ? RtlStringCchCopy##Suffix(To + length, Room - length, From) : status; \
    } \
    FORCEINLINE NTSTATUS RtlStringCbCat##Suffix(Letter *To, SIZE_T Room, const Letter *From) \
    { \
        return RtlStringCchCat##Suffix(To, Room / sizeof(Letter), From); \
    } \
    FORCEINLINE NTSTATUS RtlStringCchVPrintf##Suffix(Letter *To, SIZE_T Room, const Letter *Format, va_list List) \
    { \
        if (Room == 0 || Room > NTSTRSAFE_MAX_CCH) { \
            return STATUS_INVALID_PARAMETER; \
        } \
        return Print(To, Room, Format, List) < 0 ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS; \
    } \
    FORCEINLINE NTSTATUS RtlStringCbVPrintf##Suffix(Letter *To, SIZE_T Room, const Letter *Format, va_list List) \
    { \
        return RtlStringCchVPrintf##Suffix(To, Room / sizeof(Letter), Format, List); \
    } \
    static __inline NTSTATUS RtlStringCchPrintf##Suffix(Letter *To, SIZE_T Room, const Letter *Format, ...) \
    { \
        va_list list; \
        NTSTATUS status; \
        va_start(list, Format); \
        status = RtlStringCchVPrintf##Suffix(To, Room, Format, list); \
        va_end(list); \
        return status; \
    } \
    static __inline NTSTATUS RtlStringCbPrintf##Suffix(Letter *To, SIZE_T Room, const Letter *Format, ...) \
    { \
        va_list list; \
        NTSTATUS status; \
        va_start(list, Format); \
        status = RtlStringCbVPrintf##Suffix(To, Room, Format, list); \
        va_end(list); \
        return status; \
    }

WSKSIM_STRINGS(CHAR, A, wsksim_vprint)
WSKSIM_STRINGS(WCHAR, W, wsksim_vwprint)

#ifdef UNICODE
#define RtlStringCbPrintf RtlStringCbPrintfW
#define RtlStringCbCopy RtlStringCbCopyW
#else
#define RtlStringCbPrintf RtlStringCbPrintfA
#define RtlStringCbCopy RtlStringCbCopyA
#endif

FORCEINLINE NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING To, PCWSTR From)
{
    SIZE_T length = 0;

    while (From != NULL && From[length] != 0) {
        length++;
    }
    if (length > NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
        return STATUS_INVALID_PARAMETER;
    }
    To->Length = (USHORT)(length * sizeof(WCHAR));
    To->MaximumLength = (USHORT)(From == NULL ? 0 : To->Length + sizeof(WCHAR));
    To->Buffer = (PWCH)From;
    return STATUS_SUCCESS;
}

FORCEINLINE NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING To, PCWSTR From)
{
    SIZE_T place = 0, room = To->MaximumLength / sizeof(WCHAR);

    for (; place < room && From[place] != 0; place++) {
        To->Buffer[place] = From[place];
    }
    To->Length = (USHORT)(place * sizeof(WCHAR));
    return From[place] == 0 ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

FORCEINLINE NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING To, PCWSTR From)
{
    UNICODE_STRING rest = {0, (USHORT)(To->MaximumLength - To->Length), To->Buffer + To->Length / sizeof(WCHAR)};
    NTSTATUS status = RtlUnicodeStringCopyString(&rest, From);

    To->Length = (USHORT)(To->Length + rest.Length);
    return status;
}

static __inline NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING To, const WCHAR *Format, ...)
{
    va_list list;
    WCHAR text[512];
    int length;

    va_start(list, Format);
    length = wsksim_vwprint(text, ARRAYSIZE(text), Format, list);
    va_end(list);
    return length < 0 ? STATUS_BUFFER_OVERFLOW : RtlUnicodeStringCopyString(To, text);
}

#endif /* WSKSIM_NTSTRSAFE_H */
