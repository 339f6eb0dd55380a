/*
 * What is heard: callbacks and completion routines print it, do what is to be done inside, and answer.
 */
#include "calls.h"

/* How many callbacks and routines run. */
ULONG Inside;
static SOCK Sockets[MOST];
static PLACED Insides[MOST];
static PLACED Answers[MOST];
static PLACED Expected[MOST];

PSOCK FindSocket(const CHAR *Name)
{
    ULONG place;

    for (place = 0; place + 1 < MOST && Sockets[place].Name[0] != 0; place++) {
        if (Same(Sockets[place].Name, Name)) {
            return &Sockets[place];
        }
    }
    Copy(Sockets[place].Name, Name, sizeof(Sockets[place].Name));
    return &Sockets[place];
}

static PPLACED Add(PPLACED Places, const CHAR *Of, const CHAR *Name)
{
    ULONG place;

    for (place = 0; place + 1 < MOST && Places[place].Used; place++) {
    }
    Places[place].Used = TRUE;
    Copy(Places[place].Of, Of, sizeof(Places[place].Of));
    Copy(Places[place].Name, Name, sizeof(Places[place].Name));
    return &Places[place];
}

VOID AddInside(const LINE *Line, const CHAR *Text)
{
    ULONG words = 3;

    /* What stands behind the third word. */
    for (; words > 0; words--) {
        while (*Text != ' ') {
            Text++;
        }
        Text++;
    }
    Copy(Add(Insides, Line->Words[1], Line->Words[2])->Text, Text, LONGEST);
}

VOID AddAnswer(const LINE *Line)
{
    PPLACED answer;
    ULONG place;

    for (place = 0; place < MOST; place++) {
        if (Same(Answers[place].Of, Line->Words[1]) && Same(Answers[place].Name, Line->Words[2])) {
            Answers[place].Used = FALSE;
        }
    }
    answer = Add(Answers, Line->Words[1], Line->Words[2]);
    answer->Status = StatusNamed(Line->Words[3]);
    answer->Count = Line->Count > 4 ? (LONG)Number(Line->Words[4]) : -1;
}

VOID AddExpected(const LINE *Line)
{
    const CHAR *kind = Word(Line, "table=");

    Copy(Add(Expected, Line->Words[1], "")->Text, Has(Line, "NULL") ? "NULL" : kind != NULL ? kind : "connection",
         LONGEST);
}

/* Does what is to be done here, and returns the answer; NULL where none was given. */
static PPLACED Act(const CHAR *Of, const CHAR *Name)
{
    PLACED due[MOST / 8];
    ULONG place, count = 0;

    for (place = 0; place < MOST; place++) {
        if (Insides[place].Used && Same(Insides[place].Of, Of) && Same(Insides[place].Name, Name) &&
            count < ARRAYSIZE(due)) {
            due[count++] = Insides[place];
            Insides[place].Used = FALSE;
        }
    }
    for (place = 0; place < count; place++) {
        CHAR answer[64];

        Inside++;
        RunLine(due[place].Text, answer, sizeof(answer));
        Inside--;
        DbgPrint("; (%s%s%s)\n", due[place].Text, answer[0] != 0 ? " -> " : "", answer);
    }
    for (place = 0; place < MOST; place++) {
        if (Answers[place].Used && Same(Answers[place].Of, Of) && Same(Answers[place].Name, Name)) {
            return &Answers[place];
        }
    }
    return NULL;
}

static const CHAR *Level(VOID)
{
    return KeGetCurrentIrql() == PASSIVE_LEVEL ? "" :
           KeGetCurrentIrql() == APC_LEVEL     ? "@APC_LEVEL" :
                                                 "@DISPATCH_LEVEL";
}

NTSTATUS Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PREQUEST request = (PREQUEST)Context;
    ULONG_PTR information = Irp->IoStatus.Information;
    NTSTATUS status = Irp->IoStatus.Status;
    CHAR data[LONGEST];
    PPLACED answer;

    UNREFERENCED_PARAMETER(DeviceObject);
    request->Busy = FALSE;
    if (request->Yields[0] != 0 && status == STATUS_SUCCESS) {
        PSOCK sock = FindSocket(request->Yields);

        sock->Socket = (PWSK_SOCKET)information;
        DbgPrint("S %s %p\n", sock->Name, sock->Socket);
        DbgPrint("; %s%s %s %s\n", request->Name, Level(), StatusName(status), sock->Name);
    } else if (request->Reads && information > 0) {
        Quote(data, sizeof(data), request->Data, information);
        DbgPrint("; %s%s %s %Iu %s\n", request->Name, Level(), StatusName(status), information, data);
    } else {
        DbgPrint("; %s%s %s %Iu\n", request->Name, Level(), StatusName(status), information);
    }
    answer = Act(request->Name, "routine");
    return answer != NULL ? answer->Status : STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS WSKAPI OnReceive(PVOID SocketContext, ULONG Flags, PWSK_DATA_INDICATION DataIndication,
                                 SIZE_T BytesIndicated, SIZE_T *BytesAccepted)
{
    PSOCK sock = (PSOCK)SocketContext;
    PWSK_DATA_INDICATION item;
    UCHAR bytes[LONGEST];
    CHAR data[LONGEST];
    SIZE_T used = 0;
    PPLACED answer;

    UNREFERENCED_PARAMETER(BytesIndicated);
    for (item = DataIndication; item != NULL; item = item->Next) {
        PUCHAR from = (PUCHAR)MmGetSystemAddressForMdlSafe(item->Buffer.Mdl, NormalPagePriority) + item->Buffer.Offset;
        SIZE_T length = min(item->Buffer.Length, sizeof(bytes) - used);

        RtlCopyMemory(bytes + used, from, length);
        used += length;
    }
    Quote(data, sizeof(data), bytes, used);
    sock->List = DataIndication;
    DbgPrint("; WskReceiveEvent %s %lu%s %s\n", sock->Name, Flags, Level(), DataIndication == NULL ? "NULL" : data);
    answer = Act(sock->Name, "WskReceiveEvent");
    if (answer != NULL && answer->Count >= 0) {
        *BytesAccepted = (SIZE_T)answer->Count;
    }
    return answer != NULL ? answer->Status : STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnDisconnect(PVOID SocketContext, ULONG Flags)
{
    PSOCK sock = (PSOCK)SocketContext;
    PPLACED answer;

    DbgPrint("; WskDisconnectEvent %s %lu%s\n", sock->Name, Flags, Level());
    answer = Act(sock->Name, "WskDisconnectEvent");
    return answer != NULL ? answer->Status : STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnBacklog(PVOID SocketContext, SIZE_T IdealBacklogSize)
{
    PSOCK sock = (PSOCK)SocketContext;
    PPLACED answer;

    DbgPrint("; WskSendBacklogEvent %s %Iu\n", sock->Name, IdealBacklogSize);
    answer = Act(sock->Name, "WskSendBacklogEvent");
    return answer != NULL ? answer->Status : STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnReceiveFrom(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    PSOCK sock = (PSOCK)SocketContext;
    PWSK_DATAGRAM_INDICATION item;
    PPLACED answer;

    sock->List = DataIndication;
    DbgPrint("; WskReceiveFromEvent %s %lu%s%s", sock->Name, Flags, Level(), DataIndication == NULL ? " NULL" : "");
    for (item = DataIndication; item != NULL; item = item->Next) {
        CHAR data[LONGEST];

        Quote(data, sizeof(data),
              (PUCHAR)MmGetSystemAddressForMdlSafe(item->Buffer.Mdl, NormalPagePriority) + item->Buffer.Offset,
              item->Buffer.Length);
        DbgPrint(" %s", data);
    }
    DbgPrint("\n");
    answer = Act(sock->Name, "WskReceiveFromEvent");
    return answer != NULL ? answer->Status : STATUS_SUCCESS;
}

static NTSTATUS WSKAPI OnAccept(PVOID SocketContext, ULONG Flags, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress,
                                PWSK_SOCKET AcceptSocket, PVOID *AcceptSocketContext,
                                CONST WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch)
{
    PSOCK sock = (PSOCK)SocketContext;
    PPLACED answer;

    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    if (AcceptSocket == NULL) {
        DbgPrint("; WskAcceptEvent %s %lu%s NULL\n", sock->Name, Flags, Level());
    } else {
        PPLACED expected = Expected;
        PSOCK accepted;

        while (expected < &Expected[MOST - 1] && !expected->Used) {
            expected++;
        }
        accepted = FindSocket(expected->Used ? expected->Of : "accepted");
        accepted->Socket = AcceptSocket;
        accepted->Category = WSK_FLAG_CONNECTION_SOCKET;
        DbgPrint("S %s %p\n", accepted->Name, AcceptSocket);
        DbgPrint("; WskAcceptEvent %s %lu%s %s\n", sock->Name, Flags, Level(), accepted->Name);
        *AcceptSocketContext = accepted;
        *AcceptSocketDispatch = (const WSK_CLIENT_CONNECTION_DISPATCH *)TableOf(expected->Used ? expected->Text : "NULL");
        expected->Used = FALSE;
    }
    answer = Act(sock->Name, "WskAcceptEvent");
    return answer != NULL ? answer->Status : STATUS_SUCCESS;
}

static WSK_INSPECT_ACTION WSKAPI OnInspect(PVOID SocketContext, PSOCKADDR LocalAddress, PSOCKADDR RemoteAddress,
                                           PWSK_INSPECT_ID InspectID)
{
    PSOCK sock = (PSOCK)SocketContext;
    PPLACED answer;

    UNREFERENCED_PARAMETER(LocalAddress);
    UNREFERENCED_PARAMETER(RemoteAddress);
    DbgPrint("; WskInspectEvent %s%s\n", sock->Name, InspectID == NULL ? " NULL" : "");
    answer = Act(sock->Name, "WskInspectEvent");
    return answer != NULL ? (WSK_INSPECT_ACTION)answer->Status : WskInspectAccept;
}

static NTSTATUS WSKAPI OnAbort(PVOID SocketContext, PWSK_INSPECT_ID InspectID)
{
    PSOCK sock = (PSOCK)SocketContext;

    UNREFERENCED_PARAMETER(InspectID);
    DbgPrint("; WskAbortEvent %s\n", sock->Name);
    Act(sock->Name, "WskAbortEvent");
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_CONNECTION_DISPATCH ConnectionTable = {OnReceive, OnDisconnect, OnBacklog};
static const WSK_CLIENT_LISTEN_DISPATCH ListenTable = {OnAccept, OnInspect, OnAbort};
static const WSK_CLIENT_DATAGRAM_DISPATCH DatagramTable = {OnReceiveFrom};
static const WSK_CLIENT_STREAM_DISPATCH StreamTable = {&ListenTable, &ConnectionTable};

/* The full table of a category; NULL of what is none. */
const VOID *TableOf(const CHAR *Kind)
{
    return Same(Kind, "connection") ? (const VOID *)&ConnectionTable :
           Same(Kind, "listen")     ? (const VOID *)&ListenTable :
           Same(Kind, "datagram")   ? (const VOID *)&DatagramTable :
           Same(Kind, "stream")     ? (const VOID *)&StreamTable :
                                      NULL;
}
