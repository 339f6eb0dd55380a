/*
 * calls.h: a driver that makes the calls of tests/vectors/calls, one line for each control that it is sent, and prints what
 * it hears.
 */
#ifndef CALLS_H
#define CALLS_H

#include <ntddk.h>
#include <wsk.h>

#define TAG 'llaC'
#define MOST 64
#define WORDS 12
#define LONGEST 240

typedef struct _NAMED {
    CHAR Name[32];
} NAMED;

/* A socket, which is its own context. */
typedef struct _SOCK {
    CHAR Name[32];
    PWSK_SOCKET Socket;
    ULONG Category;
    PVOID List;
} SOCK, *PSOCK;

/* A request: its IRP, and what it lends. */
typedef struct _REQUEST {
    CHAR Name[32];
    CHAR Yields[32];
    PIRP Irp;
    PUCHAR Data;
    BOOLEAN Reads;
    BOOLEAN Bare;
    BOOLEAN Busy;
    WSK_BUF Buffer;
    WSK_EVENT_CALLBACK_CONTROL Control;
    ULONG Value;
} REQUEST, *PREQUEST;

/* What a callback or routine is to do once, or to answer from now on. */
typedef struct _PLACED {
    CHAR Of[32];
    CHAR Name[32];
    CHAR Text[LONGEST];
    NTSTATUS Status;
    LONG Count;
    BOOLEAN Used;
} PLACED, *PPLACED;

typedef struct _LINE {
    ULONG Count;
    CHAR *Words[WORDS];
    CHAR Text[LONGEST];
} LINE, *PLINE;

extern WSK_REGISTRATION Registration;
extern WSK_PROVIDER_NPI Provider;

/* calls_words.c: words and names. */
BOOLEAN Same(const CHAR *One, const CHAR *Other);
const CHAR *Behind(const CHAR *Text, const CHAR *Prefix);
VOID Copy(CHAR *To, const CHAR *From, SIZE_T Room);
ULONG Number(const CHAR *Text);
VOID Split(PLINE Line, const CHAR *Text);
const CHAR *Word(const LINE *Line, const CHAR *Prefix);
BOOLEAN Has(const LINE *Line, const CHAR *Text);
const CHAR *StatusName(NTSTATUS Status);
NTSTATUS StatusNamed(const CHAR *Name);
ULONG Mask(const CHAR *Text);
VOID Quote(CHAR *To, SIZE_T Room, const UCHAR *Data, SIZE_T Length);

/* calls_events.c: what is heard. */
PSOCK FindSocket(const CHAR *Name);
const VOID *TableOf(const CHAR *Kind);
IO_COMPLETION_ROUTINE Completed;
VOID AddInside(const LINE *Line, const CHAR *Text);
VOID AddAnswer(const LINE *Line);
VOID AddExpected(const LINE *Line);

/* calls.c: what is called. */
extern ULONG Inside;
VOID RunLine(const CHAR *Text, CHAR *Answer, SIZE_T Room);

#endif /* CALLS_H */
