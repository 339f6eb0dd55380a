/*
 * Words and names of the table of calls.
 */
#include "calls.h"

BOOLEAN Same(const CHAR *One, const CHAR *Other)
{
    while (*One != 0 && *One == *Other) {
        One++;
        Other++;
    }
    return *One == *Other;
}

/* What stands behind a prefix; NULL if the text begins otherwise. */
const CHAR *Behind(const CHAR *Text, const CHAR *Prefix)
{
    while (*Prefix != 0) {
        if (*Text++ != *Prefix++) {
            return NULL;
        }
    }
    return Text;
}

VOID Copy(CHAR *To, const CHAR *From, SIZE_T Room)
{
    while (--Room > 0 && *From != 0) {
        *To++ = *From++;
    }
    *To = 0;
}

ULONG Number(const CHAR *Text)
{
    ULONG number = 0;

    while (*Text >= '0' && *Text <= '9') {
        number = 10 * number + (ULONG)(*Text++ - '0');
    }
    return number;
}

/* Text in quotes is one word. */
VOID Split(PLINE Line, const CHAR *Text)
{
    CHAR *place = Line->Text;
    BOOLEAN quoted = FALSE;

    Copy(Line->Text, Text, sizeof(Line->Text));
    Line->Count = 0;
    while (*place != 0 && Line->Count < WORDS) {
        Line->Words[Line->Count++] = place;
        while (*place != 0 && (*place != ' ' || quoted)) {
            quoted ^= *place == '"';
            place++;
        }
        while (*place == ' ') {
            *place++ = 0;
        }
    }
}

const CHAR *Word(const LINE *Line, const CHAR *Prefix)
{
    const CHAR *found = NULL;
    ULONG place;

    for (place = 1; place < Line->Count && found == NULL; place++) {
        found = Behind(Line->Words[place], Prefix);
    }
    return found;
}

BOOLEAN Has(const LINE *Line, const CHAR *Text)
{
    ULONG place;

    for (place = 1; place < Line->Count; place++) {
        if (Same(Line->Words[place], Text)) {
            return TRUE;
        }
    }
    return FALSE;
}

#define NAMED_STATUS(Name) {#Name, STATUS_##Name}
static const struct {
    const CHAR *Name;
    NTSTATUS Status;
} Statuses[] = {
    NAMED_STATUS(SUCCESS),
    NAMED_STATUS(PENDING),
    {"EVENT_PENDING", STATUS_EVENT_PENDING},
    NAMED_STATUS(BUFFER_OVERFLOW),
    NAMED_STATUS(UNSUCCESSFUL),
    NAMED_STATUS(NOT_IMPLEMENTED),
    NAMED_STATUS(INVALID_HANDLE),
    NAMED_STATUS(INVALID_PARAMETER),
    NAMED_STATUS(MORE_PROCESSING_REQUIRED),
    NAMED_STATUS(INVALID_DEVICE_REQUEST),
    NAMED_STATUS(ACCESS_DENIED),
    NAMED_STATUS(BUFFER_TOO_SMALL),
    NAMED_STATUS(INSUFFICIENT_RESOURCES),
    NAMED_STATUS(DEVICE_NOT_READY),
    NAMED_STATUS(IO_TIMEOUT),
    NAMED_STATUS(FILE_FORCED_CLOSED),
    NAMED_STATUS(NOT_SUPPORTED),
    NAMED_STATUS(REQUEST_NOT_ACCEPTED),
    NAMED_STATUS(CANCELLED),
    NAMED_STATUS(INVALID_DEVICE_STATE),
    NAMED_STATUS(ADDRESS_ALREADY_EXISTS),
    NAMED_STATUS(CONNECTION_RESET),
    NAMED_STATUS(DATA_NOT_ACCEPTED),
    NAMED_STATUS(NOT_FOUND),
    NAMED_STATUS(CONNECTION_REFUSED),
    NAMED_STATUS(CONNECTION_ABORTED),
    NAMED_STATUS(NOINTERFACE),
};

const CHAR *StatusName(NTSTATUS Status)
{
    ULONG place;

    for (place = 0; place < ARRAYSIZE(Statuses); place++) {
        if (Statuses[place].Status == Status) {
            return Statuses[place].Name;
        }
    }
    return "UNKNOWN";
}

NTSTATUS StatusNamed(const CHAR *Name)
{
    ULONG place;

    for (place = 0; place < ARRAYSIZE(Statuses); place++) {
        if (Same(Statuses[place].Name, Name)) {
            return Statuses[place].Status;
        }
    }
    return (NTSTATUS)Number(Name);
}

ULONG Mask(const CHAR *Text)
{
    static const struct {
        const CHAR *Name;
        ULONG Bit;
    } events[] = {
        {"receive_from", WSK_EVENT_RECEIVE_FROM}, {"receive", WSK_EVENT_RECEIVE}, {"disconnect", WSK_EVENT_DISCONNECT},
        {"backlog", WSK_EVENT_SEND_BACKLOG},      {"accept", WSK_EVENT_ACCEPT},   {"none", 0},
    };
    ULONG mask = 0, place;

    while (*Text != 0) {
        for (place = 0; place < ARRAYSIZE(events) && Behind(Text, events[place].Name) == NULL; place++) {
        }
        mask |= place < ARRAYSIZE(events) ? events[place].Bit : Number(Text);
        while (*Text != 0 && *Text++ != '|') {
        }
    }
    return mask;
}

static SIZE_T PutNumber(CHAR *To, SIZE_T Value)
{
    CHAR digits[24];
    SIZE_T count = 0, place;

    do {
        digits[count++] = (CHAR)('0' + Value % 10);
        Value /= 10;
    } while (Value > 0);
    for (place = 0; place < count; place++) {
        To[place] = digits[count - 1 - place];
    }
    return count;
}

/* Letters in quotes, or how many zeros. */
VOID Quote(CHAR *To, SIZE_T Room, const UCHAR *Data, SIZE_T Length)
{
    SIZE_T place, used;

    for (place = 0; place < Length && Data[place] == 0; place++) {
    }
    if (Length > 0 && place == Length) {
        used = PutNumber(To, Length);
        Copy(To + used, "*0", Room - used);
        return;
    }
    *To++ = '"';
    for (place = 0; place < Length && place + 3 < Room; place++) {
        *To++ = (CHAR)Data[place];
    }
    *To++ = '"';
    *To = 0;
}
