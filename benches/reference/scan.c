/*
 * A naive capture scan in C: pcap records by fread, Ethernet and IPv4 and TCP by offsets, connections in a chained hash
 * table, the handler called for the first FIN and for an RST that a client sends. It checks as little as it can.
 */
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16, FIN = 1, SYN = 2, RST = 4, ACK = 16 };

typedef struct FLOW {
    struct FLOW *next;
    uint32_t client, server;
    uint32_t ports;
    uint8_t finished, aborted;
    uint8_t context[64];
} FLOW;

static FLOW **find(FLOW **table, uint32_t client, uint32_t server, uint32_t ports)
{
    uint32_t hash = (client * 31 + server) * 31 + ports;
    FLOW **link = &table[(hash ^ (hash >> 16)) % BUCKETS];

    while (*link != NULL && ((*link)->client != client || (*link)->server != server || (*link)->ports != ports)) {
        link = &(*link)->next;
    }
    return link;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, 4);
    return value;
}

/* One frame; gives how many calls were made. */
static unsigned frame(FLOW **table, const uint8_t *bytes, uint32_t length, PFN_WSK_DISCONNECT_EVENT handler)
{
    if (length < 54 || bytes[12] != 8 || bytes[13] != 0 || bytes[23] != 6) {
        return 0;
    }
    const uint8_t *tcp = bytes + 14 + (bytes[14] & 15) * 4;
    uint32_t from = read_u32(bytes + 26), to = read_u32(bytes + 30), ports = read_u32(tcp);
    uint8_t flags = tcp[13];
    FLOW **link = find(table, from, to, ports);

    if ((flags & (SYN | ACK)) == SYN) {
        FLOW *flow = *link;
        if (flow == NULL) {
            flow = *link = calloc(1, sizeof(FLOW));
        }
        FLOW *next = flow->next;
        memset(flow, 0, sizeof(*flow));
        flow->next = next;
        flow->client = from;
        flow->server = to;
        flow->ports = ports;
        return 0;
    }
    FLOW *flow = *link;
    if (flow == NULL || flow->aborted) {
        return 0;
    }
    if (flags & RST) {
        flow->aborted = 1;
        return handler(flow->context, WSK_FLAG_ABORTIVE) == STATUS_SUCCESS;
    }
    if ((flags & FIN) && !flow->finished) {
        flow->finished = 1;
        return handler(flow->context, 0) == STATUS_SUCCESS;
    }
    return 0;
}

/* scan(path: str, handler: int) -> (packets, calls) */
PyObject *scan(PyObject *module, PyObject *arguments)
{
    static uint8_t bytes[1 << 18];
    const char *path;
    unsigned long long address;
    uint32_t header[6];
    unsigned long packets = 0, calls = 0;
    (void)module;

    if (!PyArg_ParseTuple(arguments, "sK", &path, &address)) {
        return NULL;
    }
    FILE *file = fopen(path, "rb");
    FLOW **table = calloc(BUCKETS, sizeof(*table));
    if (file == NULL || table == NULL || fread(header, 24, 1, file) != 1) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    while (fread(header, 16, 1, file) == 1 && header[2] <= sizeof(bytes) &&
           fread(bytes, header[2], 1, file) == 1) {
        packets++;
        calls += frame(table, bytes, header[2], (PFN_WSK_DISCONNECT_EVENT)(uintptr_t)address);
    }
    fclose(file);
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) {
        while (table[bucket] != NULL) {
            FLOW *next = table[bucket]->next;
            free(table[bucket]);
            table[bucket] = next;
        }
    }
    free(table);
    return Py_BuildValue("kk", packets, calls);
}
